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
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stdin as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > mostBytes) throw badInput(flag, `is longer than ${mostBytes} bytes`);
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks);
  const text = bytes.toString('utf8');
  if (!Buffer.from(text).equals(bytes) || text.includes('\0')) throw badInput(flag, 'is not UTF-8 text');
  const secret = new Secret(text.replace(/\r?\n$/, ''));
  if (secret.isEmpty) throw badInput(flag, 'is empty');
  return secret;
}

function badInput(flag: string, what: string): UsageError {
  return new UsageError({
    code: 'bad_stdin',
    message: `standard input, which ${flag} reads, ${what}`,
    fix: 'pipe in the secret alone',
  });
}
