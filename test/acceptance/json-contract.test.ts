import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { cdcTeardownSchema } from '../../src/cdc/schema.ts';
import {
  configListSchema,
  connectionFileSchema,
  connectionListSchema,
  connectionSchema,
  deletedNamesSchema,
  doctorReportSchema,
  errorSchema,
  importResultSchema,
  planSchema,
  presetListSchema,
  secretsStatusSchema,
  testHistorySchema,
  testResultListSchema,
} from '../../src/connections/schema.ts';
import {
  discoverySchema,
  refreshResultListSchema,
  relationDetailSchema,
  scheduleSchema,
  sourceConfigSchema,
} from '../../src/metadata/schema.ts';
import { pipelineCheckListSchema, pipelineListSchema, pipelineSchema } from '../../src/pipelines/schema.ts';
import { parseCsv } from '../support/csv.ts';
import { newScript, type Script } from '../support/script.ts';
import { majors, serverFor } from '../support/servers.ts';

const password = 'canary-5f2e91c7';

/** What differs from one run to the next, taken out. */
function steady(value: unknown): unknown {
  const volatile = new Set([
    'id',
    'takenAt',
    'durationMs',
    'at',
    'createdAt',
    'updatedAt',
    'lastPassedAt',
    'name',
  ]);
  return JSON.parse(JSON.stringify(value, (key, inner) => (volatile.has(key) ? undefined : inner)));
}

