import { trimmedName } from '../connections/names.ts';
import { terminalSafe } from '../output/terminal-text.ts';
import { type Asking, askText, askYesNo } from './ask.ts';

/**
 * Has the user type a connection's name before it is deleted.
 * @param what the sentence that says what will be gone
 * @returns false when something else, or nothing, was typed
 * @throws InterruptedError
 */
export async function confirmByName(asking: Asking, what: string, name: string): Promise<boolean> {
  asking.stderr.write(`${terminalSafe(what)}\n`);
  const typed = await askText(asking, { message: 'Type its name to delete it:' });
  return trimmedName(typed) === name;
}

/** Yes or no, no being the default. @throws InterruptedError */
export function confirmChange(asking: Asking, question: string): Promise<boolean> {
  return askYesNo(asking, question, false);
}
