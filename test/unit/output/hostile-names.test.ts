import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { TestResult } from '../../../src/connections/connection.ts';
import type { ImportStep } from '../../../src/connections/reports.ts';
import type { Discovery } from '../../../src/metadata/discovery.ts';
import { viewOfDiscovery } from '../../../src/metadata/view.ts';
import { type Answer, renderAnswer, type View } from '../../../src/output/answer.ts';
import { applyPlan } from '../../../src/output/apply-plan.ts';
import { cdcCheck } from '../../../src/output/cdc-check.ts';
import { cdcPlan, cdcSetup, cdcTeardown } from '../../../src/output/cdc-plan.ts';
import { cdcStatus } from '../../../src/output/cdc-status.ts';
import { configEntry, configList } from '../../../src/output/config-list.ts';
import { connectionDetail } from '../../../src/output/connection-detail.ts';
import { connectionList } from '../../../src/output/connection-list.ts';
import { deletedNames } from '../../../src/output/deleted-names.ts';
import { structureDiff } from '../../../src/output/diff.ts';
import { type DiscoveryFormat, discoveryChunks } from '../../../src/output/discovery.ts';
import { doctorReport } from '../../../src/output/doctor-report.ts';
import { testHistory } from '../../../src/output/history.ts';
import { importPlan } from '../../../src/output/import-plan.ts';
import { pipelineChecks } from '../../../src/output/pipeline-checks.ts';
import { pipelineDetail } from '../../../src/output/pipeline-detail.ts';
import { pipelineList } from '../../../src/output/pipeline-list.ts';
import { presetCatalog } from '../../../src/output/preset-catalog.ts';
import { refreshResults } from '../../../src/output/refresh-results.ts';
import { relationDetail } from '../../../src/output/relation-detail.ts';
import { secretsMove } from '../../../src/output/secrets-move.ts';
import { secretsStatus } from '../../../src/output/secrets-status.ts';
import { sourceConfig } from '../../../src/output/source-config.ts';
import { displayWidth } from '../../../src/output/terminal-text.ts';
import { testResults } from '../../../src/output/test-results.ts';
import type { PipelineCheck } from '../../../src/pipelines/pipeline.ts';
import {
  connection,
  discovery,
  now,
  pipe,
  pipeline,
  preset,
  relation,
  relationInFull,
  rung,
  terminal,
  testResult,
} from './samples.ts';

const names = [
  'a\x1b[2Jb',
  'a\x1b]0;owned\x07b',
  'a\u009b31mb',
  'a\u202eb\u2066c',
  'a\nb\r\tc',
  'a\u200bb\ufeff\u{e0041}',
  '__proto__',
  'constructor',
  '日本語の名前'.repeat(10),
  `"quoted", 'too'; $$ % = \\`,
  ' : - # ',
];

