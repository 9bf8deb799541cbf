import { type SavedConnection, toConnection } from '../../connections/connection.ts';
import { RefusedError } from '../../connections/errors.ts';
import {
  finishRotation,
  generatePassword,
  type RotationOptions,
  sharersOf,
} from '../../connections/rotate.ts';
import { shellWord } from '../../connections/shell-word.ts';
import { testSaved } from '../../connections/test.ts';
import { connectionDetail } from '../../output/connection-detail.ts';
import { terminalSafe } from '../../output/terminal-text.ts';
import { wrapWords } from '../../output/wrap-text.ts';
import type { App, Verdict } from '../app.ts';
import { askingOf } from '../asking.ts';
import { testTimeoutMs } from '../test-limits.ts';
import { reportTest, testBeforeSave } from './saving.ts';

/** What a rotation asks of the program. */
export function rotationOptions(app: App, timeout: number | undefined): RotationOptions {
  return {
    timeoutMs: testTimeoutMs(app, timeout),
    signal: app.signal,
    isAtWork: (owner) => app.isAtWork(owner),
  };
}

/** Gives the connection's role a generated password; first of all it finishes what was cut off. */
export async function rotateGenerated(
  app: App,
  saved: SavedConnection,
  { yes, timeout }: { readonly yes: boolean; readonly timeout: number | undefined },
): Promise<Verdict> {
  const sharers = await sharersOf(app.services, saved);
  if (!yes) await confirm(app, saved, sharers);
  const options = rotationOptions(app, timeout);
  const finished = await finishRotation(app.services, saved, options);
  const isFinished = finished !== null && finished !== 'former';
  const changed = isFinished ? finished : await generatePassword(app.services, saved, options);
  await app.done(
    isFinished
      ? `Finished the rotation that was cut off: ${saved.username} has the password that was generated then`
      : `Gave ${saved.username} a generated password, logged in with it and stored it`,
  );
  for (const { name, password } of sharers) {
    if (password.kind === 'none') continue;
    const fix = `jackfield connections rotate ${shellWord(name)}, with what jackfield connections show ${shellWord(saved.name)} --reveal shows`;
    await app.warn(`${name} logs in as ${saved.username} too, and has the former password`, fix);
  }
  const test = await testBeforeSave(app, { ...(timeout !== undefined && { timeout }) });
  const result = await testSaved(app.services, changed, test);
  await test.onResult?.(result);
  await reportTest(app, { saved: changed, test: result });
  const now = await (await app.services.catalog()).find(changed.id);
  await app.print(connectionDetail(toConnection(now ?? changed)));
  return result.status === 'failed' ? 'said-no' : 'done';
}

async function confirm(app: App, saved: SavedConnection, sharers: readonly SavedConnection[]): Promise<void> {
  const { name, username, host, port } = saved;
  const refusal = (message: string) =>
    new RefusedError({
      code: 'not_confirmed',
      message,
      fix: `jackfield connections rotate ${shellWord(name)} --generate --yes`,
    });
  if (!app.interactive) {
    throw refusal('changing a password at the server needs a confirmation, and nobody can be asked here');
  }
  const { confirmChange } = await import('../../screens/confirm.ts');
  const names = sharers.map((it) => it.name).join(', ');
  const others = sharers.length === 0 ? '' : ` So will ${names}.`;
  const what = `Whatever else logs in as ${username} at ${host}:${port} will need the new password.${others}`;
  const { columns } = await app.view('stderr');
  app.streams.stderr.write(`${wrapWords(terminalSafe(what), columns, '')}\n`);
  if (!(await confirmChange(await askingOf(app), 'Change the password?'))) {
    throw refusal('it was not confirmed: nothing was changed');
  }
}