describe.each(majors)('every verb answers in every format, with PostgreSQL %i', (major) => {
  let script: Script;
  let added: string[];

  beforeAll(async () => {
    const server = serverFor(major);
    const role = await server.createRole({ password });
    const database = await server.createDatabase(`
      create table orders (id bigint primary key, note text default 'it''s, "so"');
      grant all on orders to ${role.name};
    `);
    script = newScript().given({ stdin: `${password}\n` });
    const endpoint = [
      ...['--host', 'localhost', '--port', `${server.port}`, '--database', database.name],
      ...['--username', role.name, '--ssl-mode', 'verify-full', '--ssl-root-cert', server.caFile],
    ];
    added = [
      '--role',
      'source',
      ...endpoint,
      '--tag',
      'a "tag"',
      '--option',
      'keepalives=0',
      '--password-stdin',
    ];
    await script.answer(connectionSchema)`connections add --name Orders ${added} --test`;
    await script.answer(connectionSchema)`connections add --name ${'Ünïcode, "quoted" = 1'} ${added}`;
    await script.answer(connectionSchema)`connections duplicate Orders --name Lake`;
    await script.answer(pipelineSchema)`pipelines add nightly --source Orders --destination Lake
      --table public.orders`;
    writeFileSync(
      join(script.directory, 'connections.yaml'),
      'connections: [{ name: New, role: source, host: h.example.com, username: u }]',
    );
  });

  const verbs: { command: string; schema: z.ZodType; rows: number }[] = [
    { command: 'connections list', schema: connectionListSchema, rows: 3 },
    { command: 'connections list --search nowhere', schema: connectionListSchema, rows: 0 },
    // A row a field, those of lastTest and secret their own.
    { command: 'connections show Orders', schema: connectionSchema, rows: 29 },
    { command: 'connections catalog', schema: presetListSchema, rows: 7 },
    // A row a rung.
    { command: 'connections test Orders', schema: testResultListSchema, rows: 8 },
    { command: 'connections test --all', schema: testResultListSchema, rows: 24 },
    { command: 'connections test --tag none --allow-empty', schema: testResultListSchema, rows: 0 },
    { command: 'connections history Orders --limit 1', schema: testHistorySchema, rows: 1 },
    { command: 'connections discover Orders', schema: discoverySchema, rows: 2 },
    { command: 'connections discover Orders orders', schema: relationDetailSchema, rows: 2 },
    // A row a field, those of lastRefresh their own.
    { command: 'connections source-config Orders', schema: sourceConfigSchema, rows: 13 },
    { command: 'connections cdc teardown Orders --yes', schema: cdcTeardownSchema, rows: 0 },
    { command: 'metadata refresh Orders', schema: refreshResultListSchema, rows: 1 },
    { command: 'metadata refresh --due Orders', schema: refreshResultListSchema, rows: 0 },
    { command: 'metadata schedule', schema: scheduleSchema, rows: 4 },
    { command: 'data-sources list', schema: connectionListSchema, rows: 2 },
    { command: 'data-sources tables Orders', schema: discoverySchema, rows: 2 },
    { command: 'pipelines list', schema: pipelineListSchema, rows: 1 },
    // A row a field, those of the sides their own.
    { command: 'pipelines show nightly', schema: pipelineSchema, rows: 16 },
    // A row an end.
    { command: 'pipelines check nightly', schema: pipelineCheckListSchema, rows: 2 },
    { command: 'apply --dry-run --file connections.yaml', schema: planSchema, rows: 1 },
    { command: 'connections import --dry-run connections.yaml', schema: importResultSchema, rows: 1 },
    { command: 'connections export', schema: connectionFileSchema, rows: 3 },
    { command: 'secrets status', schema: secretsStatusSchema, rows: 1 },
    { command: 'secrets init', schema: secretsStatusSchema, rows: 1 },
    { command: 'config list', schema: configListSchema, rows: 5 },
    { command: 'doctor', schema: doctorReportSchema, rows: 4 },
  ];

  test.each(verbs)('$command', async ({ command, schema, rows }) => {
    const inPlace = script.given({ cwd: script.directory });
    const words = command.split(' ');

    const answer = await inPlace.answer(schema)`${words}`;
    const yaml = await inPlace.jackfield`${words} --output yaml`;
    const csv = await inPlace.jackfield`${words} --output csv`;
    const text = await inPlace.jackfield`${words}`;

    expect([yaml.code, csv.code, text.code]).toEqual([0, 0, 0]);
    expect(steady(schema.parse(parseYaml(yaml.stdout)))).toEqual(steady(answer));
    expect(parseCsv(csv.stdout)).toHaveLength(rows);
    expect(text.stdout).toMatch(/\S.*\n$/s);
    for (const { stdout, stderr } of [yaml, csv, text]) expect(stdout + stderr).not.toContain(password);
    expect(JSON.stringify(answer)).not.toContain(password);
  });

  test('the verbs that save, and delete', async () => {
    const edit = ['connections', 'edit', 'Orders', '--schema'];
    const verbs: { words: (format: string) => string[]; schema: z.ZodType }[] = [
      { words: (name) => ['connections', 'add', '--name', name, ...added], schema: connectionSchema },
      { words: (name) => [...edit, `s_${name}`], schema: connectionSchema },
      { words: (name) => [...edit, 'public', '--tag', name, '--test'], schema: connectionSchema },
      {
        words: (name) => ['connections', 'duplicate', 'Orders', '--name', `copy ${name}`],
        schema: connectionSchema,
      },
      {
        words: (name) => ['connections', 'delete', name, `copy ${name}`, '--yes'],
        schema: deletedNamesSchema,
      },
    ];
    for (const { words, schema } of verbs) {
      const json = await script.answer(schema)`${words('json')}`;
      const yaml = await script.jackfield`${words('yaml')} --output yaml`;
      const csv = await script.jackfield`${words('csv')} --output csv`;

      expect([yaml.code, csv.code], yaml.stderr + csv.stderr).toEqual([0, 0]);
      const shape = Object.keys(Object(json));
      expect(Object.keys(Object(schema.parse(parseYaml(yaml.stdout))))).toEqual(shape);
      expect(parseCsv(csv.stdout).length).toBeGreaterThan(0);
      for (const said of [yaml, csv]) expect(said.stdout + said.stderr).not.toContain(password);
      expect(JSON.stringify(json)).not.toContain(password);
    }
  });

  test('CSV says what JSON says, whatever stands in a name', async () => {
    const list = await script.answer(connectionListSchema)`connections list`;
    const listed = parseCsv((await script.jackfield`connections list --output csv`).stdout);

    expect(
      listed.map(({ name, port, tags, secret, lastTestStatus, lastPassedAt }) => [
        name,
        Number(port),
        JSON.parse(tags ?? ''),
        secret,
        lastTestStatus,
        lastPassedAt,
      ]),
    ).toEqual(
      list.map((it) => [it.name, it.port, it.tags, it.secret.kind, it.lastTest.status, it.lastPassedAt]),
    );
    const shown = parseCsv((await script.jackfield`connections show Orders --output csv`).stdout);
    const fields = new Map(shown.map(({ field, value }) => [field, value]));
    const orders = list.find(({ name }) => name === 'Orders');
    expect(fields.get('id')).toBe(orders?.id);
    expect(fields.get('lastTest.status')).toBe(orders?.lastTest.status);
    expect(fields.get('secret.kind')).toBe('vault');
    expect(JSON.parse(fields.get('options') ?? '')).toEqual(orders?.options);

    const tested = await script.jackfield`connections test Orders --output csv`;
    expect(parseCsv(tested.stdout).map(({ stage, stageStatus }) => [stage, stageStatus])).toEqual([
      ['resolve', 'passed'],
      ['connect', 'passed'],
      ['tls', 'passed'],
      ['authenticate', 'passed'],
      ['database', 'passed'],
      ['session', 'passed'],
      ['schema', 'passed'],
      ['privileges', 'passed'],
    ]);
  });

  test('jackfield schema describes the answers: it lets them in, and nothing else', async () => {
    const { code, stdout } = await script.jackfield`schema`;
    expect(code).toBe(0);
    const schemas: Record<string, Parameters<typeof z.fromJSONSchema>[0]> = JSON.parse(stdout);
    const contract = (name: string) => {
      const schema = schemas[name];
      if (schema === undefined) throw new Error(`jackfield schema does not print ${name}`);
      return z.fromJSONSchema(schema);
    };
    const answerTo = async (command: string) =>
      (await script.given({ cwd: script.directory }).jackfield`${command.split(' ')} --json`).json();

    const answers: [string, unknown][] = [
      ['connectionList', await answerTo('connections list')],
      ['connection', await answerTo('connections show Orders')],
      ['testResultList', await answerTo('connections test --all')],
      ['testHistory', await answerTo('connections history Orders')],
      ['discovery', await answerTo('connections discover Orders')],
      ['relation', await answerTo('connections discover Orders orders --details')],
      ['diff', await answerTo('connections diff Orders')],
      ['sourceConfig', await answerTo('connections source-config Orders')],
      ['refreshResultList', await answerTo('metadata refresh Orders')],
      ['schedule', await answerTo('metadata schedule')],
      ['pipelineList', await answerTo('pipelines list')],
      ['pipeline', await answerTo('pipelines show nightly')],
      ['pipelineCheckList', await answerTo('pipelines check nightly')],
      ['cdcCheck', await answerTo('connections cdc check Orders')],
      ['cdcPlan', await answerTo('connections cdc plan Orders --table orders')],
      ['cdcStatus', await answerTo('connections cdc status Orders')],
      ['cdcTeardown', await answerTo('connections cdc teardown Orders --yes')],
      [
        'cdcSetup',
        {
          ...{ connection: 'Orders', publication: 'p', slot: 's', tables: [], publish: ['insert'] },
          ...{ steps: [], slotPosition: '0/16B3748' },
        },
      ],
      ['presetList', await answerTo('connections catalog')],
      ['plan', await answerTo('apply --dry-run --file connections.yaml')],
      ['importResult', await answerTo('connections import --dry-run connections.yaml')],
      ['secretsStatus', await answerTo('secrets status')],
      ['configEntry', await answerTo('config get output')],
      ['configList', await answerTo('config list')],
      ['secretsMove', await answerTo('secrets move --to vault')],
      ['doctorReport', await answerTo('doctor')],
      ['error', JSON.parse((await script.jackfield`connections show Nothing --json`).stderr)],
      ['deletedNames', ['Orders']],
      ['connectionFile', { connections: [{ name: 'a', role: 'source', host: 'h', username: 'u' }] }],
    ];
    expect(answers.map(([name]) => name).sort()).toEqual(Object.keys(schemas).sort());
    for (const [name, answer] of answers) {
      expect(contract(name).safeParse(answer).error, name).toBeUndefined();
      expect(contract(name).safeParse('something else').success, name).toBe(false);
      expect(schemas[name]).toMatchObject({ $schema: 'https://json-schema.org/draft/2020-12/schema' });
    }
    // Nothing that the contract does not know may come out: no password, for one.
    const [, orders] = answers[1] ?? [];
    expect(contract('connection').safeParse({ ...Object(orders), password }).success).toBe(false);
    expect(contract('connection').safeParse({ ...Object(orders), port: 70_000 }).success).toBe(false);
    expect(contract('connection').safeParse({ ...Object(orders), lastTest: null }).success).toBe(false);
  });
});

