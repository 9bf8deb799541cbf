import { describe, expect, test } from 'vitest';
import type { TestRecord } from '../../../src/connections/catalog.ts';
import type { TestResult } from '../../../src/connections/connection.ts';
import { testHistorySchema } from '../../../src/connections/schema.ts';
import { renderAnswer } from '../../../src/output/answer.ts';
import { testHistory } from '../../../src/output/history.ts';
import { displayWidth } from '../../../src/output/terminal-text.ts';
import { themeFor } from '../../../src/output/theme.ts';
import { denied, now, pipe, rung, terminal, testResult } from './samples.ts';

const hourMs = 3_600_000;

/** Tests an hour apart, the last of them an hour ago; given oldest first. */
function history(...results: TestResult[]): TestRecord[] {
  return results
    .toReversed()
    .map((result, index) => ({ at: new Date(now.getTime() - (index + 1) * hourMs).toISOString(), result }));
}

function serving(version: string, validTo: string | null): TestResult {
  const { server } = testResult();
  if (!server?.tls) throw new Error('the sample has a session with TLS');
  return testResult({ server: { ...server, version, tls: { ...server.tls, validTo } } });
}

const warned = testResult({
  status: 'warned',
  durationMs: 82,
  stages: [rung({ stage: 'tls', status: 'warned', code: 'tls_expires_soon', message: 'it expires' })],
});
const records = history(serving('16.3', '2026-05-01T00:00:00.000Z'), denied, testResult(), warned);

