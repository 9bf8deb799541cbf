import { UsageError } from '../../../connections/errors.ts';
import type { App } from '../../app.ts';

/**
 * Refuses what nobody agreed to and nobody can be asked, before anything is opened or dialled.
 * @param what begins a sentence: `setting up`
 * @throws UsageError missing_flags
 */
export function requireYes({ interactive }: App, yes: boolean, what: string): void {
  if (yes || interactive) return;
  throw new UsageError({
    code: 'missing_flags',
    message: `--yes is missing: ${what} changes the database, and nobody can be asked here`,
    fix: 'add --yes; jackfield connections cdc plan shows what would be set up, cdc status what is there',
  });
}
