import { UsageError } from '../connections/errors.ts';
import { Secret } from '../secrets/secret.ts';
import type { App } from './app.ts';

/** More than any password or URL; keeps an endless pipe from filling memory. */
const mostBytes = 64 * 1024;

/**
 * Reads a secret from standard input, all of it, without one trailing newline.
 * @param flag which flag reads it, for the message
 * @throws UsageError stdin_is_terminal, bad_stdin
 */
export async function readSecretFromStdin(app: App, flag: string): Promise<Secret> {
  const { stdin } = app.streams;
  if (stdin.isTTY) {
    throw new UsageError({
      code: 'stdin_is_terminal',
      message: `${flag} reads standard input, which is a terminal and would show what is typed`,
      fix: `pipe it in (pass show orders | jackfield …), or leave ${flag} out to be asked`,
    });
  }
  const bytes = await readAll(stdin, flag);
  const secret = new Secret(decode(bytes, flag).replace(/\r?\n$/, ''));
  if (secret.isEmpty) throw badInput(flag, 'is empty');
  return secret;
}

/** Reads a file's text from standard input, of 8 MiB at most. @throws UsageError stdin_is_terminal, bad_stdin */
export async function readTextFromStdin(app: App): Promise<string> {
  const { stdin } = app.streams;
  if (stdin.isTTY) {
    throw new UsageError({
      code: 'stdin_is_terminal',
      message: 'the file "-" is standard input, which is a terminal',
      fix: 'pipe it in, or name a file',
    });
  }
  return decode(await readAll(stdin, '"-"', 8 * 1024 * 1024), '"-"');
}

async function readAll(stdin: AsyncIterable<Buffer>, flag: string, most = mostBytes): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of stdin) {
      size += chunk.length;
      if (size > most) throw badInput(flag, `is longer than ${most} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    // A directory, or a terminal that has gone.
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw badInput(flag, "can't be read", error);
  }
  return Buffer.concat(chunks);
}

/** Without the byte order mark that some shells put before what they pipe. */
function decode(bytes: Uint8Array, flag: string): string {
  let text = '\0';
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    // The decoder's error says nothing that ours does not.
  }
  if (text.includes('\0')) throw badInput(flag, 'is not UTF-8 text');
  return text;
}

function badInput(flag: string, what: string, cause?: unknown): UsageError {
  return new UsageError({
    code: 'bad_stdin',
    message: `standard input, which ${flag} reads, ${what}`,
    fix: 'pipe in the secret alone',
    cause,
  });
}
