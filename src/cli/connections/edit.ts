import type { Command } from 'commander';
import { leftBehindByEdit } from '../../cdc/left-behind.ts';
import type { SaveOutcome } from '../../connections/add.ts';
import { endpointOf, type SavedConnection, toConnection } from '../../connections/connection.ts';
import {
  type EditPlan,
  type EditRequest,
  editConnection,
  keepsLastTest,
  planEdit,
} from '../../connections/edit.ts';
import { UsageError } from '../../connections/errors.ts';
import { requireConnection } from '../../connections/services.ts';
import { connectionDetail } from '../../output/connection-detail.ts';
import { terminalSafe } from '../../output/terminal-text.ts';
import type { ConnectionForm } from '../../screens/connection-form.ts';
import type { App, Verdict } from '../app.ts';
import { askingOf } from '../asking.ts';
import {
  declareEndpointFlags,
  type EndpointFlags,
  readEndpointFlags,
  speaksOfEndpoint,
} from '../endpoint-flags.ts';
import { repeated } from '../values.ts';
import { type Act, examples } from '../verb.ts';
import { declareSavingFlags, reportTest, type SavingFlags, saveForm, testBeforeSave } from './saving.ts';
import { takenNameOf } from './taken-name.ts';

export interface EditFlags extends EndpointFlags, SavingFlags {
  rename?: string;
  tag?: string[];
  allowWrite?: boolean;
}

export interface EditOptions {
  readonly name: string;
  readonly flags: EditFlags;
}

export function declareEdit(command: Command, act: Act, run = runEdit): void {
  command.argument('<name>', 'name or id').option('--rename <name>', 'save it under another name');
  declareEndpointFlags(command, true);
  command.option('--tag <tag>', 'the tags it has from now on, "" for none; repeat for several', repeated);
  command
    .option('--allow-write', 'let query --write change something on this source')
    .option('--no-allow-write', 'refuse query --write on this source');
  declareSavingFlags(command);
  command
    .addHelpText(
      'after',
      examples(
        'jackfield connections edit orders',
        'jackfield connections edit orders --schema sales --test',
        'jackfield connections edit orders --password-file new-password.txt',
        'jackfield connections edit orders --option connect_timeout= # takes an option away',
      ),
    )
    .action((name: string, flags: EditFlags) => act((app) => run(app, { name, flags })));
}

export async function runEdit(app: App, { name, flags }: EditOptions): Promise<Verdict> {
  const saved = await requireConnection(await app.services.catalog(), name);
  const byFlags =
    speaksOfEndpoint(flags) || [flags.rename, flags.tag, flags.allowWrite].some((flag) => flag !== undefined);
  if (!byFlags && app.interactive) return editByForm(app, saved, flags);
  if (!byFlags && flags.test !== true) throw nothingToChange();
  const plan = await planFromFlags(app, saved, flags);
  const test = flags.test === true ? await testBeforeSave(app, flags) : null;
  return report(app, plan, await editConnection(app.services, plan, test));
}

/** The edit that flags ask for, with the secrets that must be entered again, where a person can be asked. */
export async function planFromFlags(app: App, saved: SavedConnection, flags: EditFlags): Promise<EditPlan> {
  return withAskedSecrets(app, await planEdit(app.services, saved, await requestOf(app, saved, flags)));
}

/** Options are merged with those saved; an empty value takes one away. */
async function requestOf(app: App, saved: SavedConnection, flags: EditFlags): Promise<EditRequest> {
  const connector = await app.services.connectors.load(saved.connector);
  const { input, password, sslKeyPassword } = await readEndpointFlags(app, connector, flags);
  if (input.options) {
    const merged = Object.entries({ ...saved.options, ...input.options }).filter(([, value]) => value !== '');
    input.options = Object.fromEntries(merged);
  }
  return {
    endpoint: input,
    ...(flags.rename !== undefined && { name: flags.rename }),
    ...(flags.tag !== undefined && { tags: flags.tag.filter((tag) => tag !== '') }),
    ...(flags.allowWrite !== undefined && { allowWrite: flags.allowWrite }),
    ...(password && { password }),
    ...(sslKeyPassword && { sslKeyPassword }),
  };
}

