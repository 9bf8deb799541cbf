import { RefusedError } from '../../../connections/errors.ts';
import type { App } from '../../app.ts';

/**
 * Refuses what nobody agreed to and nobody can be asked, before anything is opened or dialled.
 * @param what begins a sentence: `setting up`
 * @throws RefusedError not_confirmed
 */
export function requireYes({ interactive }: App, yes: boolean, what: string): void {
  if (yes || interactive) return;
  throw new RefusedError({
    code: 'not_confirmed',
    message: `${what} changes the database, which wants --yes where nobody can be asked`,
    fix: 'add --yes; jackfield connections cdc plan shows what would be set up, cdc status what is there',
  });
}
