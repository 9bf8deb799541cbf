import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  connectionSchema,
  deletedNamesSchema,
  doctorReportSchema,
  planSchema,
  testResultListSchema,
} from '../../src/connections/schema.ts';
import { discoverySchema } from '../../src/metadata/schema.ts';
import { pipelineCheckListSchema, pipelineListSchema, pipelineSchema } from '../../src/pipelines/schema.ts';
import { setThePipelineStage } from '../support/pipeline-stage.ts';
import { addPipeline } from '../support/pipelines.ts';
import { newScript, type Script } from '../support/script.ts';
import { majors, serverFor } from '../support/servers.ts';

/** Saves connections that lead nowhere. */
async function save(script: Script, role: string, ...names: string[]): Promise<void> {
  for (const name of names) {
    await script.answer(connectionSchema)`connections add --role ${role} --name ${name}
      --host db.example.com --username app --no-password`;
  }
}

const listed = async (script: Script, ...flags: string[]) =>
  (await script.answer(pipelineListSchema)`pipelines list ${flags}`).map(({ name }) => name);

test.each(majors)('a script moves its jobs to another database, with PostgreSQL %i', async (major) => {
  const stage = await setThePipelineStage(serverFor(major));
  const { script } = stage;

  // Two jobs are registered.
  const nightly = await script.answer(pipelineSchema)`pipelines add nightly --source shop --destination lake
    --table app.orders --table app.items --schedule ${'daily at 02:00'} --owner ${'team data'}`;
  await script.answer(
    pipelineSchema,
  )`pipelines add hourly --source shop --destination lake --table app.orders`;
  expect(nightly).toMatchObject({
    state: 'active',
    status: 'connected',
    source: { name: 'shop', status: 'connected' },
    tables: ['app.items', 'app.orders'],
    schedule: 'daily at 02:00',
    owner: 'team data',
  });
  const [lake, shop] = await script.saved();
  expect([lake?.usedBy, shop?.usedBy]).toEqual([
    ['hourly', 'nightly'],
    ['hourly', 'nightly'],
  ]);
  expect(shop?.id).toBe(nightly.source.id);

  // The source can't be deleted now, and the refusal says what to type.
  await stage.save('replica', 'shop');
  const refused = await script.refused(4)`connections delete shop --yes`;
  expect(refused).toEqual({
    code: 'connection_in_use',
    message: 'shop is used by the active pipelines hourly, nightly',
    fix: [
      'retarget: jackfield pipelines retarget --from shop --to replica',
      'or remove: jackfield pipelines delete hourly nightly',
      'or leave disconnected: jackfield connections delete shop --force',
    ].join('\n'),
  });

  // A replica that can't read what the jobs need is found out before anything is moved.
  await stage.inShop('revoke select on app.items from <reader>');
  const [failed] = await script.answer(testResultListSchema, 1)`pipelines retarget --from shop --to replica`;
  expect(failed).toMatchObject({ connection: 'replica', status: 'failed' });
  expect(JSON.stringify(failed)).toContain('app.items');
  expect((await script.saved()).find(({ name }) => name === 'replica')?.usedBy).toEqual([]);
  await stage.inShop('grant select on app.items to <reader>');

  // Then both are moved at once, and the old one goes.
  const moved = await script.answer(pipelineListSchema)`pipelines retarget --from shop --to replica`;
  expect(moved.map(({ name, source }) => [name, source.name])).toEqual([
    ['hourly', 'replica'],
    ['nightly', 'replica'],
  ]);
  expect(await script.answer(deletedNamesSchema)`connections delete shop --yes`).toEqual(['shop']);
  const checked = await script.answer(pipelineCheckListSchema)`pipelines check --all`;
  expect(checked.map(({ pipeline, status }) => [pipeline, status])).toEqual([
    ['hourly', 'passed'],
    ['nightly', 'passed'],
  ]);
});

