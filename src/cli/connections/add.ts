import type { Command } from 'commander';
import { type AddRequest, addConnection, type SaveOutcome } from '../../connections/add.ts';
import { type Role, toConnection } from '../../connections/connection.ts';
import type { Connector } from '../../connections/connector.ts';
import { completeEndpoint, missingFlags, requiredFields } from '../../connections/endpoint.ts';
import { UsageError } from '../../connections/errors.ts';
import { checkName } from '../../connections/names.ts';
import { connectionDetail } from '../../output/connection-detail.ts';
import type { ConnectionForm } from '../../screens/connection-form.ts';
import type { App, Verdict } from '../app.ts';
import { askingOf } from '../asking.ts';
import { declareEndpointFlags, type EndpointFlags, readEndpointFlags } from '../endpoint-flags.ts';
import { readRole, repeated } from '../values.ts';
import { type Act, examples } from '../verb.ts';
import { declareSavingFlags, reportTest, type SavingFlags, saveForm, testBeforeSave } from './saving.ts';
import { takenNameOf } from './taken-name.ts';

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
  declareEndpointFlags(command, true);
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
  const isForm = missing.some((part) => part !== 'password');
  const outcome = isForm
    ? await addByForm(app, form, connector, flags)
    : await addByFlags(app, form, connector, flags);
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

async function addByFlags(
  app: App,
  form: ConnectionForm,
  connector: Connector,
  flags: AddFlags,
): Promise<SaveOutcome> {
  if (!form.password) {
    // Before anybody types a password for what can't be saved.
    requestOf(form, connector, flags);
    const { askPassword } = await import('../../screens/connection-fields.ts');
    form.password = await askPassword(await askingOf(app), 'Password');
  }
  const test = flags.test === true ? await testBeforeSave(app, flags) : null;
  return addConnection(app.services, requestOf(form, connector, flags), test);
}

async function addByForm(
  app: App,
  form: ConnectionForm,
  connector: Connector,
  flags: AddFlags,
): Promise<SaveOutcome> {
  const { askNewConnection } = await import('../../screens/connection-form.ts');
  const asking = await askingOf(app);
  await askNewConnection(asking, form, { connector, takenName: await takenNameOf(app) });
  return saveForm(app, flags, {
    tested: flags.test,
    save: (test) => addConnection(app.services, requestOf(form, connector, flags), test),
    correct: async (result) => {
      const { askCorrections } = await import('../../screens/corrections.ts');
      await askCorrections(asking, form, { connector, result });
    },
  });
}

/** @throws UsageError what completeEndpoint throws */
function requestOf(form: ConnectionForm, connector: Connector, flags: AddFlags): AddRequest {
  const { role, name } = form;
  if (!role || name === undefined) throw new Error('the form was left without a role or name');
  return {
    name,
    role,
    endpoint: completeEndpoint(connector, form.input),
    tags: flags.tag ?? [],
    secrets: {
      password: form.password ?? { kind: 'none' },
      sslKeyPassword: form.sslKeyPassword ?? { kind: 'none' },
    },
  };
}

async function report(app: App, outcome: SaveOutcome): Promise<Verdict> {
  const { saved, test } = outcome;
  await reportTest(app, outcome);
  if (!saved) {
    await app.warn('Nothing was saved', test ? 'correct it, or add --save-anyway' : undefined);
    return 'said-no';
  }
  await app.done(`Saved ${saved.role} ${saved.name}`);
  const catalog = await app.services.catalog();
  await app.print(connectionDetail(toConnection((await catalog.find(saved.id)) ?? saved)));
  return 'done';
}
