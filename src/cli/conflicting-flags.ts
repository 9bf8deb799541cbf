import { UsageError } from '../connections/errors.ts';

/** `--all and --file can't go together: all of the file is tested anyway`. */
export function cannotGoTogether(what: string, why: string, fix = 'leave one of them out'): UsageError {
  return new UsageError({ code: 'conflicting_flags', message: `${what} can't go together: ${why}`, fix });
}
