import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { stages } from '../../../../src/connections/vocabulary.ts';
import { diagnoses } from '../../../../src/connectors/postgres/faults.ts';
import { complaintCodes } from '../../../../src/connectors/postgres/verdict.ts';

// docs/probe.md has a row for each code that a rung can show, on its rung. What the row says is prose.

const root = new URL('../../../../', import.meta.url);

interface Row {
  readonly rung: string;
  readonly code: string;
  readonly cells: readonly string[];
}

/** The rows of the tables below headings that are a rung's name. */
function rowsOf(markdown: string): Row[] {
  const [, ...sections] = markdown.split(/^## /m);
  return sections.flatMap((section) => {
    const [rung = '', ...lines] = section.split('\n');
    const cells = lines.filter((line) => line.startsWith('| `')).map(cellsOf);
    return cells.map(([code = '', ...others]) => ({ rung, code: code.replaceAll('`', ''), cells: others }));
  });
}

function cellsOf(line: string): string[] {
  return line
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.trim());
}

const rows = rowsOf(readFileSync(new URL('docs/probe.md', root), 'utf8'));

describe('docs/probe.md', () => {
  it('has a row for each code, on its rung', () => {
    const faults = Object.entries(diagnoses).map(([code, { stage }]) => `${stage}: ${code}`);
    const complaints = Object.entries(complaintCodes).map(([code, stage]) => `${stage}: ${code}`);
    expect(rows.map(({ rung, code }) => `${rung}: ${code}`).sort()).toEqual(
      [...faults, ...complaints].sort(),
    );
  });

  it('has the rungs in order', () => {
    expect([...new Set(rows.map(({ rung }) => rung))]).toEqual([...stages]);
  });

  it.each(rows)('says of $code what it means and what to do', ({ code, cells }) => {
    const [outcome, meaning = '', fix = '', ...more] = cells;
    expect(more).toEqual([]);
    if (Object.hasOwn(diagnoses, code)) expect(outcome).toBe('failed');
    else expect(['warned', 'failed']).toContain(outcome);
    expect(meaning.length).toBeGreaterThan(10);
    expect(fix.length).toBeGreaterThan(10);
  });
});