/** Every presenter, with the name wherever a stranger may have put one. */
function answersWith(name: string): [string, Answer][] {
  const named = connection({
    name,
    provider: name,
    host: name,
    database: name,
    username: name,
    schema: name,
    sslRootCert: name,
    options: Object.fromEntries([[name, name]]),
    tags: [name],
    usedBy: [name],
    lastTest: { ...connection().lastTest, status: 'failed', code: name, message: name, serverVersion: name },
  });
  const result = testResult({
    connection: name,
    status: 'failed',
    stages: [rung({ status: 'failed', message: name, code: name, fix: name })],
    server: {
      version: name,
      provider: name,
      recovery: false,
      readOnly: false,
      tls: { protocol: name, cipher: name, verified: 'ca', subject: name, issuer: name, validTo: name },
    },
  });
  const ofName = pipeline({ name, tables: [name], destinationSchema: name, schedule: name, owner: name });
  const lost = { id: null, name, status: 'disconnected' } as const;
  const end = {
    connection: name,
    status: 'failed',
    durationMs: 1,
    code: name,
    message: name,
    fix: name,
    stages: result.stages,
  } as const;
  const check: PipelineCheck = {
    pipeline: name,
    state: 'paused',
    status: 'warned',
    durationMs: 1,
    source: end,
    destination: { ...end, stages: [] },
  };
  return [
    ['pipelineList', pipelineList([ofName, { ...ofName, source: lost }], { total: 2 })],
    ['pipelineDetail', pipelineDetail({ ...ofName, destination: lost }, { source: named })],
    ['pipelineChecks of one', pipelineChecks([check])],
    ['pipelineChecks of two', pipelineChecks([check, check])],
    ['connectionDetail with pipelines', connectionDetail(named, { pipelines: [ofName] })],
    ['connectionList', connectionList([named], { total: 2, filtered: true })],
    ['connectionDetail', connectionDetail(named, { reference: name, passwordText: name })],
    ['testResults of one', testResults([result])],
    ['testResults of two', testResults([result, result])],
    [
      'presetCatalog',
      presetCatalog([preset({ connector: name, connectorTitle: name, title: name, provider: name })], null),
    ],
    ['relationDetail', relationDetail(relationInFull(name))],
    [
      'applyPlan',
      applyPlan([{ action: 'change', kind: 'connection', name, role: 'source', changes: [name] }], {
        done: false,
      }),
    ],
    ...cdcAnswersWith(name),
    ...answersAboutWork(name, result),
    [
      'secretsStatus',
      secretsStatus({
        backend: 'vault',
        keychain: { available: false, message: name },
        vault: { exists: true, kdf: name, openedBy: name },
        stored: 0,
        references: 0,
      }),
    ],
    [
      'doctorReport',
      doctorReport([{ check: 'secrets', status: 'problem', code: name, message: name, fix: name }]),
    ],
  ];
}

/** Of verbs that change or refresh something, and of what was found before. */
function answersAboutWork(name: string, result: TestResult): [string, Answer][] {
  const at = now.toISOString();
  const said = { code: name, message: name, fix: name };
  const side = { connection: name, file: name, snapshot: 1, takenAt: at };
  const change = {
    breaking: true,
    reason: name,
    schema: name,
    relation: name,
    column: name,
    name,
    before: name,
    after: name,
    sql: [name],
  };
  const entry = { key: name, value: name, source: 'file', from: name } as const;
  const failed = { connection: name, status: 'failed', durationMs: 1, ...said } as const;
  const imported: ImportStep = {
    action: 'bad',
    name,
    role: 'source',
    endpoint: name,
    password: 'given',
    changes: [name],
    file: name,
    line: 1,
    message: name,
    done: false,
  };
  return [
    ['deletedNames', deletedNames([name])],
    ['configList', configList([entry])],
    ['configEntry', configEntry(entry)],
    ['testHistory', testHistory(name, [{ at, result }], 10)],
    [
      'structureDiff',
      structureDiff({
        from: side,
        to: { ...side, snapshot: null },
        changes: [
          { ...change, kind: 'column_type_changed' },
          { ...change, kind: 'type_added', relation: null, column: null, before: null },
        ],
      }),
    ],
    [
      'sourceConfig',
      sourceConfig(
        {
          connection: name,
          refreshEveryMs: 1000,
          include: [name],
          exclude: [name],
          due: true,
          nextRefreshAt: at,
          lastRefresh: { status: 'failed', at, durationMs: 1, code: name, message: name },
          server: result.server,
          snapshots: [
            { takenAt: at, checkedAt: at, durationMs: 1, relations: 1, columns: 1, current: false },
          ],
        },
        { snapshots: true },
      ),
    ],
    ['refreshResults', refreshResults([{ ...failed, relations: null, columns: null }])],
    ['importPlan', importPlan([imported, { ...imported, action: 'change' }], { done: false })],
    [
      'secretsMove',
      secretsMove({ backend: 'vault', moved: [name], failed: [{ connection: name, ...said }] }),
    ],
  ];
}

