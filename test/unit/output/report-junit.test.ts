import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StageResult, TestResult } from '../../../src/connections/connection.ts';
import type { ReportContent } from '../../../src/output/report-content.ts';
import { junitReport } from '../../../src/output/report-junit.ts';
import { reportedTests } from '../../../src/output/test-results.ts';
import { parseXml, type XmlElement } from '../../support/xml.ts';
import { denied, now, rung, testResult } from './samples.ts';

const warned = testResult({
  connection: 'stock',
  status: 'warned',
  durationMs: 1500,
  stages: [
    rung({
      stage: 'tls',
      status: 'warned',
      code: 'not_verified',
      message: 'not verified',
      fix: '--ssl-mode <x>',
    }),
  ],
});

type Tested = Partial<Omit<ReportContent, 'results'>> & { results?: readonly TestResult[] };

function report({ results = [testResult(), warned, denied], ...content }: Tested = {}): XmlElement {
  const whole = {
    ...reportedTests(results),
    planned: 3,
    failOn: 'failed',
    file: null,
    now,
  } as const;
  return parseXml(junitReport({ ...whole, ...content }));
}

const casesOf = (root: XmlElement) => root.children[0]?.children ?? [];

describe('JUnit', () => {
  test('has a suite with a case for each rung of each connection, times in seconds', () => {
    const root = report();

    expect(root.name).toBe('testsuites');
    const totals = { name: 'jackfield', tests: '6', failures: '1', errors: '0', skipped: '1', time: '2.791' };
    expect(root.attributes).toEqual(totals);
    expect(root.children.map(({ name }) => name)).toEqual(['testsuite']);
    expect(root.children[0]?.attributes).toEqual({ ...totals, timestamp: '2026-05-04T12:00:00' });
    expect(casesOf(root).map(({ name, attributes }) => [name, ...Object.values(attributes)])).toEqual([
      ['testcase', 'orders-prod', 'resolve', '0.003'],
      ['testcase', 'orders-prod', 'connect', '0.012'],
      ['testcase', 'stock', 'tls', '0.003'],
      ['testcase', 'sink', 'resolve', '0.003'],
      ['testcase', 'sink', 'authenticate', '0.008'],
      ['testcase', 'sink', 'privileges', '0.000'],
    ]);
  });

  test('a failure has the message, the code as its type, and the fix below the message', () => {
    const [, , , resolve, authenticate, privileges] = casesOf(report());

    expect(resolve?.children).toEqual([]);
    const message = 'the server refuses the password of "writer"';
    expect(authenticate?.children).toEqual([
      {
        name: 'failure',
        attributes: { message, type: 'password_refused' },
        children: [],
        text: `${message}\njackfield connections edit sink --password-stdin`,
      },
    ]);
    expect(privileges?.children).toEqual([{ name: 'skipped', attributes: {}, children: [], text: '' }]);
  });

  test('a warning passes and says so, unless the run is to fail on it', () => {
    const [, , passing] = casesOf(report());
    expect(passing?.children).toMatchObject([
      { name: 'system-out', text: 'warned: not verified\n--ssl-mode <x>' },
    ]);

    const strict = report({ failOn: 'warned' });
    expect(strict.attributes).toMatchObject({ failures: '2' });
    expect(casesOf(strict)[2]?.children).toMatchObject([
      { name: 'failure', attributes: { message: 'not verified', type: 'not_verified' } },
    ]);
  });

  test('lines, quotes and markup in what a server says come back as they were', () => {
    const message = 'one\n\ttwo ]]> <three> & "four" \'five\'';
    const stages = [rung({ stage: 'connect', status: 'failed', code: 'a "code"', message, fix: null })];
    const [only] = casesOf(report({ results: [testResult({ stages })] }));
    expect(only?.children).toMatchObject([{ attributes: { message, type: 'a "code"' }, text: message }]);
  });

  test('an endpoint without a name, and no results at all', () => {
    expect(casesOf(report({ results: [testResult({ connection: null })] }))[0]?.attributes.classname).toBe(
      'endpoint',
    );
    expect(report({ results: [] }).attributes).toMatchObject({ tests: '0', time: '0.000' });
  });

  test('is well-formed whatever a server says, and characters that XML forbids are shown', () => {
    const anyText = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom(...'<>&"\'\0\x08\x1b\n\r\t\ufffe\uffff\ud800]x') }),
    );
    const rungs: fc.Arbitrary<StageResult> = fc.record({
      stage: fc.constant('connect' as const),
      status: fc.constantFrom('passed', 'warned', 'failed', 'skipped'),
      durationMs: fc.nat(),
      code: fc.option(anyText),
      message: fc.option(anyText),
      fix: fc.option(anyText),
    });
    fc.assert(
      fc.property(anyText, rungs, (connection, stage) => {
        const [only] = casesOf(report({ results: [testResult({ connection, stages: [stage] })] }));
        const said = only?.children[0];
        if (stage.status !== 'failed' || stage.message === null) return;
        // What is no control and no surrogate comes back as it was.
        const plain = /^[\n\t\x20-\x7e]*$/;
        if (plain.test(stage.message)) expect(said?.attributes.message).toBe(stage.message);
      }),
      { numRuns: 300 },
    );
    const [shown] = casesOf(report({ results: [testResult({ connection: 'a\0b\ufffe\x1b' })] }));
    expect(shown?.attributes.classname).toBe('a\\x00b\\ufffe\\x1b');
  });
});
