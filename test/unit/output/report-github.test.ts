import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TestResult } from '../../../src/connections/connection.ts';
import type { ReportContent } from '../../../src/output/report-content.ts';
import { githubAnnotations } from '../../../src/output/report-github.ts';
import { reportedTests } from '../../../src/output/test-results.ts';
import { denied, now, rung, testResult } from './samples.ts';

type Tested = Partial<Omit<ReportContent, 'results'>> & { results?: readonly TestResult[] };

function annotations({ results = [], ...content }: Tested): string {
  const tested = reportedTests(results);
  return githubAnnotations({ ...tested, planned: 1, failOn: 'failed', file: null, now, ...content });
}

const warned = (message: string, connection = 'stock', fix: string | null = null) =>
  testResult({
    connection,
    status: 'warned',
    stages: [rung(), rung({ stage: 'tls', status: 'warned', code: 'not_verified', message, fix })],
  });

/** As the runner reads a line (actions/runner, ActionCommand.TryParseV2). */
function read(line: string) {
  const [, command, properties = '', data = ''] = /^::(\w+) (.*?)::(.*)$/.exec(line) ?? [];
  const unescaped = (text: string) =>
    text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%3A', ':').replaceAll('%2C', ',');
  const pairs = properties.split(',').map((pair) => {
    const equals = pair.indexOf('=');
    return [pair.slice(0, equals), unescaped(pair.slice(equals + 1)).replaceAll('%25', '%')];
  });
  return { command, ...Object.fromEntries(pairs), data: unescaped(data).replaceAll('%25', '%') };
}

test('each rung that failed or warned is a command with its cause and fix', () => {
  expect(annotations({ results: [testResult(), denied, warned('not 100% verified')] })).toBe(
    '::error title=sink%3A authenticate failed::the server refuses the password of "writer"%0Ajackfield connections edit sink --password-stdin\n' +
      '::warning title=stock%3A tls warned::not 100%25 verified\n',
  );
  expect(annotations({ results: [testResult()] })).toBe('');
});

test('a warning that makes the run fail is an error', () => {
  expect(annotations({ results: [warned('x')], failOn: 'warned' })).toMatch(/^::error /);
});

test('the file of connections is where they point to', () => {
  expect(annotations({ results: [warned('x')], file: 'ci/a,b:c.yaml' })).toBe(
    '::warning file=ci/a%2Cb%3Ac.yaml,title=stock%3A tls warned::x\n',
  );
});

test('nothing that a server says ends a command or begins another', () => {
  const anyText = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom(...'%0AD3C:,\r\n=x\u2028', '::error ::') }),
  );
  fc.assert(
    fc.property(anyText, anyText, anyText, (message, connection, fix) => {
      const said = annotations({ results: [warned(message, connection, fix)], file: connection });
      expect(said.match(/[\r\n\u2028\u0085]/g)).toEqual(['\n']);
      const back = read(said.slice(0, -1));
      expect(back).toMatchObject({ command: 'warning' });
      if (/^[\n\x20-\x7e]*$/.test(message + fix)) expect(back.data).toBe(`${message}\n${fix}`);
      if (/^[\x20-\x7e]*$/.test(connection))
        expect(back).toHaveProperty('title', `${connection}: tls warned`);
    }),
    { numRuns: 300 },
  );
});
