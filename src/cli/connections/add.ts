import type { Command } from 'commander';
import { type AddRequest, addConnection, nameTaken, type SaveOutcome } from '../../connections/add.ts';
import { type Role, toConnection } from '../../connections/connection.ts';
import type { Connector } from '../../connections/connector.ts';
import { completeEndpoint, missingFlags, requiredFields } from '../../connections/endpoint.ts';
import { UsageError } from '../../connections/errors.ts';
import { checkName } from '../../connections/names.ts';
import { connectionDetail } from '../../output/connection-detail.ts';
import { testResults } from '../../output/test-results.ts';
import type { ConnectionForm } from '../../screens/connection-form.ts';
import type { App, Verdict } from '../app.ts';
import { declareEndpointFlags, type EndpointFlags, readEndpointFlags } from '../endpoint-flags.ts';
import { readRole, repeated } from '../values.ts';
import { type Act, examples } from '../verb.ts';
import { declareSavingFlags, type SavingFlags, showTest, testBeforeSave } from './saving.ts';

export interface AddFlags extends EndpointFlags, SavingFlags {
  role?: Role;
  name?: string;
  tag?: string[];
}

export interface AddOptions {
  readonly connector: string;
  readonly flags: AddFlags;
}

export function declareAdd(command: Command, act: Act, run = runAdd): void {
  command
    .argument('[connector]', 'what kind of database', 'postgres')
    .option('--role <role>', 'source or destination', readRole)
    .option('--name <name>', 'what it is saved as');
  declareEndpointFlags(command);
  command.option('--tag <tag>', 'a tag; repeat for several', repeated);
  declareSavingFlags(command);
  command
    .addHelpText(
      'after',
      examples(
        'jackfield connections add',
        'jackfield connections add --role source --name orders --url-env DATABASE_URL --test',
        'pass show orders | jackfield connections add postgres --role source --name orders \\\n' +
          '      --host db.example.com --username app --database shop --password-stdin',
      ),
    )
    .action((connector: string, flags: AddFlags) => act((app) => run(app, { connector, flags })));
}

export async function runAdd(app: App, { connector: connectorName, flags }: AddOptions): Promise<Verdict> {
  const connector = await app.services.connectors.load(connectorName);
  const { input, password, sslKeyPassword } = await readEndpointFlags(app, connector, flags);
  const form: ConnectionForm = {
    input,
    ...(flags.role && { role: flags.role }),
    ...(flags.name !== undefined && { name: checkName(flags.name) }),
    ...(password && { password }),
    ...(sslKeyPassword && { sslKeyPassword }),
  };
  const missing = missingParts(form);
  if (missing.length > 0 && !app.interactive) throw missingError(missing);
  // A form that had to be opened ends in the question whether to test; flags alone say it themselves.
  const asksTest = missing.some((part) => part !== 'password') && flags.test === undefined;
  if (missing.length > 0) await fillIn(app, form, connector);

  const outcome = asksTest
    ? await saveAsked(app, form, connector, flags)
    : await saveForm(app, form, connector, flags, flags.test === true);
  return report(app, outcome);
}

function missingParts(form: ConnectionForm): string[] {
  const fields = requiredFields.filter((field) => form.input[field] === undefined);
  const parts = [form.role ? null : 'role', form.name === undefined ? 'name' : null, ...fields];
  return [...parts.filter((part) => part !== null), ...(form.password ? [] : ['password'])];
}

function missingError(missing: readonly string[]): UsageError {
  const others = missing.filter((part) => part !== 'password');
  if (others.length > 0) return missingFlags(others);
  return new UsageError({
    code: 'missing_flags',
    message: 'nothing says which password to use',
    fix: 'add --password-stdin, --password-env, --password-file or --password-ref, or --no-password',
  });
}

async function fillIn(app: App, form: ConnectionForm, connector: Connector): Promise<void> {
  const { askNewConnection } = await import('../../screens/connection-form.ts');
  const catalog = await app.services.catalog();
  const takenName = async (name: string) =>
    (await catalog.find(name))?.name === name ? nameTaken(name).message : null;
  await askNewConnection({ ...app.streams, signal: app.signal }, form, { connector, takenName });
}

async function saveForm(
  app: App,
  form: ConnectionForm,
  connector: Connector,
  flags: AddFlags,
  tested: boolean,
): Promise<SaveOutcome> {
  const { role, name } = form;
  if (!role || name === undefined) throw new Error('the form was left without a role or name');
  const request: AddRequest = {
    name,
    role,
    endpoint: completeEndpoint(connector, form.input),
    tags: flags.tag ?? [],
    secrets: {
      password: form.password ?? { kind: 'none' },
      sslKeyPassword: form.sslKeyPassword ?? { kind: 'none' },
    },
  };
  return addConnection(app.services, request, tested ? await testBeforeSave(app, flags) : null);
}

/** Asks whether to test, and after a failure whether to change something, save anyway or leave it. */
async function saveAsked(
  app: App,
  form: ConnectionForm,
  connector: Connector,
  flags: AddFlags,
): Promise<SaveOutcome> {
  const { askAfterFailure, askTestNow } = await import('../../screens/test-now.ts');
  const { askCorrections } = await import('../../screens/connection-form.ts');
  const asking = { ...app.streams, signal: app.signal };
  let tested = await askTestNow(asking);
  for (;;) {
    const outcome = await saveForm(app, form, connector, flags, tested);
    if (outcome.saved || !outcome.test) return outcome;
    await showTest(app, outcome.test);
    const next = await askAfterFailure(asking);
    if (next === 'leave') return { saved: null, test: null };
    if (next === 'change') await askCorrections(asking, form);
    if (next === 'save') tested = false;
  }
}

async function report(app: App, { saved, test }: SaveOutcome): Promise<Verdict> {
  if (test && saved) await showTest(app, test);
  if (saved) {
    await app.done(`Saved ${saved.role} ${saved.name}`);
    const catalog = await app.services.catalog();
    await app.print(connectionDetail(toConnection((await catalog.find(saved.id)) ?? saved)));
    return 'done';
  }
  if (test) await app.print(testResults([test]));
  await app.warn('Nothing was saved', test ? 'correct it, or add --save-anyway' : undefined);
  return 'said-no';
}
