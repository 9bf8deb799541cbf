import type { Command } from 'commander';
import type { SaveOutcome } from '../../connections/add.ts';
import { nameTaken } from '../../connections/add.ts';
import { endpointOf, type SavedConnection, toConnection } from '../../connections/connection.ts';
import { type EditPlan, type EditRequest, editConnection, planEdit } from '../../connections/edit.ts';
import { UsageError } from '../../connections/errors.ts';
import { requireConnection } from '../../connections/services.ts';
import { connectionDetail } from '../../output/connection-detail.ts';
import { testResults } from '../../output/test-results.ts';
import type { App, Verdict } from '../app.ts';
import {
  declareEndpointFlags,
  type EndpointFlags,
  readEndpointFlags,
  speaksOfEndpoint,
} from '../endpoint-flags.ts';
import { repeated } from '../values.ts';
import { type Act, examples } from '../verb.ts';
import { declareSavingFlags, type SavingFlags, showTest, testBeforeSave } from './saving.ts';

export interface EditFlags extends EndpointFlags, SavingFlags {
  rename?: string;
  tag?: string[];
}

export interface EditOptions {
  readonly name: string;
  readonly flags: EditFlags;
}

export function declareEdit(command: Command, act: Act, run = runEdit): void {
  command.argument('<name>', 'name or id').option('--rename <name>', 'save it under another name');
  declareEndpointFlags(command);
  command.option('--tag <tag>', 'the tags it has from now on, "" for none; repeat for several', repeated);
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
  const byFlags = speaksOfEndpoint(flags) || flags.rename !== undefined || flags.tag !== undefined;
  if (!byFlags && !app.interactive && flags.test !== true) throw nothingToChange();
  const plan =
    byFlags || !app.interactive
      ? await planFromFlags(app, saved, flags)
      : await withAskedSecrets(app, await planEdit(app.services, saved, await askRequest(app, saved)));
  const outcome = await editConnection(
    app.services,
    plan,
    flags.test === true ? await testBeforeSave(app, flags) : null,
  );
  return report(app, plan, outcome);
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
    ...(password && { password }),
    ...(sslKeyPassword && { sslKeyPassword }),
  };
}

async function askRequest(app: App, saved: SavedConnection): Promise<EditRequest> {
  const { askChanges } = await import('../../screens/connection-form.ts');
  const connector = await app.services.connectors.load(saved.connector);
  const catalog = await app.services.catalog();
  const takenName = async (name: string) =>
    (await catalog.find(name))?.name === name ? nameTaken(name).message : null;
  const form = { name: saved.name, input: { ...endpointOf(saved) } };
  await askChanges({ ...app.streams, signal: app.signal }, form, { connector, takenName });
  const { input, ...rest } = form;
  return { ...rest, endpoint: input };
}

/** Asks for the secrets that must be entered again, where a person is there to be asked. */
async function withAskedSecrets(app: App, plan: EditPlan): Promise<EditPlan> {
  if (plan.asksAgain.length === 0 || !app.interactive) return plan;
  const { askPassword } = await import('../../screens/connection-form.ts');
  const labels = {
    password: 'The endpoint is another: its password',
    sslKeyPassword: 'The key is another: its password',
  };
  const request = { ...plan.request };
  for (const which of plan.asksAgain) {
    request[which] = await askPassword(
      { ...app.streams, signal: app.signal },
      `${labels[which]} (not shown; empty: none)`,
    );
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

async function report(app: App, plan: EditPlan, { saved, test }: SaveOutcome): Promise<Verdict> {
  if (!saved) {
    if (test) await app.print(testResults([test]));
    await app.warn('Nothing was changed', 'correct it, or add --save-anyway');
    return 'said-no';
  }
  if (test) await showTest(app, test);
  await app.done(
    plan.changes.length === 0 ? `${saved.name} is like that already` : `Changed ${plan.changes.join(', ')}`,
  );
  const catalog = await app.services.catalog();
  await app.print(connectionDetail(toConnection((await catalog.find(saved.id)) ?? saved)));
  return 'done';
}