test.each(majors)('a pipeline is blamed for its own tables alone, with PostgreSQL %i', async (major) => {
  const stage = await setThePipelineStage(serverFor(major));
  const { script } = stage;
  await script.answer(pipelineSchema)`pipelines add good --source shop --destination lake --table app.orders`;
  await script.answer(pipelineSchema)`pipelines add shut --source shop --destination lake
    --table app.orders --table app.pins`;
  await script.answer(pipelineSchema)`pipelines add lost --source shop --destination lake --table app.gone`;
  await script.answer(pipelineSchema)`pipelines add whole --source shop --destination lake`;

  const checked = await script.answer(pipelineCheckListSchema, 1)`pipelines check --all`;

  const said = checked.map(({ pipeline, status, source, destination }) => [
    ...[pipeline, status, source.code, destination.status],
  ]);
  expect(said).toEqual([
    ['good', 'passed', null, 'passed'],
    ['lost', 'failed', 'table_missing', 'passed'],
    ['shut', 'failed', 'select_denied', 'passed'],
    ['whole', 'warned', 'select_partial', 'passed'],
  ]);
  expect(checked[2]?.source.message).toContain('app.pins');
  expect(checked[2]?.source.fix).toMatch(/^GRANT SELECT ON app\.pins TO /);

  // A paused one is checked all the same, and warns.
  await script.answer(pipelineListSchema)`pipelines pause shut lost`;
  const again = await script.answer(pipelineCheckListSchema)`pipelines check shut lost`;
  expect(again.map(({ status, source }) => [status, source.status])).toEqual([
    ['warned', 'failed'],
    ['warned', 'failed'],
  ]);
  await script.answer(pipelineCheckListSchema, 1)`pipelines check shut --fail-on warned`;
  await stage.inShop('grant select on app.pins to <reader>');
  expect(await script.answer(pipelineCheckListSchema)`pipelines check shut`).toMatchObject([
    { status: 'passed' },
  ]);
});

