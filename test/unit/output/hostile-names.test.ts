import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Discovery } from '../../../src/metadata/discovery.ts';
import { viewOfDiscovery } from '../../../src/metadata/view.ts';
import { type Answer, renderAnswer, type View } from '../../../src/output/answer.ts';
import { applyPlan } from '../../../src/output/apply-plan.ts';
import { cdcCheck } from '../../../src/output/cdc-check.ts';
import { cdcPlan, cdcSetup, cdcTeardown } from '../../../src/output/cdc-plan.ts';
import { cdcStatus } from '../../../src/output/cdc-status.ts';
import { connectionDetail } from '../../../src/output/connection-detail.ts';
import { connectionList } from '../../../src/output/connection-list.ts';
import { type DiscoveryFormat, discoveryChunks } from '../../../src/output/discovery.ts';
import { doctorReport } from '../../../src/output/doctor-report.ts';
import { pipelineChecks } from '../../../src/output/pipeline-checks.ts';
import { pipelineDetail } from '../../../src/output/pipeline-detail.ts';
import { pipelineList } from '../../../src/output/pipeline-list.ts';
import { presetCatalog } from '../../../src/output/preset-catalog.ts';
import { relationDetail } from '../../../src/output/relation-detail.ts';
import { secretsStatus } from '../../../src/output/secrets-status.ts';
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

describe.each(names)('%j', (name) => {
  const answers = answersWith(name);

  test.each(answers)('is visible in the text of %s, at any width', (_presenter, answer) => {
    for (const view of [pipe, terminal(20), terminal(40), terminal(80), terminal(200)]) {
      expect(answer.text(view)).not.toMatch(obeyed);
      expect(answer.text(view)).toMatch(/[^\n]\n$/);
    }
  });

  test.each(answers)('adds no line that is not ours to the text of %s', (presenter, answer) => {
    // A fix may have several lines; all else has as many as with an innocent name.
    const innocent = answersWith('innocent').find(([other]) => other === presenter)?.[1];
    const fixes = /^(?:testResults|pipelineChecks|doctorReport|cdc(?!Setup))/.test(presenter);
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
