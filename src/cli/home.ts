import { leftBehindByEdit } from '../cdc/left-behind.ts';
import { type Connection, toConnection } from '../connections/connection.ts';
import { type ConnectionServices, requireConnection } from '../connections/services.ts';
import type { ActionOutcome, HomeAction, HomeParts } from '../screens/home.ts';
import type { App, Verdict } from './app.ts';
import { askingOf } from './asking.ts';
import { takenNameOf } from './connections/taken-name.ts';
import { testTimeoutMs } from './test-limits.ts';

/**
 * The home screen: the Connections page, each of whose actions is what a command does.
 * @returns null where there is no terminal for it
 */
export async function runHome(app: App): Promise<Verdict | null> {
  // A default is how its answers look; a flag says that somebody else reads them.
  const usual = app.defaults.values.output ?? 'table';
  if (!app.interactive || !app.streams.stdout.isTTY || app.settings.output !== usual) return null;
  const parts: HomeParts = {
    asking: await askingOf(app),
    load: async () => (await (await app.services.catalog()).list()).map(toConnection),
    version: async () => (await app.services.catalog()).version(),
    view: () => app.view('stderr'),
    actions: actionsOf(app),
    add: () => addNew(app),
  };
  if (parts.asking.plain) await (await import('../screens/home-plain.ts')).showPlainHome(parts);
  else await (await import('../screens/home.ts')).showHome(parts);
  return 'done';
}

/** The menu of a row: adding an action is a line here. */
function actionsOf(app: App): HomeAction[] {
  const source = { ofSource: true };
  return [
    { label: 'Test', note: 'climb the ladder now', run: (it) => test(app, it) },
    { label: 'Edit', note: 'change its fields', run: (it) => edit(app, it) },
    { label: 'Discover tables', note: 'schemas, tables, columns', ...source, run: (it) => explore(app, it) },
    {
      label: 'Source configuration',
      note: 'what is read, and how often',
      ...source,
      run: (it) => configure(app, it),
    },
    { label: 'CDC', note: 'check, set up, status, tear down', ...source, run: (it) => cdc(app, it) },
    { label: 'Query', note: 'a prompt, read-only', run: (it) => query(app, it) },
    { label: 'History', note: 'how its tests went', run: (it) => history(app, it) },
    { label: 'Duplicate', note: 'the same endpoint in the other role', run: (it) => duplicate(app, it) },
    { label: 'Show in pipelines', note: pipelinesNote, run: (it) => showPipelines(app, it) },
    { label: 'Delete', note: 'and its password', run: (it) => remove(app, it) },
  ];
}

async function test(app: App, { id }: Connection): Promise<ActionOutcome> {
  const { runTest } = await import('./connections/test.ts');
  await runTest(app, { names: [id], flags: {} });
  return 'printed';
}

async function edit(app: App, { id }: Connection): Promise<ActionOutcome> {
  if (app.settings.plain) {
    await (await import('./connections/edit.ts')).runEdit(app, { name: id, flags: {} });
    return 'printed';
  }
  const { fillEditForm } = await import('../screens/full-form.ts');
  const catalog = await app.services.catalog();
  const saved = await requireConnection(catalog, id);
  const connector = await app.services.connectors.load(saved.connector);
  const changed = await fillEditForm(await formParts(app), { saved, connector });
  if (changed === null) return null;
  const left = await leftBehindByEdit(catalog, saved, changed);
  if (left === null) return { done: `Saved ${changed.name}` };
  await app.warn(left.message, left.fix ?? undefined);
  return 'printed';
}

async function explore(app: App, { id }: Connection): Promise<ActionOutcome> {
  const { runDiscover } = await import('./connections/discover.ts');
  const filter = { schemas: [], tables: [], search: null };
  const timeoutMs = 5 * 60_000;
  await runDiscover(app, {
    name: id,
    relation: null,
    filter,
    refresh: false,
    details: false,
    explore: true,
    timeoutMs,
  });
  return null;
}

async function configure(app: App, { id }: Connection): Promise<ActionOutcome> {
  const { sourceConfigOf } = await import('../metadata/configured.ts');
  const { readIntervalOrOff, runSourceConfig } = await import('./connections/source-config.ts');
  const { askSourceChanges } = await import('../screens/source-changes.ts');
  let changes: Awaited<ReturnType<typeof askSourceChanges>> = null;
  do {
    await runSourceConfig(app, { name: id, changes, snapshots: false });
    const config = await sourceConfigOf(app.services, { id });
    changes = await askSourceChanges(await askingOf(app), readIntervalOrOff, config);
  } while (changes !== null);
  return null;
}

async function query(app: App, { id }: Connection): Promise<ActionOutcome> {
  const { runQuery } = await import('./connections/query.ts');
  const source = { text: null, file: null, editor: false };
  const bounds = { limit: undefined, timeoutMs: undefined };
  await runQuery(app, { name: id, source, write: false, ...bounds, parameters: new Map(), history: true });
  return null;
}

async function history(app: App, { id }: Connection): Promise<ActionOutcome> {
  const { runHistory } = await import('./connections/history.ts');
  await runHistory(app, { name: id, limit: 20 });
  return 'printed';
}

async function duplicate(app: App, { id, name, role }: Connection): Promise<ActionOutcome> {
  const { runDuplicate } = await import('./connections/duplicate.ts');
  const { askLine } = await import('../screens/line-screen.ts');
  const { nameCheck } = await import('../screens/connection-fields.ts');
  const other = role === 'source' ? 'destination' : 'source';
  const asked = `Name of the copy, a ${other}:`;
  const copyName = await askLine(
    await askingOf(app),
    asked,
    `${name}-${other}`,
    nameCheck(await takenNameOf(app)),
  );
  if (copyName === null) return null;
  await runDuplicate(app, { name: id, copy: { name: copyName } });
  return 'printed';
}

async function remove(app: App, { id }: Connection): Promise<ActionOutcome> {
  const { runDelete } = await import('./connections/delete.ts');
  await runDelete(app, { names: [id], yes: false, force: false });
  return 'printed';
}

function pipelinesNote({ usedBy }: Connection): string {
  return usedBy.length === 0 ? 'none uses it' : String(usedBy.length);
}

async function showPipelines(app: App, { id, name }: Connection): Promise<ActionOutcome> {
  const { usedBy } = await requireConnection(await app.services.catalog(), id);
  if (usedBy.length === 0) return { done: `No pipeline uses ${name}` };
  const { runListPipelines } = await import('./pipelines/list.ts');
  await runListPipelines(app, { connection: id });
  return 'printed';
}

async function cdc(app: App, connection: Connection): Promise<ActionOutcome> {
  return (await import('./home-cdc.ts')).runCdcMenu(app, connection);
}

/** Role, then connector and provider, then the form; each step leads back to the one before. */
async function addNew(app: App): Promise<{ id: string; name: string } | null> {
  if (app.settings.plain) {
    await (await import('./connections/add.ts')).runAdd(app, { connector: 'postgres', flags: {} });
    return null;
  }
  const { askKind } = await import('../screens/new-connection.ts');
  const { fillNewForm } = await import('../screens/full-form.ts');
  const kind = await askKind(await askingOf(app), await loadConnectors(app.services));
  return kind && fillNewForm(await formParts(app), kind);
}

function loadConnectors({ connectors }: ConnectionServices) {
  return Promise.all(connectors.names.map((name) => connectors.load(name)));
}

async function formParts(app: App) {
  return {
    asking: await askingOf(app),
    services: app.services,
    takenName: await takenNameOf(app),
    drafts: await app.drafts(),
    timeoutMs: testTimeoutMs(app, undefined),
  };
}
