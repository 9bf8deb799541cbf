import { addConnection } from '../add.ts';
import type { SavedConnection } from '../connection.ts';
import { carryOutEdit, type EditRequest, planEdit } from '../edit.ts';
import { RefusedError, UsageError } from '../errors.ts';
import { checkTags } from '../names.ts';
import type { ImportStep } from '../reports.ts';
import { type SecretInput, storedSecretsOf } from '../secrets-of.ts';
import type { ConnectionServices } from '../services.ts';
import type { ImportedEntry, ImportedItem } from './imported.ts';
import { freeName, numbered, validName } from './imported-names.ts';
import { PlannedNames } from './planned-names.ts';
import { type EntryDefaults, type ReadEntry, readEntry } from './read-entry.ts';

export interface ImportOptions extends EntryDefaults {
  /** Save under another name what has the name of another endpoint. */
  readonly renameConflicts: boolean;
}

/** A step of a plan, with what carries it out; null where nothing is to be done. */
export interface PlannedImport {
  readonly step: ImportStep;
  readonly run: (() => Promise<void>) | null;
}

/**
 * Compares what a file describes with what is saved. A connection is the same where its name, role, host,
 * port, database and user are, and nothing that the file says of it differs; what the file leaves out stays
 * as it is. One entry that is wrong is a step of its own, and stops no other.
 * @throws SecretError when a saved secret is needed to compare, and can't be had
 */
export async function planImport(
  services: ConnectionServices,
  items: readonly ImportedItem[],
  options: ImportOptions,
): Promise<PlannedImport[]> {
  const saved = await (await services.catalog()).list();
  const names = new PlannedNames(saved);
  const planned: PlannedImport[] = [];
  for (const item of items) {
    if (item.kind !== 'entry') planned.push(notImported(item, item.kind, item.message));
    else planned.push(await planEntry(services, item, names, options));
  }
  return planned;
}

async function planEntry(
  services: ConnectionServices,
  entry: ImportedEntry,
  names: PlannedNames,
  options: ImportOptions,
): Promise<PlannedImport> {
  try {
    const read = await readEntry(services, entry, options);
    const wanted = validName(entry.name);
    const twin = twinOf(read, wanted, names);
    if (twin) {
      names.take(twin.name);
      return await planChange(services, read, twin);
    }
    const isOthers = names.saved(wanted) !== undefined && !names.isPlanned(wanted);
    if (isOthers && !options.renameConflicts) {
      const message = 'the name is that of a connection to another endpoint, or of the other role';
      return { step: { ...stepOf(read, 'conflict', wanted), message }, run: null };
    }
    // Two entries of one file that come out with one name are no conflict with anything that is saved.
    return planAdd(services, read, names.take(freeName(wanted, (name) => names.isTaken(name))));
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof RefusedError)) throw error;
    return notImported(entry, 'bad', inWordsForAFile(error));
  }
}

/** A file's entry need not be a URL. */
function inWordsForAFile({ message }: UsageError | RefusedError): string {
  return message.replace(/^the URL can't be used: /, '');
}

/** The saved connection that an entry is, under its name or one that a former import gave it. */
function twinOf(read: ReadEntry, wanted: string, names: PlannedNames): SavedConnection | null {
  for (let number = 1; ; number += 1) {
    const name = numbered(wanted, number);
    const saved = names.saved(name);
    if (saved && !names.isPlanned(name) && isSamePlace(read, saved)) return saved;
    if (!names.isTaken(name)) return null;
  }
}

function isSamePlace({ role, endpoint }: ReadEntry, saved: SavedConnection): boolean {
  const fields = ['connector', 'host', 'port', 'database', 'username'] as const;
  return role === saved.role && fields.every((field) => endpoint[field] === saved[field]);
}

function planAdd(services: ConnectionServices, read: ReadEntry, name: string): PlannedImport {
  const { role, endpoint, tags, password, sslKeyPassword } = read;
  const none = { kind: 'none' as const };
  const secrets = { password: password ?? none, sslKeyPassword: sslKeyPassword ?? none };
  return {
    step: { ...stepOf(read, 'add', name), message: withNaming(read) },
    run: async () => void (await addConnection(services, { name, role, endpoint, tags, secrets }, null)),
  };
}

/** What is told of one that is new: what its name was made of, where the file has none, and what is left out. */
function withNaming({ entry, message }: ReadEntry): string | null {
  const told = [entry.namedAfter, message].filter((part) => part != null);
  return told.length === 0 ? null : told.join('; ');
}

/** @throws UsageError, SecretError */
async function planChange(
  services: ConnectionServices,
  read: ReadEntry,
  saved: SavedConnection,
): Promise<PlannedImport> {
  const tags = checkTags([...saved.tags, ...(read.entry.tags ?? [])]);
  const differs = {
    password: await differsFrom(services, saved, 'password', read.password),
    sslKeyPassword: await differsFrom(services, saved, 'sslKeyPassword', read.sslKeyPassword),
  };
  const request: EditRequest = {
    endpoint: {
      ...read.input,
      ...(read.input.options && { options: { ...saved.options, ...read.input.options } }),
    },
    ...(tags.join() !== saved.tags.join() && { tags }),
    ...(differs.password && read.password && { password: read.password }),
    ...(differs.sslKeyPassword && read.sslKeyPassword && { sslKeyPassword: read.sslKeyPassword }),
  };
  const first = await planEdit(services, saved, request);
  const { changes } = first;
  // One that has to be given again the file may give, though it is the same.
  const given = first.asksAgain.flatMap((which) => (read[which] ? [[which, read[which]]] : []));
  const plan =
    given.length === 0
      ? first
      : await planEdit(services, saved, { ...request, ...Object.fromEntries(given) });
  if (changes.length === 0) return { step: stepOf(read, 'same', saved.name), run: null };
  if (plan.asksAgain.length > 0) {
    const message =
      'it would send the saved password over weaker TLS, or by another certificate: edit it yourself';
    return notImported(read.entry, 'bad', message);
  }
  return {
    step: { ...stepOf(read, 'change', saved.name), changes: [...changes] },
    run: () => carryOutEdit(services, plan),
  };
}

/** Whether a file's secret is another than the saved one, which is read only where that alone can tell. */
async function differsFrom(
  services: ConnectionServices,
  saved: SavedConnection,
  which: 'password' | 'sslKeyPassword',
  given: SecretInput | undefined,
): Promise<boolean> {
  if (given === undefined) return false;
  const source = saved[which];
  if (given.kind !== 'secret') return JSON.stringify(given) !== JSON.stringify(source);
  if (source.kind !== 'stored') return true;
  const stored = await storedSecretsOf(services, saved);
  return stored?.[which]?.reveal() !== given.secret.reveal();
}

function stepOf(
  { entry, role, endpoint, password, message }: ReadEntry,
  action: ImportStep['action'],
  name: string,
): ImportStep {
  const kind = password?.kind ?? 'none';
  return {
    action,
    name,
    role,
    endpoint: `${endpoint.host}:${endpoint.port}/${endpoint.database}`,
    password: kind === 'secret' ? 'given' : kind,
    changes: [],
    ...entry.origin,
    message,
    done: false,
  };
}

function notImported(
  { name, origin }: Pick<ImportedItem, 'name' | 'origin'>,
  action: 'bad' | 'skipped',
  message: string,
): PlannedImport {
  const nothing = { role: null, endpoint: null, password: null, changes: [], done: false };
  return { step: { action, name: validName(name), ...nothing, ...origin, message }, run: null };
}