test('a job of CI: its repository declares its use, and its build is red with the cause', async () => {
  const stage = await setThePipelineStage(serverFor(18));
  const ci = stage.script.given({ cwd: stage.script.directory });
  const declare = (...pipelines: string[]) =>
    writeFileSync(join(ci.directory, 'pipelines.yaml'), `pipelines:\n${pipelines.join('\n')}\n`);
  declare("  - { name: nightly, source: shop, destination: lake, tables: ['app.orders'], owner: data }");

  const plan = await ci.answer(planSchema)`apply --file pipelines.yaml --dry-run`;
  expect(plan).toEqual([{ action: 'add', kind: 'pipeline', name: 'nightly', role: null, changes: [] }]);
  expect((await ci.jackfield`apply --file pipelines.yaml --yes`).stdout).toContain(
    '+ add     pipeline nightly',
  );
  expect(await ci.answer(planSchema)`apply --file pipelines.yaml`).toMatchObject([{ action: 'same' }]);

  // Its tables change, and it is paused by hand: the file leaves that as it is.
  await ci.answer(pipelineListSchema)`pipelines pause nightly`;
  declare("  - { name: nightly, source: shop, destination: lake, tables: ['app.orders', 'app.pins'] }");
  const changed = await ci.answer(planSchema)`apply --file pipelines.yaml --yes`;
  expect(changed).toMatchObject([{ action: 'change', changes: ['tables', 'owner'] }]);
  expect(await ci.answer(pipelineSchema)`pipelines show nightly`).toMatchObject({
    state: 'paused',
    tables: ['app.orders', 'app.pins'],
    owner: null,
  });
  await ci.answer(pipelineListSchema)`pipelines resume nightly`;

  const summary = join(ci.directory, 'summary.md');
  writeFileSync(summary, '');
  const checked = await ci.given({ env: { GITHUB_STEP_SUMMARY: summary } })
    .jackfield`pipelines check --all --report github --report junit=j.xml --report json=c.json --report markdown=m.md`;
  expect(checked.code).toBe(1);
  expect(checked.stderr).toContain('::error title=nightly%3A source shop%3A privileges failed::');
  const written = (name: string) => readFileSync(join(ci.directory, name), 'utf8');
  expect(written('j.xml')).toContain('<testcase classname="nightly" name="source shop: privileges"');
  expect(pipelineCheckListSchema.parse(JSON.parse(written('c.json')))).toMatchObject([{ status: 'failed' }]);
  expect(written('m.md')).toMatch(/^## Pipelines\n\n1 pipeline checked: 0 passed, 0 warned, 1 failed\n/);
  expect(written('m.md')).toContain('| Result | Pipeline |');
  expect(written('summary.md')).toBe(written('m.md'));

  // Who deletes the connection by force breaks the build, and it says why.
  await stage.save('other', 'shop');
  const forced = await ci.jackfield`connections delete shop --yes --force`;
  expect(forced.stderr).toContain('the active pipeline nightly is disconnected: its source shop was deleted');
  expect(forced.stderr).toContain('→ jackfield pipelines retarget nightly --source NAME');
  const red = await ci.answer(pipelineCheckListSchema, 1)`pipelines check nightly`;
  expect(red).toMatchObject([
    {
      status: 'failed',
      source: {
        connection: 'shop',
        code: 'pipeline_disconnected',
        fix: 'jackfield pipelines retarget nightly --source NAME',
        stages: [],
      },
      destination: { status: 'passed' },
    },
  ]);
  declare('  - { name: nightly, source: other, destination: lake, tables: [app.orders] }');
  await ci.answer(planSchema)`apply --file pipelines.yaml --yes`;
  await ci.answer(pipelineCheckListSchema)`pipelines check nightly`;
});

describe('what has lost its connection says so wherever it appears', () => {
  test('until it is retargeted, or a connection takes its place', async () => {
    const script = newScript();
    await save(script, 'source', 'shop', 'other');
    await save(script, 'destination', 'lake');
    await addPipeline(script, 'nightly', { source: 'shop', destination: 'lake' });
    await addPipeline(script, 'paused', { source: 'shop', destination: 'lake' }, '--paused');
    await addPipeline(script, 'fine', { source: 'other', destination: 'lake' });
    await script.jackfield`connections delete shop --force --yes`;

    const text = async (...words: string[]) => (await script.jackfield`${words}`).stdout;
    expect(await text('pipelines', 'list')).toMatch(/^nightly +✗ disconnected +shop \(deleted\) +lake/m);
    expect(await text('pipelines', 'list')).toMatch(/^paused +! disconnected, paused +shop \(deleted\)/m);
    expect(await text('pipelines', 'show', 'nightly')).toContain('Source       shop (deleted)');
    expect(await text('connections', 'list')).toContain(
      'fine, nightly (disconnected), paused (disconnected)',
    );
    expect(await text('connections', 'show', 'lake')).toContain('nightly: ✗ disconnected');
    expect(await text('pipelines', 'list', '--output', 'mermaid')).toContain(
      '[("shop<br>deleted")]:::disconnected',
    );
    expect(await listed(script, '--disconnected')).toEqual(['nightly', 'paused']);
    expect(await script.answer(pipelineSchema)`pipelines show nightly`).toMatchObject({
      status: 'disconnected',
      source: { id: null, name: 'shop', status: 'disconnected' },
      destination: { status: 'connected' },
    });
    const found = await script.answer(doctorReportSchema, 1)`doctor`;
    expect(found.filter(({ check }) => check === 'pipelines')).toMatchObject([
      { status: 'problem', code: 'pipeline_disconnected', message: expect.stringContaining('nightly') },
      { status: 'ok', code: 'pipeline_disconnected', message: expect.stringContaining('paused') },
    ]);

    // All that have lost it, by the name it had.
    const moved = await script.answer(
      pipelineListSchema,
    )`pipelines retarget --from shop --to other --no-test`;
    expect(moved.map(({ name, status }) => [name, status])).toEqual([
      ['nightly', 'connected'],
      ['paused', 'connected'],
    ]);
    await script.answer(doctorReportSchema)`doctor`;
    expect(await listed(script, '--disconnected')).toEqual([]);
  });
});

describe('what is refused', () => {
  test('wrong roles, unknown and taken names, bad tables and flags', async () => {
    const script = newScript();
    await save(script, 'source', 'shop');
    await save(script, 'destination', 'lake');
    await addPipeline(script, 'nightly', { source: 'shop', destination: 'lake' });
    const good = ['--source', 'shop', '--destination', 'lake'];

    const cases: [exit: number, code: string, ...words: string[]][] = [
      [2, 'wrong_role', 'add', 'a', '--source', 'lake', '--destination', 'lake'],
      [2, 'wrong_role', 'add', 'a', '--source', 'shop', '--destination', 'shop'],
      [2, 'wrong_role', 'retarget', 'nightly', '--source', 'lake'],
      [2, 'wrong_role', 'retarget', '--from', 'shop', '--to', 'lake'],
      [2, 'missing_flags', 'add', 'a', '--source', 'shop'],
      [2, 'bad_table', 'add', 'a', ...good, '--table', 'orders'],
      [2, 'bad_table', 'add', 'a', ...good, '--table', 'a.b.c'],
      [2, 'bad_name', 'add', '00000000-0000-4000-8000-000000000000', ...good],
      [2, 'bad_note', 'add', 'a', ...good, '--owner', 'a\nb'],
      [2, 'missing_argument', 'check'],
      [2, 'missing_argument', 'retarget', 'nightly'],
      [2, 'missing_argument', 'retarget', '--from', 'shop'],
      [2, 'same_connection', 'retarget', '--from', 'shop', '--to', 'shop'],
      [2, 'conflicting_flags', 'retarget', 'nightly', '--from', 'shop', '--to', 'lake'],
      [2, 'conflicting_flags', 'retarget', '--source', 'shop', '--from', 'shop', '--to', 'lake'],
      [2, 'conflicting_flags', 'check', 'nightly', '--all'],
      [3, 'no_such_connection', 'add', 'a', '--source', 'shop', '--destination', 'lak'],
      [3, 'no_such_connection', 'list', '--connection', 'lak'],
      [3, 'no_such_connection', 'retarget', '--from', 'gone', '--to', 'lake'],
      [3, 'no_such_pipeline', 'show', 'nigthly'],
      [3, 'no_such_pipeline', 'pause', 'nightly', 'hourly'],
      [3, 'no_such_pipeline', 'check', 'hourly'],
      [3, 'no_such_pipeline', 'delete', 'nightly', 'hourly', '--yes'],
      [4, 'pipeline_name_taken', 'add', 'nightly', ...good],
      [4, 'not_confirmed', 'delete', 'nightly'],
    ];
    for (const [exit, code, ...words] of cases) {
      expect((await script.refused(exit)`pipelines ${words}`).code, words.join(' ')).toBe(code);
    }
    expect((await script.refused(3)`pipelines show nigthly`).message).toContain('did you mean nightly?');
    expect(await script.answer(pipelineListSchema)`pipelines list`).toMatchObject([
      { name: 'nightly', state: 'active' },
    ]);
    // The same again is no change, and no error.
    const same = await script.jackfield`pipelines retarget nightly --source shop`;
    expect([same.code, same.stderr]).toEqual([0, '✓ nightly is like that already\n']);
    await save(script, 'source', 'spare');
    const none = await script.jackfield`pipelines retarget --from spare --to shop`;
    expect([none.code, none.stdout, none.stderr]).toEqual([0, '', '✓ No pipeline uses spare\n']);
    const active = await script.jackfield`pipelines resume nightly`;
    expect([active.code, active.stderr]).toEqual([0, '✓ nightly: active already\n']);
  });

  test('to check nothing, unless that is allowed', async () => {
    const script = newScript();
    expect((await script.refused(2)`pipelines check --all`).code).toBe('nothing_to_check');
    expect(await script.answer(pipelineCheckListSchema)`pipelines check --all --allow-empty`).toEqual([]);
  });

  test('a file that names connections which are nowhere, or prunes what is used', async () => {
    const script = newScript();
    await save(script, 'source', 'shop');
    await save(script, 'destination', 'lake');
    await addPipeline(script, 'nightly', { source: 'shop', destination: 'lake' });
    const apply = (text: string) => {
      writeFileSync(join(script.directory, 'f.yaml'), text);
      return ['apply', '--file', join(script.directory, 'f.yaml'), '--yes'];
    };
    const missing = await script.refused(
      3,
    )`${apply('pipelines: [{ name: a, source: sho, destination: pond }]')}`;
    expect(missing.message).toMatch(/^a: no connection "sho", "pond" is saved or in /);
    const wrong = await script.refused(
      2,
    )`${apply('pipelines: [{ name: a, source: lake, destination: shop }]')}`;
    expect(wrong.code).toBe('wrong_role');
    const twice =
      'pipelines: [{ name: a, source: shop, destination: lake }, { name: a, source: shop, destination: lake }]';
    expect((await script.refused(2)`${apply(twice)}`).code).toBe('bad_file');
    const used = await script.refused(4)`${apply('connections: []')} --prune`;
    expect(used).toMatchObject({
      code: 'connection_in_use',
      message: 'lake is used by nightly; shop is used by nightly',
    });
    expect(await script.saved()).toHaveLength(2);

    // Pipelines go first, then what they used; and of what the file has no list nothing goes.
    expect(await script.answer(planSchema)`${apply('pipelines: []')} --prune`).toMatchObject([
      { action: 'delete', kind: 'pipeline', name: 'nightly' },
    ]);
    await addPipeline(script, 'again', { source: 'shop', destination: 'lake' });
    const all = await script.answer(planSchema)`${apply('{ connections: [], pipelines: [] }')} --prune`;
    expect(all.map(({ kind, name }) => [kind, name])).toEqual([
      ['pipeline', 'again'],
      ['connection', 'lake'],
      ['connection', 'shop'],
    ]);
    expect(await script.saved()).toEqual([]);
  });
});

test('what is said of a pipeline is changed, bit by bit', async () => {
  const script = newScript();
  await save(script, 'source', 'shop');
  await save(script, 'destination', 'lake');
  await addPipeline(script, 'hourly', { source: 'shop', destination: 'lake' });
  const first = await script.answer(pipelineSchema)`pipelines add nightly --source shop --destination lake
    --table app.orders --table app.items --owner me`;
  const edit = (...flags: string[]) => script.answer(pipelineSchema)`pipelines edit nightly ${flags}`;

  expect(
    await edit('--add-table', 'app."a.b"', '--add-table', 'app.items', '--remove-table', 'app.orders'),
  ).toEqual({ ...first, tables: ['app."a.b"', 'app.items'], updatedAt: expect.any(String) });
  expect(await edit('--table', 'app.notes', '--destination-schema', 'landing', '--owner', '')).toMatchObject({
    tables: ['app.notes'],
    destinationSchema: 'landing',
    owner: null,
  });
  expect(await edit('--table', '', '--destination-schema', '', '--schedule', ' daily ')).toMatchObject({
    tables: [],
    destinationSchema: null,
    schedule: 'daily',
  });
  const same = await script.jackfield`pipelines edit nightly --schedule daily`;
  expect([same.code, same.stderr]).toEqual([0, '✓ nightly is like that already\n']);

  const all = await script.answer(pipelineListSchema)`pipelines list`;
  for (const [flags, exitCode, code] of [
    [[], 2, 'missing_flags'],
    [['--table', 'app.a', '--add-table', 'app.b'], 2, 'conflicting_flags'],
    [['--add-table', 'orders'], 2, 'bad_table'],
    [['--remove-table', 'app.orders'], 2, 'table_not_used'],
    [['--rename', ''], 2, 'bad_name'],
    [['--owner', 'a\nb'], 2, 'bad_note'],
    [['--rename', 'hourly'], 4, 'pipeline_name_taken'],
  ] as const) {
    expect(await script.refused(exitCode)`pipelines edit nightly ${flags}`).toMatchObject({ code });
  }
  expect(await script.refused(3)`pipelines edit nothing --owner x`).toMatchObject({
    code: 'no_such_pipeline',
  });
  expect(await script.answer(pipelineListSchema)`pipelines list`).toEqual(all);

  expect(await edit('--rename', 'daily')).toMatchObject({ id: first.id, name: 'daily' });
  expect((await script.saved()).map(({ usedBy }) => usedBy)).toEqual([
    ['daily', 'hourly'],
    ['daily', 'hourly'],
  ]);
});

test('tables that the metadata does not have are warned about, with what may be meant', async () => {
  const { script } = await setThePipelineStage(serverFor(18));
  const add = (name: string, ...tables: string[]) =>
    script.jackfield`pipelines add ${name} --source shop --destination lake
      ${tables.flatMap((table) => ['--table', table])}`;
  // Nothing is known yet.
  expect((await add('early', 'app.ordres')).stderr).toBe('✓ Saved the pipeline early\n');
  await script.answer(discoverySchema)`connections discover shop`;

  const added = await add('late', 'app.ordres', 'app.orders', '"app"."nothing.like it"');

  expect(added.code).toBe(0);
  expect(added.stderr).toBe(
    [
      '! warning: the metadata of shop has no table app.ordres; did you mean app.orders?',
      '! warning: the metadata of shop has no table app."nothing.like it"',
      '✓ Saved the pipeline late',
      '',
    ].join('\n'),
  );
});

test('a job that loads into a schema of another name is judged by that one at its destination', async () => {
  const { script, inLake } = await setThePipelineStage(serverFor(18));
  await inLake(
    'drop schema app; create schema landing authorization <loader>; create table landing.orders ()',
  );
  await script.answer(
    pipelineSchema,
  )`pipelines add nightly --source shop --destination lake --table app.orders`;
  const [elsewhere] = await script.answer(pipelineCheckListSchema, 1)`pipelines check nightly`;
  expect(elsewhere?.destination.code).toBe('no_such_schema');
  await script.jackfield`pipelines delete nightly --yes`;

  const saved = await script.answer(pipelineSchema)`pipelines add nightly --source shop --destination lake
    --table app.orders --destination-schema landing`;
  expect(saved).toMatchObject({ tables: ['app.orders'], destinationSchema: 'landing' });
  const [denied] = await script.answer(pipelineCheckListSchema, 1)`pipelines check nightly`;
  expect(denied).toMatchObject({
    source: { status: 'passed' },
    destination: { code: 'write_denied', fix: expect.stringContaining('ON landing.orders TO') },
  });
  await inLake('grant all on landing.orders to <loader>');
  await script.answer(pipelineCheckListSchema)`pipelines check nightly`;

  // The file says it too, and leaving it out there takes it away.
  const file = join(script.directory, 'f.yaml');
  const entry = 'name: nightly, source: shop, destination: lake, tables: [app.orders]';
  writeFileSync(file, `pipelines: [{ ${entry}, destinationSchema: landing }]`);
  expect(await script.answer(planSchema)`apply --file ${file}`).toMatchObject([{ action: 'same' }]);
  writeFileSync(file, `pipelines: [{ ${entry} }]`);
  expect(await script.answer(planSchema)`apply --file ${file} --dry-run`).toMatchObject([
    { action: 'change', changes: ['destinationSchema'] },
  ]);
});

test('whoever deletes a connection and who adds a pipeline for it at once: one of them loses', async () => {
  const script = newScript();
  await save(script, 'source', 'shop');
  await save(script, 'destination', 'lake');
  const [deleted, ...added] = await Promise.all([
    script.jackfield`connections delete shop --yes`,
    ...['a', 'b', 'c', 'd'].map(
      (name) => script.jackfield`pipelines add ${name} --source shop --destination lake`,
    ),
  ]);
  const codes = added.map(({ code }) => code);
  const saved = (await script.saved()).map(({ name }) => name);
  if (deleted?.code === 0) {
    // Those that came before it would have kept it.
    expect(codes).toEqual([3, 3, 3, 3]);
    expect(saved).toEqual(['lake']);
  } else {
    expect(deleted?.code).toBe(4);
    expect(codes).toEqual([0, 0, 0, 0]);
    expect(saved).toEqual(['lake', 'shop']);
  }
  expect(await listed(script, '--disconnected')).toEqual([]);
});
