import { beforeEach, expect, test } from 'vitest';
import { RefusedError } from '../../../../src/connections/errors.ts';
import { carryOut } from '../../../../src/connections/exchange/carry-out.ts';
import type { ImportedEntry, ImportedItem } from '../../../../src/connections/exchange/imported.ts';
import { type ImportOptions, planImport } from '../../../../src/connections/exchange/plan-import.ts';
import { itemsOfVariables } from '../../../../src/connections/exchange/read-env.ts';
import type { ImportStep } from '../../../../src/connections/reports.ts';
import { secretsOf } from '../../../../src/connections/secrets-of.ts';
import { Secret } from '../../../../src/secrets/secret.ts';
import { type InMemoryServices, inMemoryServices } from '../../../support/connection-services.ts';

let services: InMemoryServices;
beforeEach(() => {
  services = inMemoryServices();
});

let line = 0;
const anEntry = (
  name: string,
  values: Record<string, string> = {},
  more: Partial<ImportedEntry> = {},
): ImportedEntry => {
  line += 1;
  const all = { host: 'db', user: 'app', dbname: 'shop', ...values };
  return {
    kind: 'entry',
    name,
    origin: { file: 'f', line },
    target: { kind: 'parameters', values: new Map(Object.entries(all)) },
    leftOut: [],
    ...more,
  };
};
const withPassword = (text: string) => ({
  password: { kind: 'secret' as const, secret: new Secret(text) },
});

const plan = (items: readonly ImportedItem[], options: Partial<ImportOptions> = {}) =>
  planImport(services, items, {
    role: 'source',
    tags: [],
    renameConflicts: false,
    resolvePath: (path) => path,
    ...options,
  });

const importAll = async (
  items: readonly ImportedItem[],
  options: Partial<ImportOptions> = {},
  wanted: (step: ImportStep) => boolean = () => true,
) => carryOut(await plan(items, options), wanted, new AbortController().signal);

const inShort = (steps: readonly ImportStep[]) =>
  steps.map(({ action, name, changes }) => [action, name, ...changes].join(' '));
const passwordOf = async (name: string) => {
  const saved = await services.inCatalog.find(name);
  return saved && (await secretsOf(services, saved)).password?.reveal();
};

test('what is new is added, with its password in the store; a second time nothing is to be done', async () => {
  const items = [
    anEntry('a', {}, withPassword('p%w')),
    anEntry('b', { host: 'other' }, { role: 'destination' }),
  ];
  expect(inShort(await importAll(items, { tags: ['imported'] }))).toEqual(['add a', 'add b']);
  expect(await services.inCatalog.list()).toMatchObject([
    { name: 'a', role: 'source', tags: ['imported'], password: { kind: 'stored' } },
    { name: 'b', role: 'destination', password: { kind: 'none' } },
  ]);
  expect(await passwordOf('a')).toBe('p%w');
  const again = await plan(items, { tags: ['imported'] });
  expect(inShort(again.map(({ step }) => step))).toEqual(['same a', 'same b']);
  expect(again.every(({ run }) => run === null)).toBe(true);
});

test('nothing of a password is in a plan', async () => {
  const planned = await plan([anEntry('a', {}, withPassword('canary'))]);
  expect(JSON.stringify(planned)).not.toContain('canary');
});

test('what differs is changed where that is wanted, and stays otherwise', async () => {
  await importAll([anEntry('a', {}, withPassword('old')), anEntry('b')]);
  const items = [
    anEntry('a', {}, withPassword('new')),
    anEntry('b', {}, { schema: 'sales', password: { kind: 'env', reference: 'env:B' } }),
  ];
  const left = await importAll(items, {}, ({ action }) => action === 'add');
  expect(inShort(left)).toEqual(['change a password', 'change b schema password']);
  expect(left.map(({ done }) => done)).toEqual([false, false]);
  expect(await passwordOf('a')).toBe('old');
  expect((await importAll(items)).map(({ done }) => done)).toEqual([true, true]);
  expect(await passwordOf('a')).toBe('new');
  expect(await services.inCatalog.find('b')).toMatchObject({
    schema: 'sales',
    password: { kind: 'env', reference: 'env:B' },
  });
});

test('what a file leaves out stays as it was changed here', async () => {
  await importAll([anEntry('a', {}, { ...withPassword('p'), schema: 'sales' })]);
  expect(inShort(await importAll([anEntry('a')]))).toEqual(['same a']);
  expect(await passwordOf('a')).toBe('p');
});

