import { describe, expect, it } from 'vitest';
import { checkDiffFlags, type DiffFlags } from '../../../src/cli/connections/diff-flags.ts';
import { readCommandLine } from '../../support/command-line.ts';

describe('the flags of a diff', () => {
  it.each([
    ['--since', 'yesterday'],
    ['--since', '2026-13-45'],
    ['--since', '2 d'],
    ['--since', ''],
    ['--map', 'app'],
    ['--map', '=landing'],
    ['--map', 'app='],
    ['--ignore', 'no_such_kind'],
    ['--fail-on', 'all'],
  ])('%s %j is refused', async (flag, value) => {
    await expect(readCommandLine('connections', 'diff', 'a', 'b', flag, value)).rejects.toMatchObject({
      code: 'bad_value',
    });
  });

  it('--map names a schema once', async () => {
    const twice = ['--map', 'a=b', '--map', 'a=c'];
    await expect(readCommandLine('connections', 'diff', 'a', 'b', ...twice)).rejects.toMatchObject({
      code: 'bad_value',
    });
  });

  it.each<[string | null, DiffFlags, string]>([
    ['b', { since: { snapshot: 1 } }, 'conflicting_flags'],
    ['b', { baseline: 'f' }, 'conflicting_flags'],
    [null, { since: { snapshot: 1 }, baseline: 'f' }, 'conflicting_flags'],
    [null, { cached: true, refresh: true }, 'conflicting_flags'],
    ['b', { cached: true, file: 'f' }, 'conflicting_flags'],
    [null, { since: { snapshot: 1 }, file: 'f' }, 'conflicting_flags'],
    [null, { trustFile: true }, 'conflicting_flags'],
    [null, { map: new Map([['a', 'b']]) }, 'conflicting_flags'],
    [null, { file: 'f' }, 'missing_argument'],
  ])('contradict each other: %j %j', (other, flags, code) => {
    expect(() => checkDiffFlags(other, flags)).toThrowError(expect.objectContaining({ code }));
  });

  it.each<[string | null, DiffFlags]>([
    [null, {}],
    [null, { since: { snapshot: 1 }, cached: true }],
    [null, { file: 'f', baseline: 'b', trustFile: true }],
    ['b', { map: new Map([['a', 'b']]), refresh: true }],
    ['b', { file: 'f' }],
  ])('go together: %j %j', (other, flags) => {
    expect(() => checkDiffFlags(other, flags)).not.toThrow();
  });
});
