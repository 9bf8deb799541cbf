import { describe, expect, test } from 'vitest';
import { connectionListSchema, connectionSchema } from '../../../src/connections/schema.ts';
import { renderAnswer } from '../../../src/output/answer.ts';
import { connectionDetail } from '../../../src/output/connection-detail.ts';
import { connectionList } from '../../../src/output/connection-list.ts';
import { lastTestSummary } from '../../../src/output/last-test.ts';
import { themeFor } from '../../../src/output/theme.ts';
import { connection, now, pipe, terminal } from './samples.ts';

const never = connection({
  name: 'sink',
  role: 'destination',
  provider: 'self-hosted',
  host: '127.0.0.1',
  usedBy: [],
  lastTest: { status: 'never', at: null, durationMs: null, code: null, message: null, serverVersion: null },
  lastPassedAt: null,
});
const all = { total: 2, filtered: false };

describe('lastTestSummary', () => {
  const tested = { ...connection().lastTest, at: '2026-05-02T12:00:00.000Z' };
  test.each([
    ['passed', null, true, '✓ passed 2 d ago'],
    ['warned', 'plaintext', true, '! warned 2 d ago: plaintext'],
    ['failed', 'password_refused', true, '✗ failed 2 d ago: password_refused'],
    ['failed', 'password_refused', false, '✗ failed 2 d ago: password_refused, never passed'],
    ['changed', null, true, '! changed since the test'],
    ['changed', null, false, '! changed since the test, never passed'],
  ] as const)('%s, %s, has passed: %s', (status, code, hasPassed, text) => {
    const lastTest = { ...tested, status, code };
    expect(lastTestSummary({ lastTest, lastPassedAt: hasPassed ? tested.at : null }, now).text).toBe(text);
  });

  test('never', () => {
    expect(lastTestSummary(never, now)).toEqual({ outcome: 'warned', text: '! never tested' });
  });
});