async function editByForm(app: App, saved: SavedConnection, flags: EditFlags): Promise<Verdict> {
  const { askChanges } = await import('../../screens/connection-form.ts');
  const { askOtherPassword } = await import('../../screens/connection-fields.ts');
  const connector = await app.services.connectors.load(saved.connector);
  const asking = await askingOf(app);
  const form: ConnectionForm = { name: saved.name, input: { ...endpointOf(saved) } };
  await askChanges(asking, form, { connector, takenName: await takenNameOf(app) });
  let plan = await planEdit(app.services, saved, requestOfForm(form));
  if (!plan.asksAgain.includes('password')) {
    const password = await askOtherPassword(asking, 'Password', formerPassword(saved));
    if (password) form.password = password;
  }
  /** The plan of what the form holds by now; a secret that was entered again is kept in the form. */
  const planAgain = async () => {
    plan = await withAskedSecrets(app, await planEdit(app.services, saved, requestOfForm(form)));
    if (plan.request.password) form.password = plan.request.password;
    if (plan.request.sslKeyPassword) form.sslKeyPassword = plan.request.sslKeyPassword;
    return plan;
  };
  const staysTested = keepsLastTest(await planAgain());
  const outcome = await saveForm(app, flags, {
    tested: flags.test ?? (staysTested ? false : undefined),
    save: async (test) => editConnection(app.services, await planAgain(), test),
    correct: async (result) => {
      const { askCorrections } = await import('../../screens/corrections.ts');
      await askCorrections(asking, form, { connector, result });
    },
  });
  return report(app, plan, outcome);
}

function requestOfForm({ input, role: _, ...rest }: ConnectionForm): EditRequest {
  return { ...rest, endpoint: input };
}

/** What the password stays when none is typed. */
function formerPassword({ password }: SavedConnection): string {
  if (password.kind === 'none') return 'none, as it is';
  return password.kind === 'stored' ? 'the saved one' : terminalSafe(password.reference);
}

/** Asks for the secrets that must be entered again, where a person is there to be asked. */
async function withAskedSecrets(app: App, plan: EditPlan): Promise<EditPlan> {
  if (plan.asksAgain.length === 0 || !app.interactive) return plan;
  const { askPassword } = await import('../../screens/connection-fields.ts');
  const labels = {
    password: 'Password, again since it is not safe to send the saved one there',
    sslKeyPassword: 'Password of the client key, which is another',
  };
  const request = { ...plan.request };
  for (const which of plan.asksAgain) {
    request[which] = await askPassword(await askingOf(app), labels[which]);
  }
  return planEdit(app.services, plan.saved, request);
}

function nothingToChange(): UsageError {
  return new UsageError({
    code: 'missing_flags',
    message: 'nothing says what to change',
    fix: 'add --host, --database, --password-stdin …; --help lists them',
  });
}

async function report(app: App, plan: EditPlan, outcome: SaveOutcome): Promise<Verdict> {
  const { saved, test } = outcome;
  await reportTest(app, outcome);
  if (!saved) {
    await app.warn('Nothing was changed', test ? 'correct it, or add --save-anyway' : undefined);
    return 'said-no';
  }
  await app.done(
    plan.changes.length === 0 ? `${saved.name} is like that already` : `Changed ${plan.changes.join(', ')}`,
  );
  const catalog = await app.services.catalog();
  const left = await leftBehindByEdit(catalog, plan.saved, saved);
  if (left !== null) await app.warn(left.message, left.fix ?? undefined);
  await app.print(connectionDetail(toConnection((await catalog.find(saved.id)) ?? saved)));
  return 'done';
}