describe('testHistory', () => {
  test('tells what all say together, above the newest', () => {
    const expected = [
      'orders',
      '  Tests        4 since 2026-05-04, 3 passed (75%), 1 of them with warnings',
      '  Duration     ▅×▅█',
      '               oldest first, × failed',
      '               min 41 ms, median 41 ms, max 82 ms',
      '  Server       16.4',
      '               16.3 → 16.4 on 2026-05-04',
      '  Certificate  CN=*.neon.tech, valid to 2026-08-01 (88 days left)',
      '               valid to 2026-05-01 → valid to 2026-08-01 on 2026-05-04',
      '',
      'WHEN     STATUS    DURATION  CAUSE             SERVER',
      '1 h ago  ! warned     82 ms  tls_expires_soon  16.4',
      '2 h ago  ✓ passed     41 ms  –                 16.4',
      '3 h ago  ✗ failed     1.3 s  password_refused  –',
      '',
    ];
    expect(testHistory('orders', records, 3).text(pipe)).toBe(expected.join('\n'));
    const cut = testHistory('orders', records, 3).text(terminal(120));
    expect(cut).toBe(`${expected.join('\n')}\n3 of 4 results; all: --limit 4\n`);
    expect(testHistory('orders', records, 4).text(terminal(120))).not.toContain('--limit');
  });

  test.each([80, 40])('draws on %i columns what there is room for', (columns) => {
    const many = history(...Array.from({ length: 200 }, (_, n) => (n % 2 === 0 ? denied : warned)));
    const [, , line = '', legend] = testHistory('orders', many, 20).text(terminal(columns)).split('\n');
    expect(displayWidth(line)).toBe(columns);
    expect(line).toMatch(/^ {2}Duration {5}[█×]+█$/);
    expect(legend).toContain(`the newest ${columns - 15}, oldest first, × failed`);
  });

  test('no row is wider than 80 columns, whatever the server is called', () => {
    const long = serving(`18.1 ${'(a very long name)'.repeat(5)}`, null);
    const lines = testHistory('orders', history(denied, long, warned), 20)
      .text(terminal(80))
      .split('\n');
    const rows = lines.slice(lines.findIndex((line) => line.startsWith('WHEN')));
    expect(rows.length).toBeGreaterThan(4);
    for (const row of rows) expect(displayWidth(row)).toBeLessThanOrEqual(80);
  });

  test('all of it in the clear, or nothing reached, is said', () => {
    const { server } = testResult();
    const clear = testResult({ server: server && { ...server, tls: null } });
    expect(testHistory('orders', history(clear), 20).text(pipe)).toContain(
      'Certificate  none, the session is not encrypted',
    );
    const lost = testHistory('orders', history(denied), 20).text(pipe);
    expect(lost).toContain('Server    no session yet');
    expect(lost).toContain('1 since 2026-05-04, 0 passed (0%)\n');
    expect(lost).not.toContain('min ');
    expect(lost).not.toContain('Certificate');
  });

  test.each([
    ['2026-05-05T12:00:00.000Z', '1 day left', 'caution'],
    ['2026-05-04T13:00:00.000Z', '0 days left', 'caution'],
    ['2026-05-30T12:00:00.000Z', '26 days left', 'caution'],
    ['2026-06-30T12:00:00.000Z', '57 days left', 'no colour'],
    ['2026-05-02T12:00:00.000Z', 'expired 2 d ago', 'bad'],
  ])('a certificate to %s has %s', async (validTo, left, colour) => {
    const answer = testHistory('orders', history(serving('16.4', validTo)), 20);
    expect(answer.text(pipe)).toContain(`valid to ${validTo.slice(0, 10)} (${left})`);
    const theme = await themeFor({ color: true });
    const line = `CN=*.neon.tech, valid to ${validTo.slice(0, 10)} (${left})`;
    const styles: Record<string, (text: string) => string> = { caution: theme.caution, bad: theme.bad };
    expect(answer.text({ ...terminal(120), theme })).toContain(`  ${(styles[colour] ?? String)(line)}\n`);
  });

  test.each([
    [
      { subject: null, validTo: null },
      'CN=*.neon.tech, valid to 2026-08-01 → no subject, valid to an unknown day',
    ],
    [{ issuer: 'CN=R10' }, 'by CN=R3 → by CN=R10'],
    [{ issuer: null }, 'by CN=R3 → by nobody'],
  ])('of a certificate with another %j it tells what differs', (other, change) => {
    const { server } = testResult();
    if (!server?.tls) throw new Error('the sample has a session with TLS');
    const next = testResult({ server: { ...server, tls: { ...server.tls, ...other } } });
    const text = testHistory('orders', history(testResult(), next), 20).text(pipe);
    expect(text).toContain(`               ${change} on 2026-05-04\n`);
    expect(text).toContain(
      `Certificate  ${'subject' in other ? 'no subject\n' : 'CN=*.neon.tech, valid to'}`,
    );
  });

  test('of many changes it tells the newest', () => {
    const flapping = Array.from({ length: 9 }, (_, n) => serving(n % 2 === 0 ? '16.3' : '16.4', null));
    const text = testHistory('orders', history(...flapping), 20).text(pipe);
    expect(text.match(/→/g)).toHaveLength(5);
    expect(text).toContain('and 3 earlier changes\n');
    expect(testHistory('orders', history(...flapping.slice(2)), 20).text(pipe)).toContain(
      'and 1 earlier change\n',
    );
  });

  test('failures in the line have a colour of their own', async () => {
    const theme = await themeFor({ color: true });
    const text = testHistory('orders', records, 3).text({ ...terminal(120), theme });
    expect(text).toContain(`▅${theme.bad('×')}▅█\n`);
  });

  test('what a server says is shown, not obeyed', () => {
    const hostile = serving('16.4\u001b[2J\nowned', '2026-08-01T00:00:00.000Z');
    const text = testHistory('or\u202eders', history(testResult(), hostile), 20).text(terminal(120));
    expect(text).not.toMatch(/[\u001b\u202e]/);
    expect(text).toContain('16.4 → 16.4\\x1b[2J\\nowned on 2026-05-04');
  });

  test('never tested', () => {
    expect(testHistory("the 'orders'", [], 20).text(pipe)).toBe(
      "No test of the 'orders' is recorded yet.\nTest it: jackfield connections test 'the '\\''orders'\\'''\n",
    );
    expect(testHistory('orders', [], 20).value).toEqual([]);
  });

  test('JSON is the contract, newest first, and CSV a row a result', async () => {
    const answer = testHistory('orders', records, 2);
    const json = testHistorySchema.parse(JSON.parse(await renderAnswer('json', answer, pipe)));
    expect(json.map(({ status, code }) => [status, code])).toEqual([
      ['warned', 'tls_expires_soon'],
      ['passed', null],
    ]);
    expect((await renderAnswer('csv', answer, pipe)).split('\n')).toEqual([
      'at,status,durationMs,code,message,serverVersion,certificateValidTo,stages',
      '2026-05-04T11:00:00.000Z,warned,82,tls_expires_soon,it expires,16.4,2026-08-01T00:00:00.000Z,"[{""stage"":""tls"",""status"":""warned"",""durationMs"":3,""code"":""tls_expires_soon""}]"',
      expect.stringMatching(/^2026-05-04T10:00:00.000Z,passed,41,,,16.4,2026-08-01T00:00:00.000Z,/),
      '',
    ]);
  });
});
