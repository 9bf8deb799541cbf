import type { Excerpt } from '../connections/errors.ts';
import type { View } from './answer.ts';
import { fixLines } from './fix-lines.ts';
import { jsonText } from './json-text.ts';
import { displayWidth, terminalSafe } from './terminal-text.ts';
import { wrapWords } from './wrap-text.ts';

/** What is shown of an error; a JackfieldError is one. */
export interface ShownError {
  readonly code: string;
  readonly message: string;
  readonly fix: string | null;
  readonly excerpt?: Excerpt | null;
}

const name = 'jackfield:';

/** An error for a person, on stderr: `jackfield: …`, and its fix on the line below. */
export function errorText(
  error: ShownError,
  view: Pick<View, 'theme'> & Partial<Pick<View, 'columns'>>,
): string {
  const { theme, columns = Number.POSITIVE_INFINITY } = view;
  const [first = '', ...rest] = wrapWords(`${name} ${terminalSafe(error.message)}`, columns, '  ').split(
    name,
  );
  const head = `${first}${theme.bad(name)}${rest.join(name)}\n`;
  return head + excerptLines(error.excerpt ?? null, view) + fixLines(error.fix, '  ', view.theme);
}

/** The line, and a caret below the place in it. */
function excerptLines(excerpt: Excerpt | null, { theme }: Pick<View, 'theme'>): string {
  if (excerpt === null) return '';
  const before = displayWidth(terminalSafe(excerpt.line.slice(0, excerpt.caret)));
  return `  ${terminalSafe(excerpt.line)}\n  ${' '.repeat(before)}${theme.bad('^')}\n`;
}

/** An error for a program, on stderr with `--json`: errorSchema, on one line. */
export function errorJson(error: ShownError): string {
  const { code, message, fix } = error;
  return jsonText({ error: { code, message, fix } }, 0);
}