describe('the contract', () => {
  test('jackfield schema NAME prints one of them, in every format', async () => {
    const script = newScript();

    const all = (await script.jackfield`schema --json`).json<Record<string, unknown>>();
    const one = await script.jackfield`schema connectionFile`;
    const yaml = await script.jackfield`schema connectionFile --output yaml`;

    expect(JSON.parse(one.stdout)).toEqual(all.connectionFile);
    expect(parseYaml(yaml.stdout)).toEqual(all.connectionFile);
  });

  test('names are camelCase, times are ISO 8601 in UTC, absent is null', async () => {
    const script = newScript();
    const { stdout } = await script.jackfield`connections add --role source --name Orders
      --host db.example.com --username app --no-password --json`;

    const keys = [...stdout.matchAll(/"(\w+)":/g)].map(([, key]) => key);
    expect(keys).toEqual([
      ...['id', 'name', 'role', 'connector', 'provider', 'host', 'port', 'database', 'username', 'schema'],
      ...[
        'sslMode',
        'sslRootCert',
        'sslCert',
        'sslKey',
        'sslCrl',
        'options',
        'tags',
        'allowWrite',
        'secret',
        'kind',
        'usedBy',
      ],
      ...['lastTest', 'status', 'at', 'durationMs', 'code', 'message', 'serverVersion'],
      ...['lastPassedAt', 'createdAt', 'updatedAt'],
    ]);
    const { createdAt, sslRootCert, lastTest } = connectionSchema.parse(JSON.parse(stdout));
    expect(createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(sslRootCert).toBeNull();
    expect(lastTest.at).toBeNull();
  });

  test('standard output holds the answer alone, also where it could be coloured', async () => {
    const script = newScript().given({
      env: { FORCE_COLOR: '3', CLICOLOR_FORCE: '1', TERM: 'xterm-256color' },
    });
    const { stdout, stderr } = await script.jackfield`connections add --role source --name Orders
      --host db.example.com --username app --no-password --json`;
    expect(connectionSchema.parse(JSON.parse(stdout)).name).toBe('Orders');
    expect(stderr).toContain('Saved source Orders');

    const csv = await script.jackfield`connections list --output csv`;
    const yaml = await script.jackfield`connections list --output yaml`;
    const plain = await script.jackfield`connections list --no-color`;
    for (const said of [csv.stdout, yaml.stdout, plain.stdout, plain.stderr])
      expect(said).not.toContain('\u001b');
  });

  test('an error with --json is one object on standard error, and text with the other formats', async () => {
    const script = newScript();

    const spellings = [
      ['--json', 'connections', 'show', 'Nothing'],
      ['connections', '--json', 'show', 'Nothing'],
      ['connections', 'show', 'Nothing', '--output', 'json'],
      ['connections', 'show', 'Nothing', '--output=json', '--quiet'],
      // Found out before the flags are read.
      ['connections', 'show', 'Nothing', '--json', '--bogus'],
      ['connections', 'bogus', '--output', 'json'],
    ];
    for (const words of spellings) {
      const { stdout, stderr, code } = await script.jackfield`${words}`;
      expect([2, 3]).toContain(code);
      expect(stdout).toBe('');
      expect(stderr.trimEnd().split('\n')).toHaveLength(1);
      expect(errorSchema.safeParse(JSON.parse(stderr)).error).toBeUndefined();
    }
    const csv = await script.jackfield`connections show Nothing --output csv`;
    expect(csv.stdout).toBe('');
    expect(csv.stderr).toMatch(/^jackfield: there is no connection "Nothing"\n {2}→ /);
  });
});
