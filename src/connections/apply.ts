import { addConnection } from './add.ts';
import type { ApplyStep } from './apply-step.ts';
import type { SavedConnection } from './connection.ts';
import { deleteConnection, refuseCaptured } from './delete.ts';
import { carryOutEdit, type EditPlan, type EditRequest, planEdit, requireSecrets } from './edit.ts';
import { completeEndpoint } from './endpoint.ts';
import { RefusedError, UsageError } from './errors.ts';
import {
  endpointInputOf,
  type FileConnection,
  ofEntry,
  type ReadReference,
  secretInputOf,
  secretInputsOf,
} from './file.ts';
import { checkName, checkTags } from './names.ts';
import type { SecretInput } from './secrets-of.ts';
import type { ConnectionServices } from './services.ts';
import { shellWord } from './shell-word.ts';

/** What an apply is told besides the file. */
export interface ApplyOptions {
  /** Delete the connections that the file does not name. */
  readonly prune: boolean;
  readonly readReference: ReadReference;
  /** The pipelines that will use a connection when all is done; those of today when left out. */
  readonly usersOf?: (connection: SavedConnection) => readonly string[];
}

/**
 * Compares what a file says with what is saved. Every entry is checked before anything is changed;
 * what a file leaves out takes the preset's default, but a secret it does not mention stays.
 * @throws UsageError; RefusedError role_differs, connection_in_use, cdc_set_up
 */
export async function planApply(
  services: ConnectionServices,
  entries: readonly FileConnection[],
  options: ApplyOptions,
): Promise<ApplyStep[]> {
  const catalog = await services.catalog();
  const saved = new Map((await catalog.list()).map((connection) => [connection.name, connection]));
  const steps: ApplyStep[] = [];
  const named = new Set<string>();
  for (const entry of entries) {
    const name = checkName(entry.name);
    named.add(name);
    const former = saved.get(name);
    steps.push(
      await ofEntry(entry, () =>
        former ? planChange(services, entry, former, options) : planAdd(services, entry, name, options),
      ),
    );
  }
  if (options.prune) {
    const gone = [...saved.values()].filter(({ name }) => !named.has(name));
    refusePrune(gone, options.usersOf ?? (({ usedBy }) => usedBy));
    await refuseCaptured(services, gone);
    for (const connection of gone) steps.push(planDelete(services, connection));
  }
  return steps;
}

/** Paused ones count: what a file prunes is not looked at by anyone. @throws RefusedError connection_in_use */
function refusePrune(
  gone: readonly SavedConnection[],
  usersOf: (connection: SavedConnection) => readonly string[],
): void {
  const uses = gone
    .map((connection) => ({ name: connection.name, pipelines: usersOf(connection) }))
    .filter(({ pipelines }) => pipelines.length > 0);
  if (uses.length === 0) return;
  const users = [...new Set(uses.flatMap(({ pipelines }) => pipelines))];
  throw new RefusedError({
    code: 'connection_in_use',
    message: uses.map(({ name, pipelines }) => `${name} is used by ${pipelines.join(', ')}`).join('; '),
    fix: `name it in the file, give those another connection there, or: jackfield pipelines delete ${users.map(shellWord).join(' ')}`,
  });
}

async function planAdd(
  services: ConnectionServices,
  entry: FileConnection,
  name: string,
  options: ApplyOptions,
): Promise<ApplyStep> {
  const connector = await services.connectors.load(entry.connector);
  const endpoint = completeEndpoint(connector, endpointInputOf(entry));
  await connector.checkFiles(endpoint);
  const tags = checkTags(entry.tags ?? []);
  const secrets = secretInputsOf(entry, options.readReference);
  const { role } = entry;
  return {
    action: 'add',
    kind: 'connection',
    name,
    role,
    changes: [],
    prepare: async () => {},
    run: async () => void (await addConnection(services, { name, role, endpoint, tags, secrets }, null)),
  };
}

async function planChange(
  services: ConnectionServices,
  entry: FileConnection,
  saved: SavedConnection,
  options: ApplyOptions,
): Promise<ApplyStep> {
  const { name, role } = saved;
  if (entry.role !== role) {
    throw new RefusedError({
      code: 'role_differs',
      message: `${name} is saved as a ${role}, and the file says ${entry.role}`,
      fix: 'a role does not change: give the other role a name of its own',
    });
  }
  const connector = await services.connectors.load(entry.connector);
  const request: EditRequest = {
    endpoint: completeEndpoint(connector, endpointInputOf(entry)),
    tags: checkTags(entry.tags ?? []),
    ...changedSecret('password', saved.password, secretInputOf(entry.secret, options.readReference)),
    ...changedSecret(
      'sslKeyPassword',
      saved.sslKeyPassword,
      secretInputOf(entry.sslKeyPassword, options.readReference),
    ),
  };
  const plan = await planEdit(services, saved, request);
  refuseAskingAgain(plan);
  const changes = [...plan.changes];
  return {
    action: changes.length === 0 ? 'same' : 'change',
    kind: 'connection',
    name,
    role,
    changes,
    prepare: () => requireSecrets(services, plan),
    run: () => carryOutEdit(services, plan),
  };
}

function refuseAskingAgain(plan: EditPlan): void {
  if (plan.asksAgain.length === 0) return;
  throw new UsageError({
    code: 'password_required',
    message: `the file sends the saved password of ${plan.saved.name} to another endpoint, so it must be given again`,
    fix: `give it as a reference (secret:) in the file, or make this change with: jackfield connections edit ${shellWord(plan.saved.name)}`,
  });
}

function planDelete(services: ConnectionServices, connection: SavedConnection): ApplyStep {
  return {
    action: 'delete',
    kind: 'connection',
    name: connection.name,
    role: connection.role,
    changes: [],
    prepare: async () => {},
    run: async () => void (await deleteConnection(services, connection)),
  };
}

/** Nothing where the file says nothing of the secret, or what is saved already. */
function changedSecret(
  which: 'password' | 'sslKeyPassword',
  saved: SavedConnection['password'],
  input: SecretInput | undefined,
): Partial<Pick<EditRequest, 'password' | 'sslKeyPassword'>> {
  if (input === undefined || JSON.stringify(input) === JSON.stringify(saved)) return {};
  return { [which]: input };
}
