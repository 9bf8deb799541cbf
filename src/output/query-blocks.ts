/** How many bytes are gathered before they are handed on. */
const blockSize = 256 * 1024;
/** Blocks that may be on their way at once, before who fills them has to wait. */
const mostPending = 2;

/**
 * Gathers bytes into blocks and hands each on: who writes puts them into `bytes` at `at`, after having
 * made room, so that nothing is made for a row. Blocks are used again when they have been written.
 */
export class QueryBlocks {
  bytes: Buffer = Buffer.allocUnsafeSlow(blockSize);
  at = 0;
  readonly #write: (bytes: Buffer) => Promise<void>;
  readonly #free: Buffer[] = [];
  readonly #pending = new Set<Promise<void>>();
  #failure: Error | null = null;

  /** @param write resolves when the bytes were taken, and may be overwritten */
  constructor(write: (bytes: Buffer) => Promise<void>) {
    this.#write = write;
  }

  /** Makes sure that so many bytes fit behind `at`. */
  room(bytes: number): void {
    if (this.at + bytes <= this.bytes.length) return;
    this.#handOn();
    if (bytes > this.bytes.length) this.bytes = Buffer.allocUnsafeSlow(bytes);
  }

  text(text: string): void {
    this.room(text.length * 3);
    this.at += this.bytes.write(text, this.at);
  }

  /** What to wait for before much more is put in; null when nothing. */
  pressure(): Promise<void> | null {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    return this.#pending.size < mostPending ? null : this.#oneTaken();
  }

  /** Hands on what there is, and waits until all of it was taken. */
  async flush(): Promise<void> {
    if (this.at > 0) this.#handOn();
    await Promise.all(this.#pending);
    if (this.#failure !== null) throw this.#failure;
  }

  async #oneTaken(): Promise<void> {
    await Promise.race(this.#pending);
    if (this.#failure !== null) throw this.#failure;
  }

  #handOn(): void {
    const block = this.bytes;
    const taken = this.#write(block.subarray(0, this.at)).then(
      () => {
        this.#pending.delete(taken);
        // One that was made for a large row is given back.
        if (block.length === blockSize) this.#free.push(block);
      },
      (error: Error) => {
        this.#pending.delete(taken);
        this.#failure ??= error;
      },
    );
    this.#pending.add(taken);
    this.bytes = this.#free.pop() ?? Buffer.allocUnsafeSlow(blockSize);
    this.at = 0;
  }
}
