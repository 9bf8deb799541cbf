import { hostname } from 'node:os';

/** The name under which this process claims what it works on: `host:pid`. */
export function ownOwner(): string {
  return `${hostname()}:${process.pid}`;
}

/** Whether the process of such a name may be at work: it can't be told of another machine's. */
export function isAtWork(owner: string): boolean {
  const at = owner.lastIndexOf(':');
  if (owner.slice(0, at) !== hostname()) return true;
  try {
    process.kill(Number(owner.slice(at + 1)), 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
