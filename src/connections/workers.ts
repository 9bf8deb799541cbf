/**
 * Does the same with each of a list, a bounded number at once; what comes of it is in the list's order.
 * Whoever fails stops the others, each after what it is at.
 */
export async function workThrough<T, Result>(
  list: readonly T[],
  concurrency: number,
  work: (item: T, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(list.length);
  const queue = list.entries();
  let stopped = false;
  const worker = async () => {
    for (const [index, item] of queue) {
      if (stopped) return;
      results[index] = await work(item, index);
    }
  };
  const stopping = () =>
    worker().catch((error: unknown) => {
      stopped = true;
      throw error;
    });
  const workers = Math.min(concurrency, list.length);
  const endings = await Promise.allSettled(Array.from({ length: workers }, stopping));
  for (const ending of endings) if (ending.status === 'rejected') throw ending.reason;
  return results;
}