function cdcAnswersWith(name: string): [string, Answer][] {
  const table = { schema: name, name };
  const problem = { code: name, status: 'failed' as const, message: name, fix: name };
  const step = { step: 'create_slot' as const, transaction: 1, sql: name, effect: name };
  const plan = {
    connection: name,
    publication: name,
    slot: name,
    tables: [table],
    publish: ['insert' as const],
  };
  const slot = { name, plugin: name, active: true, activePid: 1, walStatus: name, invalidation: name };
  const numbers = { retainedBytes: 1, lagBytes: 2, lagMs: 3, safeBytes: null, catalogXminAge: 4 };
  const rest = { inactiveSince: null, restartPosition: name, confirmedPosition: name, failover: true };
  return [
    [
      'cdcCheck',
      cdcCheck({
        connection: name,
        status: 'failed',
        durationMs: 1,
        server: { version: name, provider: name, recovery: true },
        checks: [{ check: 'role', status: 'failed', code: name, message: name, fix: name }],
        tables: [
          {
            ...table,
            kind: name,
            partitions: 2,
            replicaIdentity: 'default',
            key: name,
            status: 'failed',
            problems: [problem],
          },
        ],
      }),
    ],
    ['cdcPlan', cdcPlan({ ...plan, steps: [step], ready: false, problems: [problem] })],
    ['cdcSetup', cdcSetup({ ...plan, steps: [step], slotPosition: name })],
    [
      'cdcStatus',
      cdcStatus({
        connection: name,
        at: now.toISOString(),
        status: 'failed',
        publication: name,
        publish: ['insert'],
        slot: { ...slot, ...numbers, ...rest },
        tables: { wanted: [table], missing: [table], extra: [table] },
        problems: [problem],
      }),
    ],
    [
      'cdcTeardown',
      cdcTeardown({
        connection: name,
        publication: name,
        slot: name,
        steps: [step],
        left: [problem],
        forgotten: false,
      }),
    ],
  ];
}

/** A discovery with the name wherever a database may have put one. */
function discoveryWith(name: string): Discovery {
  const [column] = relation().columns;
  const found = discovery({
    connection: name,
    server: { version: name, provider: name, recovery: false, readOnly: false, tls: null },
    schemas: [
      {
        name,
        relations: [
          relation({
            name,
            comment: name,
            columns:
              column === undefined ? [] : [{ ...column, name, type: name, default: name, comment: name }],
            primaryKey: { name, columns: [name], deferrable: false, initiallyDeferred: false },
            foreignKeys: [
              {
                name,
                columns: [name],
                referencedSchema: name,
                referencedTable: name,
                referencedColumns: [name],
                deferrable: false,
                initiallyDeferred: false,
                onUpdate: 'no action',
                onDelete: 'no action',
                validated: true,
              },
            ],
            partitions: { key: name, count: 2 },
          }),
        ],
        types: [],
      },
    ],
  });
  return found;
}

async function shown(found: Discovery, format: DiscoveryFormat, view: View): Promise<string> {
  let text = '';
  const chunks = discoveryChunks(format, viewOfDiscovery(found), view, { csvSafe: false });
  for await (const chunk of chunks) text += chunk;
  return text;
}

/** Everything but a newline that a terminal might obey. */
const obeyed =
  /[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}]/u;

/** What they print has lines of its own: documents, and files for a timer, which schedule.test.ts reads. */
const ofLines = ['exportedText', 'jsonDocument', 'schedule'];

test('no presenter is left out', () => {
  const directory = new URL('../../../src/output/', import.meta.url);
  const presenters = readdirSync(directory).flatMap((file) =>
    [
      ...readFileSync(new URL(file, directory), 'utf8').matchAll(
        /^export function (\w+)\((?:(?!^\}).)*?\): Answer \{$/gms,
      ),
    ].map(([, name = '']) => name),
  );
  const held = new Set(answersWith('a').map(([name]) => name.split(' ')[0]));
  expect(presenters.length).toBeGreaterThan(20);
  expect(presenters.filter((name) => !held.has(name))).toEqual(ofLines);
});

