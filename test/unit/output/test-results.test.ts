import { describe, expect, test } from 'vitest';
import { testResultListSchema } from '../../../src/connections/schema.ts';
import { renderAnswer } from '../../../src/output/answer.ts';
import { serverLine, stageLine, testResults } from '../../../src/output/test-results.ts';
import { denied, pipe, rung, terminal, testResult } from './samples.ts';

describe('one result', () => {
  test('is a ladder, the server and the verdict', () => {
    expect(testResults([testResult()]).text(terminal(80))).toBe(
      [
        '✓ passed   resolve          3 ms  192.0.2.1',
        '✓ passed   connect         12 ms',
        '',
        'server 16.4, neon, TLSv1.3 TLS_AES_256_GCM_SHA384, certificate and host name verified, certificate valid to 2026-08-01',
        '✓ orders-prod passed in 41 ms',
        '',
      ].join('\n'),
    );
  });

  test('has the fix below the rung that failed', () => {
    expect(testResults([denied]).text(terminal(80))).toBe(
      [
        '✓ passed   resolve          3 ms  192.0.2.1',
        '✗ failed   authenticate     8 ms  the server refuses the password of "writer"',
        '           → jackfield connections edit sink --password-stdin',
        '– skipped  privileges',
        '',
        '✗ sink failed in 1.3 s, at authenticate',
        '',
      ].join('\n'),
    );
  });

  test('names every rung that failed, and an endpoint that is not saved', () => {
    const stages = (['tls', 'schema', 'privileges'] as const).map((stage) =>
      rung({ stage, status: 'failed' }),
    );
    expect(
      testResults([testResult({ connection: null, status: 'failed', stages, server: null })]).text(pipe),
    ).toMatch(/\n✗ the endpoint failed in 41 ms, at tls, schema and privileges\n$/);
  });

  test('several commands of a fix stay on lines of their own', () => {
    const line = stageLine(rung({ status: 'warned', fix: 'GRANT a;\nGRANT b;' }), terminal(80));
    expect(line).toBe(
      '! warned   resolve          3 ms  192.0.2.1\n           → GRANT a;\n             GRANT b;\n',
    );
  });

  test('a message of several lines is one line', () => {
    expect(stageLine(rung({ message: 'one\n✓ passed   two' }), pipe)).toBe(
      '✓ passed   resolve          3 ms  one\\n✓ passed   two\n',
    );
  });
});

describe('serverLine', () => {
  test('says when nothing is encrypted, and what it is', () => {
    const server = { version: '12.22', provider: 'rds', recovery: true, readOnly: true, tls: null };
    expect(serverLine(server)).toBe('server 12.22, rds, standby, read-only, not encrypted');
  });
});

describe('several results', () => {
  const warned = testResult({
    connection: 'log',
    status: 'warned',
    stages: [rung({ stage: 'tls', status: 'warned', code: 'plaintext', message: null })],
  });
  const locked = testResult({ connection: null, status: 'failed', stages: [], server: null, durationMs: 0 });

  test('are a line each, what failed or warned below, and a count', () => {
    expect(testResults([testResult(), denied, warned, locked]).text(terminal(80))).toBe(
      [
        '✓ passed   orders-prod  41 ms',
        '✗ failed   sink         1.3 s',
        '    ✗ authenticate failed: the server refuses the password of "writer"',
        '      → jackfield connections edit sink --password-stdin',
        '! warned   log          41 ms',
        '    ! tls warned: plaintext',
        '✗ failed   (not saved)  0 ms',
        '',
        '4 tested: 1 passed, 1 warned, 2 failed',
        '',
      ].join('\n'),
    );
  });

  test('JSON is the contract, an array of one too', () => {
    for (const results of [[], [denied], [testResult(), warned, locked]]) {
      expect(testResultListSchema.parse(testResults(results).value)).toEqual(results);
    }
  });

  test('CSV has a line a rung, and one for a result without any', async () => {
    expect(await renderAnswer('csv', testResults([denied, locked]), pipe)).toBe(
      [
        'connection,status,stage,stageStatus,durationMs,code,message,fix',
        'sink,failed,resolve,passed,3,,192.0.2.1,',
        'sink,failed,authenticate,failed,8,password_refused,"the server refuses the password of ""writer""",jackfield connections edit sink --password-stdin',
        'sink,failed,privileges,skipped,0,,,',
        ',failed,,,0,,,',
        '',
      ].join('\n'),
    );
  });

  test('none is said to be none', () => {
    expect(testResults([]).text(terminal(80))).toBe('Nothing was tested.\n');
  });
});
