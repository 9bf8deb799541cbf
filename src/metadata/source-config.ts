import { UsageError } from '../connections/errors.ts';

/** What is decided of a connection's discovery. */
export interface SourceConfig {
  /** Milliseconds; null: only when asked. */
  readonly refreshEveryMs: number | null;
  /** Globs over `schema.relation`, or the relation's name where they have no dot; where there are any, one has to match. */
  readonly include: readonly string[];
  /** As `include`; what one matches is left out. */
  readonly exclude: readonly string[];
}

export const defaultSourceConfig: SourceConfig = {
  refreshEveryMs: 6 * 60 * 60 * 1000,
  include: [],
  exclude: [],
};

const leastMs = 60_000;
const mostMs = 365 * 86_400_000;
/** More of them, or longer ones, are a slip. */
const mostGlobs = 1000;
const longestGlob = 200;

/** @throws UsageError bad_value */
export function checkSourceConfig({ refreshEveryMs, include, exclude }: SourceConfig): void {
  if (refreshEveryMs !== null && !(refreshEveryMs >= leastMs && refreshEveryMs <= mostMs)) {
    throw new UsageError({
      code: 'bad_value',
      message: 'an interval between refreshes is from one minute to 365 days',
      fix: 'use --refresh-every 6h, 30m, 7d or off',
    });
  }
  checkGlobs('--include', include);
  checkGlobs('--exclude', exclude);
}

function checkGlobs(flag: string, globs: readonly string[]): void {
  const complaint = globs.length > mostGlobs ? `is given more than ${mostGlobs} times` : complaintOf(globs);
  if (complaint === null) return;
  throw new UsageError({
    code: 'bad_value',
    message: `${flag} ${complaint}`,
    fix: `use ${flag} 'sales.*', for instance; * is any text, ? one character`,
  });
}

function complaintOf(globs: readonly string[]): string | null {
  if (globs.includes('')) return 'is empty';
  if (globs.some((glob) => [...glob].length > longestGlob)) return `is longer than ${longestGlob} characters`;
  return globs.some((glob) => /\p{Cc}/u.test(glob)) ? 'holds a control character' : null;
}