describe.each(names)('%j', (name) => {
  const answers = answersWith(name);

  test.each(answers)('is visible in the text of %s, at any width', (presenter, answer) => {
    for (const view of [pipe, terminal(20), terminal(40), terminal(80), terminal(200)]) {
      expect(answer.text(view)).not.toMatch(obeyed);
      // What was deleted is told on standard error.
      if (presenter !== 'deletedNames') expect(answer.text(view)).toMatch(/[^\n]\n$/);
    }
  });

  test.each(answers)('adds no line that is not ours to the text of %s', (presenter, answer) => {
    // A fix may have several lines; all else has as many as with an innocent name.
    const innocent = answersWith('innocent').find(([other]) => other === presenter)?.[1];
    const fixes = /^(?:testResults|pipelineChecks|doctorReport|refreshResults|cdc(?!Setup))/.test(presenter);
    const lines = (shown: Answer | undefined) => shown?.text(pipe).split('\n').length;
    if (fixes && name.includes('\n')) expect(answer.text(pipe)).toMatch(/→ a\n {4,}b\\r\\tc\n/);
    else expect(lines(answer)).toBe(lines(innocent));
  });

  test.each(answers)('is whole in the JSON and YAML of %s', async (_presenter, answer) => {
    const json = await renderAnswer('json', answer, pipe);
    const yaml = await renderAnswer('yaml', answer, pipe);
    expect(JSON.parse(json)).toEqual(answer.value);
    expect(parse(yaml)).toEqual(answer.value);
    expect(json).not.toMatch(obeyed);
    expect(yaml).not.toMatch(obeyed);
  });

  test.each(answers)('is whole in the CSV of %s', async (_presenter, answer) => {
    const rows = readCsv(await renderAnswer('csv', answer, pipe));
    const [header, ...records] = rows;
    expect(header).toEqual(answer.columns);
    expect(records).toEqual(
      [...answer.records()].map((record) => answer.columns.map((key) => String(record[key] ?? ''))),
    );
    expect(await renderAnswer('csv', answer, terminal(80))).not.toMatch(obeyed);
  });
});

describe.each(names)('a discovery with %j', (name) => {
  const found = discoveryWith(name);
  const formats = ['tree', 'table', 'markdown', 'mermaid', 'json', 'yaml', 'csv'] as const;

  test.each(formats)('is visible as %s, at any width', async (format) => {
    for (const view of [pipe, terminal(20), terminal(80), terminal(200)]) {
      // Into a pipe CSV is lossless.
      if (format === 'csv' && !view.terminal) continue;
      expect(await shown(found, format, view)).not.toMatch(obeyed);
    }
  });

  test.each(['tree', 'table', 'markdown', 'mermaid'] as const)('adds no line to %s', async (format) => {
    const lines = async (of: string) => (await shown(discoveryWith(of), format, pipe)).split('\n').length;
    expect(await lines(name)).toBe(await lines('innocent'));
  });

  test('is whole as JSON and YAML, and in the cells of CSV', async () => {
    expect(JSON.parse(await shown(found, 'json', pipe))).toEqual(found);
    expect(parse(await shown(found, 'yaml', pipe))).toEqual(found);
    const [, record] = readCsv(await shown(found, 'csv', pipe));
    expect(record).toEqual([name, name, 'table', name, name, 'false', name, '1', name]);
  });

  test.each([20, 40, 80, 200])('fits a terminal of %i columns', async (width) => {
    for (const format of ['tree', 'table'] as const) {
      const lines = (await shown(found, format, terminal(width))).split('\n');
      for (const line of lines.filter((each) => !/^(\d+ schema|Hidden)/.test(each))) {
        expect(displayWidth(line)).toBeLessThanOrEqual(width);
      }
    }
  });
});

test.each([20, 40, 80, 200])('lists fit a terminal of %i columns', (width) => {
  for (const name of names) {
    for (const [presenter, answer] of answersWith(name)) {
      if (presenter !== 'connectionList') continue;
      const lines = answer
        .text(terminal(width))
        .split('\n')
        .filter((line) => !line.startsWith('Hidden'));
      for (const line of lines.filter((each) => !/^\d+ (schema|of)/.test(each))) {
        expect(displayWidth(line)).toBeLessThanOrEqual(width);
      }
    }
  }
});

/** RFC 4180, as a reader would have it. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, bare, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n)/g)) {
    row.push(quoted === undefined ? (bare ?? '') : quoted.replaceAll('""', '"'));
    if (end === '\n') {
      rows.push(row);
      row = [];
    }
  }
  return rows;
}
