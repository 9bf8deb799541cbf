import type { View } from './answer.ts';
import { fixLines } from './fix-lines.ts';
import { jsonText } from './json-text.ts';
import { terminalSafe } from './terminal-text.ts';

/** What is shown of an error; a JackfieldError is one. */
export interface ShownError {
  readonly code: string;
  readonly message: string;
  readonly fix: string | null;
}

/** An error for a person, on stderr: `jackfield: …`, and its fix on the line below. */
export function errorText(error: ShownError, view: Pick<View, 'theme'>): string {
  const head = `${view.theme.bad('jackfield:')} ${terminalSafe(error.message)}\n`;
  return head + fixLines(error.fix, '  ', view.theme);
}

/** An error for a program, on stderr with `--json`: errorSchema, on one line. */
export function errorJson(error: ShownError): string {
  const { code, message, fix } = error;
  return jsonText({ error: { code, message, fix } }, 0);
}