test('a name of another endpoint is a conflict, or renamed, the same each time', async () => {
  await importAll([anEntry('a')]);
  const others = [anEntry('a', { host: 'elsewhere' }), anEntry('c')];
  const role = [anEntry('a', {}, { role: 'destination' })];
  expect(inShort(await importAll(others))).toEqual(['conflict a', 'add c']);
  expect(inShort((await plan(role)).map(({ step }) => step))).toEqual(['conflict a']);
  expect(inShort(await importAll(others, { renameConflicts: true }))).toEqual(['add a-2', 'same c']);
  expect(inShort(await importAll(others, { renameConflicts: true }))).toEqual(['same a-2', 'same c']);
  expect(inShort(await importAll(others))).toEqual(['same a-2', 'same c']);
});

test('two of one name in one file are told apart, the same each time', async () => {
  const items = [anEntry('x'), anEntry('x', { host: 'second' }), anEntry('x', { host: 'third' })];
  expect(inShort(await importAll(items))).toEqual(['add x', 'add x-2', 'add x-3']);
  expect(inShort(await importAll(items))).toEqual(['same x', 'same x-2', 'same x-3']);
});

test('one that is wrong stops no other, and says where it stands', async () => {
  const items: ImportedItem[] = [
    { kind: 'bad', name: 'broken', origin: { file: 'f', line: 7 }, message: 'it is wrong' },
    anEntry('no-host', { host: '' }),
    anEntry('blank', { host: 'a b' }),
    anEntry('\u0007'),
    anEntry('tuned', { tuning: '1' }),
    { kind: 'skipped', name: 'mysql', origin: { file: 'f', line: 9 }, message: 'another database' },
  ];
  const steps = await importAll(items);
  expect(inShort(steps)).toEqual([
    'bad broken',
    'bad no-host',
    'bad blank',
    'add imported',
    'add tuned',
    'skipped mysql',
  ]);
  expect(steps[0]).toMatchObject({ file: 'f', line: 7, message: 'it is wrong', role: null, done: false });
  expect(steps[4]?.message).toBe('left out: tuning');
});

test('one that is refused when it is saved stops no other', async () => {
  const planned = await plan([anEntry('a'), anEntry('b')]);
  const [first, second] = planned;
  if (!first || !second) throw new Error('no plan');
  const refused = async () => {
    throw new RefusedError({ code: 'name_taken', message: 'taken meanwhile' });
  };
  const steps = await carryOut(
    [{ ...first, run: refused }, second],
    () => true,
    new AbortController().signal,
  );
  expect(inShort(steps)).toEqual(['bad a', 'add b']);
  expect(steps[0]?.message).toBe('taken meanwhile');
});

test('a password is not sent over weaker TLS because a file says so', async () => {
  await importAll([
    anEntry('a', {}, { ...withPassword('p'), target: { kind: 'endpoint', input: ownInput('require') } }),
  ]);
  const weaker = anEntry('a', {}, { target: { kind: 'endpoint', input: ownInput('disable') } });
  expect(inShort(await importAll([weaker]))).toEqual(['bad a']);
  expect(await services.inCatalog.find('a')).toMatchObject({ sslMode: 'require' });
});

test('a password that the file itself gives for weaker TLS is given again, though it is the same', async () => {
  const at = (sslMode: 'require' | 'disable') =>
    anEntry('a', {}, { ...withPassword('p'), target: { kind: 'endpoint', input: ownInput(sslMode) } });
  await importAll([at('require')]);
  const [step] = await importAll([at('disable')]);
  expect(step).toMatchObject({ action: 'change', changes: ['sslMode'], done: true });
  expect(await services.inCatalog.find('a')).toMatchObject({ sslMode: 'disable' });
  expect(inShort(await importAll([at('disable')]))).toEqual(['same a']);
});

function ownInput(sslMode: 'require' | 'disable') {
  return { connector: 'memory', host: 'db', username: 'app', database: 'shop', sslMode } as const;
}

test.each([
  [{ PGDATABASE: 'shop', PGUSER: 'app' }, 'shop', 'named after PGDATABASE'],
  [{ PGUSER: 'app', PGDATABASE: '' }, 'app', 'named after PGUSER'],
])('the plan says after which of the PG* variables %j one is named', async (variables, name, message) => {
  const said = Object.entries({ PGHOST: 'db', ...variables });
  const items = itemsOfVariables(
    said.map(([name, value]) => ({ name, value, line: null, unresolved: null })),
    'f',
  );
  expect((await plan(items)).map(({ step }) => [step.action, step.name, step.message])).toEqual([
    ['add', name, message],
  ]);
  const leftOut = items.map((item) => (item.kind === 'entry' ? { ...item, leftOut: ['x'] } : item));
  expect((await plan(leftOut))[0]?.step.message).toBe(`${message}; left out: x`);
});
