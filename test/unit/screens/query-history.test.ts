import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { historyOfThisRun, openHistory } from '../../../src/screens/query-history.ts';

describe('the history of the prompt', () => {
  let home: string;
  let file: string;

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'jackfield-history-'));
    file = join(home, 'query-history');
    onTestFinished(() => rmSync(home, { recursive: true }));
  });

  it('keeps a statement on one line where that means the same', async () => {
    const history = await openHistory(home);
    expect(await history.add(['select 1,', '  2;'])).toEqual(['select 1, 2;']);
    expect(await history.add(['select 1 -- one', ', 2;'])).toEqual(['select 1 -- one', ', 2;']);
    expect(await history.add(["select 'a", "b';"])).toEqual(["select 'a", "b';"]);
    expect(await history.add(['', ' '])).toEqual([]);
    const kept = ['select 1, 2;', 'select 1 -- one', ', 2;', "select 'a", "b';"];
    expect(readFileSync(file, 'utf8')).toBe(kept.map((line) => `${line}\n`).join(''));
    expect((await openHistory(home)).entries).toEqual(kept);
  });

  it('keeps nothing that may carry a password, on whatever line', async () => {
    for (const history of [await openHistory(home), historyOfThisRun()]) {
      expect(await history.add(['alter role app password', "'canary-4711';"])).toEqual([]);
      await history.add(['select 1;']);
    }
    expect(readFileSync(file, 'utf8')).toBe('select 1;\n');
  });

  it("takes others' rights to the file away, and follows no symbolic link", async () => {
    writeFileSync(file, 'select 1;\n');
    chmodSync(file, 0o644);
    expect((await openHistory(home)).entries).toEqual(['select 1;']);
    expect(statSync(file).mode & 0o777).toBe(0o600);

    const other = join(home, 'other');
    writeFileSync(other, 'theirs\n');
    rmSync(file);
    symlinkSync(other, file);
    const history = await openHistory(home);
    expect(history.entries).toEqual([]);
    await history.add(['select 2;']);
    expect(readFileSync(other, 'utf8')).toBe('theirs\n');
  });

  it('is bounded', async () => {
    writeFileSync(file, Array.from({ length: 5_000 }, (_, n) => `select ${n};\n`).join(''));
    const { entries } = await openHistory(home);
    expect(entries).toHaveLength(1_000);
    expect(entries.at(-1)).toBe('select 4999;');
    expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(1_001);
    writeFileSync(file, `select '${'x'.repeat(3_000_000)}';\nselect 1;\n`);
    expect((await openHistory(home)).entries).toEqual(['select 1;']);
    expect(statSync(file).size).toBeLessThan(1_000);
  });

  it('fails nothing where the home may not be written to', async () => {
    const nowhere = join(home, 'nowhere');
    const history = await openHistory(nowhere);
    expect(await history.add(['select 1;'])).toEqual(['select 1;']);
  });
});
