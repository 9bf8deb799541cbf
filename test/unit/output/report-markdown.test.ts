import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TestResult } from '../../../src/connections/connection.ts';
import type { ReportContent } from '../../../src/output/report-content.ts';
import { markdownReport } from '../../../src/output/report-markdown.ts';
import { reportedTests } from '../../../src/output/test-results.ts';
import { denied, now, rung, testResult } from './samples.ts';

type Tested = Partial<Omit<ReportContent, 'results'>> & { results?: readonly TestResult[] };

function report({ results = [], ...content }: Tested, maxBytes?: number): string {
  return markdownReport(
    { ...reportedTests(results), planned: results.length, failOn: 'failed', file: null, now, ...content },
    maxBytes,
  );
}

const refused = (message: string, connection = 'x', fix: string | null = null) =>
  testResult({
    connection,
    status: 'failed',
    stages: [rung({ stage: 'connect', status: 'failed', code: 'refused', message, fix })],
  });

describe('Markdown', () => {
  test('is a table of all, and the cause and fix of what failed', () => {
    expect(report({ results: [testResult(), denied] })).toBe(`## Connections

2 tested: 1 passed, 0 warned, 1 failed

| Result | Connection | Time | Cause |
| --- | --- | ---: | --- |
| ✓ passed | orders-prod | 41 ms | |
| ✗ failed | sink | 1.3 s | authenticate: the server refuses the password of "writer" |

### ✗ failed: sink

authenticate failed (password\\_refused): the server refuses the password of "writer"

\`\`\`text
jackfield connections edit sink --password-stdin
\`\`\`
`);
  });

  test('says that a run was interrupted, and has no table of nothing', () => {
    expect(report({ results: [testResult()], planned: 3 })).toContain('\nInterrupted: 1 of 3 were tested.\n');
    expect(report({})).toBe('## Connections\n\n0 tested: 0 passed, 0 warned, 0 failed\n');
  });

  test('cells are escaped: no markup, no HTML, no mention, no link', () => {
    const text =
      'a|b `c` <b>&amp;* _d_ [e](f) ![g] ~~h~~ \\| @team #12 https://evil.example www.evil.example\nx';
    const [row] = /^\| ✗.*$/m.exec(report({ results: [refused(text)] })) ?? [];
    expect(row).toContain(
      'connect: a\\|b \\`c\\` \\<b\\>\\&amp;\\* \\_d\\_ \\[e\\](f) \\!\\[g\\] \\~\\~h\\~\\~ \\\\\\| &#64;team &#35;12 ' +
        'https&#58;//evil.example www&#46;evil.example\\\\nx |',
    );
  });

  test('a fix stays in its block, whatever fences it holds', () => {
    const fix = 'one\n```\ntwo ```` three';
    expect(report({ results: [refused('m', 'x', fix)] })).toContain(`\n\`\`\`\`\`text\n${fix}\n\`\`\`\`\`\n`);
  });

  test('a row is a line with four cells whatever is in them', () => {
    const anyText = fc.string({ unit: fc.constantFrom(...'|\\`\n\r\0<>&x \u2028', '\\|') });
    fc.assert(
      fc.property(anyText, anyText, (message, connection) => {
        const rows = report({ results: [refused(message, connection)] }).split('\n');
        const at = rows.findIndex((line) => line.startsWith('| ✗'));
        // A bar that no odd number of backslashes stands before ends a cell.
        const bars = [...(rows[at] ?? '').matchAll(/(\\*)\|/g)].filter(
          ([, before = '']) => before.length % 2 === 0,
        );
        expect(bars).toHaveLength(5);
        expect(rows[at + 1]).toBe('');
        expect(rows[at + 2]).toMatch(/^### /);
      }),
      { numRuns: 300 },
    );
  });

  test('what does not fit is left out, and said to be', () => {
    const results = Array.from({ length: 50 }, (_, index) => refused('täuschend '.repeat(20), `c${index}`));
    for (const most of [400, 5_000, 9_000]) {
      const text = report({ results }, most);
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(most);
      expect(Buffer.byteLength(text)).toBeGreaterThan(most - 600);
      expect(text).toContain('The rest is left out');
    }
    expect(report({ results }, 1_000_000)).not.toContain('left out');
  });
});
