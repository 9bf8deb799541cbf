import { type ApplyOptions, planApply } from '../connections/apply.ts';
import type { ApplyStep } from '../connections/apply-step.ts';
import type { Role } from '../connections/connection.ts';
import { NotFoundError } from '../connections/errors.ts';
import type { FileContent, FilePipeline } from '../connections/file.ts';
import { checkName, trimmedName } from '../connections/names.ts';
import type { ConnectionServices } from '../connections/services.ts';
import { addPipeline, checkNote, requireSide } from './add.ts';
import type { PipelineChange } from './catalog.ts';
import type { SavedPipeline } from './pipeline.ts';
import { requireRole } from './refusals.ts';
import { keyOfTable, readSchema, readTables } from './tables.ts';
import { warnOfUnknownTables } from './unknown-tables.ts';

/**
 * Compares what a file says of connections and pipelines with what is saved. Every entry is checked before
 * anything is changed. Connections are made and changed first, then the pipelines that use them, and what is
 * pruned goes the other way round. Only of what a file has a list is anything pruned.
 * @param source the file's name, for the messages
 * @throws UsageError; NotFoundError no_such_connection; RefusedError role_differs, connection_in_use
 */
export async function planFile(
  services: ConnectionServices,
  { connections, pipelines }: FileContent,
  options: Pick<ApplyOptions, 'prune' | 'readReference'> & { readonly source: string },
): Promise<ApplyStep[]> {
  const saved = await (await services.pipelines()).list();
  const wanted = (pipelines ?? []).map(readEntry);
  const isPruned = ({ name }: SavedPipeline) =>
    options.prune && pipelines !== undefined && wanted.every((it) => it.name !== name);
  const left = [
    ...wanted,
    ...saved
      .filter((it) => !isPruned(it) && wanted.every(({ name }) => name !== it.name))
      .map(({ name, source, destination }) => ({
        name,
        source: source.id === null ? '' : source.name,
        destination: destination.id === null ? '' : destination.name,
      })),
  ];
  const ofConnections = await planApply(services, connections ?? [], {
    prune: options.prune && connections !== undefined,
    readReference: options.readReference,
    usersOf: ({ name, role }) => left.filter((it) => it[role] === name).map((it) => it.name),
  });
  await requireSides(services, wanted, connections ?? [], options.source);
  const former = new Map(saved.map((pipeline) => [pipeline.name, pipeline]));
  return [
    ...ofConnections.filter(({ action }) => action !== 'delete'),
    ...wanted.map((entry) => planEntry(services, entry, former.get(entry.name))),
    ...saved.filter(isPruned).map((pipeline) => planDelete(services, pipeline)),
    ...ofConnections.filter(({ action }) => action === 'delete'),
  ];
}

/** An entry whose parts were checked; what is undefined is left as it is. */
interface Wanted extends Pick<SavedPipeline, 'name' | 'tables' | 'destinationSchema' | 'schedule' | 'owner'> {
  readonly source: string;
  readonly destination: string;
  readonly state: SavedPipeline['state'] | undefined;
}

/** @throws UsageError bad_name, bad_table, bad_note */
function readEntry(entry: FilePipeline): Wanted {
  const { name, source, destination, destinationSchema, tables, state, schedule, owner } = entry;
  return {
    name: checkName(name),
    source: trimmedName(source),
    destination: trimmedName(destination),
    tables: readTables(tables ?? []),
    destinationSchema: readSchema(destinationSchema ?? null),
    state,
    schedule: checkNote('schedule', schedule ?? null),
    owner: checkNote('owner', owner ?? null),
  };
}

/** Each side is a connection of the file, or one that is saved. @throws NotFoundError; UsageError wrong_role */
async function requireSides(
  services: ConnectionServices,
  wanted: readonly Wanted[],
  connections: readonly { readonly name: string; readonly role: Role }[],
  source: string,
): Promise<void> {
  const roles = new Map<string, Role>();
  for (const { name, role } of await (await services.catalog()).list()) roles.set(name, role);
  for (const { name, role } of connections) roles.set(trimmedName(name), role);
  const missing = new Set<string>();
  const missed = new Set<string>();
  for (const entry of wanted) {
    for (const side of ['source', 'destination'] as const) {
      const role = roles.get(entry[side]);
      if (role !== undefined) requireRole({ name: entry[side], role }, side);
      else {
        missing.add(entry[side]);
        missed.add(entry.name);
      }
    }
  }
  if (missing.size === 0) return;
  const names = [...missing].map((name) => JSON.stringify(name)).join(', ');
  throw new NotFoundError({
    code: 'no_such_connection',
    message: `${[...missed].join(', ')}: no connection ${names} is saved or in ${source}`,
    fix: 'add it to the connections of the file, or save it: jackfield connections add',
  });
}

function planEntry(
  services: ConnectionServices,
  wanted: Wanted,
  former: SavedPipeline | undefined,
): ApplyStep {
  const about = { kind: 'pipeline', name: wanted.name, role: null, prepare: async () => {} } as const;
  if (former === undefined) {
    const request = { ...wanted, state: wanted.state ?? 'active' };
    return {
      ...about,
      action: 'add',
      changes: [],
      run: async () => void (await addPipeline(services, request)),
    };
  }
  const changes = differences(former, wanted);
  return {
    ...about,
    action: changes.length === 0 ? 'same' : 'change',
    changes,
    run: () => change(services, former, wanted, changes),
  };
}

type Field = Exclude<keyof Wanted, 'name'>;

function differences(former: SavedPipeline, wanted: Wanted): Field[] {
  const changes: Field[] = [];
  for (const side of ['source', 'destination'] as const) {
    // A side that lost its connection gets the one of that name again.
    if (former[side].name !== wanted[side] || former[side].id === null) changes.push(side);
  }
  const keys = (tables: SavedPipeline['tables']) => tables.map(keyOfTable).sort().join();
  if (keys(former.tables) !== keys(wanted.tables)) changes.push('tables');
  if (former.destinationSchema !== wanted.destinationSchema) changes.push('destinationSchema');
  if (wanted.state !== undefined && former.state !== wanted.state) changes.push('state');
  if (former.schedule !== wanted.schedule) changes.push('schedule');
  if (former.owner !== wanted.owner) changes.push('owner');
  return changes;
}

async function change(
  services: ConnectionServices,
  { id, revision }: SavedPipeline,
  wanted: Wanted,
  changes: readonly Field[],
): Promise<void> {
  const idOf = async (side: Role) => (await requireSide(services, side, wanted[side])).id;
  const { tables, destinationSchema, schedule, owner, state } = wanted;
  const change: PipelineChange = {
    id,
    revision,
    tables,
    destinationSchema,
    schedule,
    owner,
    ...(state !== undefined && { state }),
    ...(changes.includes('source') && { sourceId: await idOf('source') }),
    ...(changes.includes('destination') && { destinationId: await idOf('destination') }),
  };
  await (await services.pipelines()).update([change]);
  if (!changes.includes('source') && !changes.includes('tables')) return;
  await warnOfUnknownTables(services, await requireSide(services, 'source', wanted.source), tables);
}

function planDelete(services: ConnectionServices, { id, name }: SavedPipeline): ApplyStep {
  return {
    action: 'delete',
    kind: 'pipeline',
    name,
    role: null,
    changes: [],
    prepare: async () => {},
    run: async () => void (await (await services.pipelines()).delete(id)),
  };
}
