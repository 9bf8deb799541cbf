import { describe, expect, it } from 'vitest';
import type { Change, Diff } from '../../../src/metadata/diff.ts';
import { changeKinds } from '../../../src/metadata/diff-schema.ts';
import { renderAnswer } from '../../../src/output/answer.ts';
import { diffSqlText, structureDiff } from '../../../src/output/diff.ts';
import { changeWords } from '../../../src/output/diff-words.ts';
import { displayWidth } from '../../../src/output/terminal-text.ts';
import { parseCsv } from '../../support/csv.ts';
import { pipe, terminal } from './samples.ts';

const change = (changes: Partial<Change> = {}): Change => ({
  kind: 'column_type_changed',
  breaking: true,
  reason: 'values that it could hold do not fit any more',
  schema: 'sales',
  relation: 'customers',
  column: 'email',
  name: null,
  before: 'character varying(254)',
  after: 'character varying(100)',
  sql: ['ALTER TABLE a;', '-- by hand: more'],
  ...changes,
});

const side = { connection: 'shop', file: null, snapshot: 4, takenAt: '2026-05-04T12:00:00.000Z' };
const former = { ...side, snapshot: 3, takenAt: '2026-05-02T12:00:00.000Z' };

const diff = (changes: readonly Change[], from: Diff['from'] = former): Diff => ({
  from,
  to: side,
  changes: [...changes],
});

describe('a diff for a person', () => {
  it('is grouped by what changed, with what breaks and why', () => {
    const nothing = { breaking: false, reason: null };
    const text = structureDiff(
      diff([
        change({
          kind: 'type_added',
          ...nothing,
          relation: null,
          column: null,
          name: 'mood',
          before: null,
          after: 'enum (glad)',
        }),
        change(),
        change({
          kind: 'column_dropped',
          column: 'credit',
          reason: 'who reads or writes it fails',
          before: 'integer',
          after: null,
        }),
        change({ kind: 'column_renamed', column: 'mail', reason: 'gone', before: 'email', after: 'mail' }),
        change({
          kind: 'index_added',
          ...nothing,
          column: null,
          name: 'by_mail',
          before: null,
          after: 'btree (mail)',
        }),
        change({ kind: 'comment_changed', ...nothing, column: null, before: null, after: 'who buys' }),
      ]),
    ).text(pipe);
    expect(text).toBe(`shop  shop of 2 d ago (snapshot 3) → shop of just now (snapshot 4)

type sales.mood
  + type: enum (glad)

sales.customers
  ~ column email, type: character varying(254) → character varying(100)
      breaking: values that it could hold do not fit any more
  - column credit: integer
      breaking: who reads or writes it fails
  ~ column renamed: email → mail
      breaking: gone
  + index by_mail: btree (mail)
  ~ comment: none → who buys

6 changes, 3 breaking
`);
  });

  it('says that there is none, and since when, or nothing to compare with', () => {
    expect(structureDiff(diff([])).text(pipe)).toBe(
      'No drift in shop since 2026-05-02T12:00:00.000Z (2 d ago).\n',
    );
    expect(structureDiff(diff([], { ...former, file: 'schema.json', snapshot: null })).text(pipe)).toBe(
      'No differences between schema.json and shop.\n',
    );
    expect(structureDiff(diff([], null)).text(pipe)).toBe(
      'Nothing to compare with yet: shop was read for the first time just now.\n',
    );
  });

  it('fits a terminal and obeys nobody', () => {
    const name = `a\x1b[2J\u202e${'b'.repeat(200)}`;
    const hostile = change({
      schema: name,
      relation: name,
      column: name,
      before: name,
      after: 'x\ny',
      reason: null,
    });
    const text = structureDiff(diff([hostile])).text(terminal(40));
    expect(text).not.toMatch(/[\x1b\u202e]/);
    const line = text.split('\n').find((it) => it.includes('column a'));
    expect(displayWidth(line ?? '')).toBe(40);
  });

  it.each(changeKinds)('has words for %s', (kind) => {
    const { mark, text } = changeWords(change({ kind, column: null, name: 'it' }));
    const step = /_(added|dropped|removed|lost|[a-z]+)$/.exec(kind)?.[1] ?? '';
    expect(mark).toBe(step === 'added' ? '+' : ['dropped', 'removed', 'lost'].includes(step) ? '-' : '~');
    expect(text).toMatch(/^[a-z][a-z ]+/);
    expect(text).not.toContain('_');
  });
});

describe('a diff for a program', () => {
  it('is a line a change in CSV', async () => {
    const csv = await renderAnswer('csv', structureDiff(diff([change()])), pipe);
    expect(parseCsv(csv)).toEqual([
      {
        kind: 'column_type_changed',
        breaking: 'true',
        reason: 'values that it could hold do not fit any more',
        schema: 'sales',
        relation: 'customers',
        column: 'email',
        name: null,
        before: 'character varying(254)',
        after: 'character varying(100)',
        sql: 'ALTER TABLE a;\n-- by hand: more',
      },
    ]);
  });

  it('is SQL, exact where no terminal shows it', () => {
    const sql = ["COMMENT ON TABLE a IS '\x1b[2J';", 'SELECT 1;'];
    expect(diffSqlText(diff([change()]), sql, pipe)).toBe("COMMENT ON TABLE a IS '\x1b[2J';\nSELECT 1;\n");
    expect(diffSqlText(diff([change()]), sql, terminal(80))).toBe(
      "COMMENT ON TABLE a IS '\\x1b[2J';\nSELECT 1;\n",
    );
    expect(diffSqlText(diff([]), [], pipe)).toBe('-- no drift\n');
    expect(diffSqlText(diff([], null), [], pipe)).toBe('-- nothing to compare with yet\n');
  });
});
