import { type Command, Option } from 'commander';
import { type SavedConnection, toConnection } from '../../connections/connection.ts';
import { editConnection, planEdit } from '../../connections/edit.ts';
import { RefusedError, UsageError } from '../../connections/errors.ts';
import type { SecretInput } from '../../connections/secrets-of.ts';
import { requireConnection } from '../../connections/services.ts';
import { shellWord } from '../../connections/shell-word.ts';
import { connectionDetail } from '../../output/connection-detail.ts';
import type { App, Verdict } from '../app.ts';
import { askingOf } from '../asking.ts';
import { cannotGoTogether } from '../conflicting-flags.ts';
import { readPasswordFlags } from '../secret-flags.ts';
import { readDuration, readVariableName } from '../values.ts';
import { type Act, examples } from '../verb.ts';
import { reportTest, testBeforeSave } from './saving.ts';

export interface RotateFlags {
  passwordStdin?: boolean;
  passwordEnv?: string;
  passwordFile?: string;
  generate?: boolean;
  yes?: boolean;
  /** False with --no-test. */
  test?: boolean;
  timeout?: number;
}

export interface RotateOptions {
  readonly name: string;
  readonly flags: RotateFlags;
}

export function declareRotate(command: Command, act: Act, run = runRotate): void {
  command
    .argument('<name>', 'name or id')
    .option('--password-stdin', 'read the new password from standard input')
    .option(
      '--password-env <variable>',
      'take the new password from a variable',
      readVariableName('--password-env'),
    )
    .option('--password-file <file>', 'take the new password from a file')
    .addOption(
      new Option('--generate', "generate one, and change the role's password at the server").conflicts([
        'passwordStdin',
        'passwordEnv',
        'passwordFile',
      ]),
    )
    .option('--yes', 'with --generate: do not ask')
    .option('--no-test', 'replace the password without a test')
    .option('--timeout <time>', 'the whole of the test (10s)', readDuration('--timeout'))
    .addHelpText(
      'after',
      `
Change the password at the server first. The new one is tested while the stored one stays in use, and
replaces it only when the test does not fail. With --generate jackfield changes it at the server, as the
connection's own role: it sends no password but what proves one, logs in with the new one, and stores it.
Cut off at any point, the next rotate finds out which one holds.
${examples(
  'jackfield connections rotate orders',
  'pass show db/orders | jackfield connections rotate orders --password-stdin',
  'jackfield connections rotate orders --password-env NEW_PASSWORD --timeout 5s',
  'jackfield connections rotate orders --generate --yes',
)}`,
    )
    .action((name: string, flags: RotateFlags) => act((app) => run(app, { name, flags })));
}

export async function runRotate(app: App, { name, flags }: RotateOptions): Promise<Verdict> {
  const saved = await requireConnection(await app.services.catalog(), name);
  if (saved.password.kind !== 'stored') throw notStored(saved);
  const { rotateGenerated, rotationOptions } = await import('./rotate-generated.ts');
  if (flags.generate) {
    if (flags.test === false)
      throw cannotGoTogether('--generate and --no-test', 'what is generated is tested');
    return rotateGenerated(app, saved, { yes: flags.yes === true, timeout: flags.timeout });
  }
  const { dropRotation, rotationOf } = await import('../../connections/rotate.ts');
  const options = rotationOptions(app, flags.timeout);
  await rotationOf(app.services, saved, options);
  const password = (await readPasswordFlags(app, flags)) ?? (await askNew(app));
  const plan = await planEdit(app.services, saved, { endpoint: {}, password });
  const test = flags.test === false ? null : await testBeforeSave(app, flags);
  const outcome = await editConnection(app.services, plan, test);
  await reportTest(app, outcome);
  if (!outcome.saved) {
    await app.warn('The former password stays', 'correct what failed, or leave the test out: --no-test');
    return 'said-no';
  }
  // What was tested holds, and not what a rotation before was to bring.
  if (test !== null) await dropRotation(app.services, saved, options);
  await app.done('Replaced the password');
  const now = await (await app.services.catalog()).find(saved.id);
  await app.print(connectionDetail(toConnection(now ?? outcome.saved)));
  return 'done';
}

async function askNew(app: App): Promise<SecretInput> {
  if (!app.interactive) {
    throw new UsageError({
      code: 'missing_flags',
      message: 'the new password is missing',
      fix: 'add --password-stdin, --password-env VAR or --password-file FILE',
    });
  }
  const { askNewPassword } = await import('../../screens/new-password.ts');
  return { kind: 'secret', secret: await askNewPassword(await askingOf(app)) };
}

function notStored({ name, password }: SavedConnection): RefusedError {
  const store = `to store one here: jackfield connections edit ${shellWord(name)} --password-stdin`;
  if (password.kind === 'none' || password.kind === 'stored') {
    return new RefusedError({
      code: 'no_stored_password',
      message: `${name} has no password, so there is none to replace`,
      fix: store,
    });
  }
  return new RefusedError({
    code: 'no_stored_password',
    message: `the password of ${name} is not stored here, but comes from ${password.reference}`,
    fix: `change it there; ${store}`,
  });
}
