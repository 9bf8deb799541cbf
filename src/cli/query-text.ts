import { readFile, stat } from 'node:fs/promises';
import { UsageError } from '../connections/errors.ts';
import type { App } from './app.ts';

/** Far more than anybody writes; keeps an endless pipe from filling memory. */
const mostBytes = 64 * 1024 * 1024;

/** Where the text of a query comes from. */
export interface QueryTextSource {
  /** The argument. */
  readonly text: string | null;
  readonly file: string | null;
  readonly editor: boolean;
}

/**
 * The text of a query: the argument, a file, what is written in an editor, or standard input.
 * @param initial what the editor begins with
 * @returns null where there is none and a person may be asked for it
 * @throws UsageError conflicting_flags, missing_sql, bad_file, bad_stdin; InterruptedError
 */
export async function readQueryText(
  app: App,
  source: QueryTextSource,
  initial: string,
): Promise<string | null> {
  const { text, file, editor } = source;
  const given = [text !== null, file !== null, editor].filter((it) => it).length;
  if (given > 1) {
    throw new UsageError({
      code: 'conflicting_flags',
      message: 'the SQL, --file and --editor contradict each other',
      fix: 'give one of them',
    });
  }
  if (text !== null) return text;
  if (file !== null) return readTextFile(file);
  if (editor) return readFromEditor(app, initial);
  if (!app.streams.stdin.isTTY) return readFromStdin(app);
  if (app.interactive) return null;
  throw new UsageError({
    code: 'missing_sql',
    message: 'no SQL is given',
    fix: 'give it as an argument, with --file, or on standard input',
  });
}

async function readFromEditor(app: App, initial: string): Promise<string> {
  if (!app.interactive) {
    throw new UsageError({
      code: 'not_a_terminal',
      message: '--editor needs a terminal',
      fix: 'give the SQL as an argument, with --file, or on standard input',
    });
  }
  const { editText } = await import('../screens/editor.ts');
  return editText(initial, app.environment);
}

async function readTextFile(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > mostBytes) throw badText('bad_file', `the file ${path} is larger than ${mostBytes} bytes`);
    return decode(await readFile(path), 'bad_file', `the file ${path}`);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const reason = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    throw badText('bad_file', `the file ${path} can't be read${reason}`, error);
  }
}

async function readFromStdin(app: App): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of app.streams.stdin as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > mostBytes) throw badText('bad_stdin', `standard input is longer than ${mostBytes} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw badText('bad_stdin', "standard input can't be read", error);
  }
  return decode(Buffer.concat(chunks), 'bad_stdin', 'standard input');
}

/** Without a byte order mark. A NUL can't be sent. */
function decode(bytes: Uint8Array, code: string, what: string): string {
  let text = '\0';
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    // The decoder's error says nothing that ours does not.
  }
  if (text.includes('\0')) throw badText(code, `${what} is not UTF-8 text`);
  return text;
}

function badText(code: string, message: string, cause?: unknown): UsageError {
  return new UsageError({ code, message, fix: 'give SQL as UTF-8 text', cause });
}