describe('connectionList', () => {
  const answer = connectionList([connection(), never], all);

  test('a wide terminal and a pipe have a table', () => {
    const expected = [
      'NAME         ROLE         CONNECTOR               ADDRESS                     USED BY  LAST TEST',
      'orders-prod  source       postgres · neon         ep-1.neon.tech:5432/orders  nightly  ✓ passed 3 min ago',
      'sink         destination  postgres · self-hosted  127.0.0.1:5432/orders       –        ! never tested',
      '',
    ].join('\n');
    expect(answer.text(terminal(200))).toBe(expected);
    expect(answer.text(pipe)).toBe(expected);
  });

  test('at 80 columns what is long is cut', () => {
    expect(answer.text(terminal(80))).toBe(
      [
        'NAME         ROLE         CONNECTOR    ADDRESS       USED BY  LAST TEST',
        'orders-prod  source       postgres ·…  ep-1.neon.t…  nightly  ✓ passed 3 min ago',
        'sink         destination  postgres ·…  127.0.0.1:5…  –        ! never tested',
        '',
      ].join('\n'),
    );
  });

  test('a narrow terminal has a block a connection', () => {
    expect(answer.text(terminal(40))).toBe(
      [
        'orders-prod',
        '  ✓ passed 3 min ago',
        '  source, postgres · neon, used by nigh…',
        '  ep-1.neon.tech:5432/orders',
        '',
        'sink',
        '  ! never tested',
        '  destination, postgres · self-hosted',
        '  127.0.0.1:5432/orders',
        '',
      ].join('\n'),
    );
  });

  test('a filter says how many it left out, on a terminal', () => {
    const filtered = connectionList([never], { total: 12, filtered: true });
    expect(filtered.text(terminal(200))).toMatch(/never tested\n\n1 of 12 connections\n$/);
    expect(filtered.text(pipe)).not.toContain('of 12');
  });

  test('colour is around the text and changes nothing else', async () => {
    const theme = await themeFor({ color: true });
    for (const columns of [40, 200]) {
      const colored = answer.text({ ...terminal(columns), theme });
      expect(colored).toContain('\x1b[33m');
      expect(colored.replace(/\x1b\[\d+m/g, '')).toBe(answer.text(terminal(columns)));
    }
  });

  test('without connections it says what to type next', async () => {
    const none = connectionList([], { total: 0, filtered: false });
    expect(none.text(terminal(80))).toBe(
      [
        'No connections are saved yet.',
        'Add one:                    jackfield connections add',
        'See what can be connected:  jackfield connections catalog',
        '',
      ].join('\n'),
    );
    expect(await renderAnswer('json', none, pipe)).toBe('[]\n');
    expect(await renderAnswer('csv', none, pipe)).toMatch(/^id,name,role,[^\n]+\n$/);
    expect(connectionList([], { total: 3, filtered: true }).text(terminal(80))).toBe(
      'No connection matches the filter; 3 saved.\nShow all: jackfield connections list\n',
    );
  });

  test('JSON is the contract', () => {
    expect(connectionListSchema.parse(answer.value)).toEqual([connection(), never]);
  });

  test('CSV has a line a connection, with lists as JSON', async () => {
    expect(await renderAnswer('csv', answer, pipe)).toBe(
      [
        'id,name,role,connector,provider,host,port,database,username,schema,sslMode,tags,secret,usedBy,lastTestStatus,lastTestAt,lastTestCode,lastPassedAt,createdAt,updatedAt',
        '0b0f6c1e-5d5b-4b6e-9d6e-0a4c7d3f1a01,orders-prod,source,postgres,neon,ep-1.neon.tech,5432,orders,reader,public,verify-full,"[""prod""]",keychain,"[""nightly""]",passed,2026-05-04T11:57:00.000Z,,2026-05-04T11:57:00.000Z,2026-05-01T12:00:00.000Z,2026-05-02T12:00:00.000Z',
        '0b0f6c1e-5d5b-4b6e-9d6e-0a4c7d3f1a01,sink,destination,postgres,self-hosted,127.0.0.1,5432,orders,reader,public,verify-full,"[""prod""]",keychain,[],never,,,,2026-05-01T12:00:00.000Z,2026-05-02T12:00:00.000Z',
        '',
      ].join('\n'),
    );
  });
});

describe('connectionDetail', () => {
  test('has everything of a connection', () => {
    const failed = connection({
      options: { channel_binding: 'require' },
      lastTest: {
        status: 'failed',
        at: '2026-05-02T12:00:00.000Z',
        durationMs: 1250,
        code: 'password_refused',
        message: 'the server refuses the password',
        serverVersion: null,
      },
    });
    expect(connectionDetail(failed).text(terminal(80))).toBe(
      [
        'orders-prod',
        '  Id                      0b0f6c1e-5d5b-4b6e-9d6e-0a4c7d3f1a01',
        '  Role                    source',
        '  Connector               postgres · neon',
        '  Host                    ep-1.neon.tech',
        '  Port                    5432',
        '  Database                orders',
        '  Username                reader',
        '  Password                stored in the keychain',
        '  Schema                  public',
        '  SSL mode                verify-full',
        '  SSL root certificate    system',
        '  Option channel_binding  require',
        '  Tags                    prod',
        '  Query --write           not allowed',
        '  Used by                 nightly',
        '  Last test               ✗ failed 2 d ago: password_refused (took 1.3 s)',
        '                          the server refuses the password',
        '  Last passed             2026-05-04T11:57:00.000Z (3 min ago)',
        '  Created                 2026-05-01T12:00:00.000Z (3 d ago)',
        '  Updated                 2026-05-02T12:00:00.000Z (2 d ago)',
        '',
      ].join('\n'),
    );
  });

  test.each([
    [{ secret: { kind: 'none' } }, {}, 'none'],
    [{ secret: { kind: 'vault' } }, {}, 'stored in the vault'],
    [{ secret: { kind: 'env' } }, { reference: 'env:ORDERS_PASSWORD' }, 'a reference, env:ORDERS_PASSWORD'],
    [{ secret: { kind: 'file' } }, { reference: null }, 'a reference (file:)'],
    [{ secret: { kind: 'keychain' } }, { passwordText: 'p\x1bw' }, 'p\\x1bw'],
  ] as const)('the password of %j with %j is %s', (changes, extras, line) => {
    expect(connectionDetail(connection(changes), extras).text(pipe)).toContain(
      `Password              ${line}\n`,
    );
  });

  test('a revealed password is in the text alone', async () => {
    const answer = connectionDetail(connection(), { passwordText: 'c4nary' });
    expect(answer.text(terminal(80))).toContain('c4nary');
    for (const format of ['json', 'yaml', 'csv'] as const) {
      expect(await renderAnswer(format, answer, pipe)).not.toContain('c4nary');
    }
  });

  test('JSON is the contract; CSV has a line a field', async () => {
    const answer = connectionDetail(connection({ options: { application_name: 'x' } }));
    expect(connectionSchema.parse(answer.value)).toEqual(answer.value);
    const csv = await renderAnswer('csv', answer, pipe);
    expect(csv).toContain('field,value\nid,');
    expect(csv).toContain('\noptions,"{""application_name"":""x""}"\n');
    expect(csv).toContain('\nsecret.kind,keychain\n');
    expect(csv).toContain('\nlastTest.status,passed\n');
    expect(csv).toContain('\nsslCert,\n');
  });
});
