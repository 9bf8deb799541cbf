import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readDataFile } from '../../../src/cli/read-file.ts';
import { afterwards } from '../../support/clean-up.ts';

function fileWith(text: string | Buffer): string {
  const directory = mkdtempSync(join(tmpdir(), 'jackfield-data-'));
  afterwards(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, 'connections.yaml');
  writeFileSync(path, text);
  return path;
}

describe('a data file', () => {
  it.each([
    [
      '{"connections": [{"name": "orders", "port": 5432}]}',
      { connections: [{ name: 'orders', port: 5432 }] },
    ],
    ['connections:\n  - name: orders\n    port: 5432\n', { connections: [{ name: 'orders', port: 5432 }] }],
    ['\ufeffname: orders\n', { name: 'orders' }],
    // YAML 1.2: what 1.1 took for a truth value, a number or a date is the text that it is.
    [
      'a: yes\nb: on\nc: 1_000\nd: 2026-01-01\ne: 0o17\n',
      { a: 'yes', b: 'on', c: '1_000', d: '2026-01-01', e: 15 },
    ],
    ['a: &it {b: 1}\nc: *it\n', { a: { b: 1 }, c: { b: 1 } }],
    ['', null],
    ['# nothing\n', null],
  ])('%j', async (text, value) => {
    expect(await readDataFile(fileWith(text))).toEqual(value);
  });

  it.each([
    ['a: [hunter2\n', 'line'],
    ['a: "hunter2\n', 'line'],
    ['{"a": "hunter2", "a": "hunter2"}', 'line 1 '],
    ['ok: 1\na: hunter2\na: hunter2\n', 'line 3 '],
    ['a: *hunter2\n', ''],
    ['\thunter2: 1', 'line'],
    ['a: 1\n---\nhunter2: 2\n', ''],
  ])('%j is refused; the place is named, the content never', async (text, message) => {
    const path = fileWith(text);
    const error = (await readDataFile(path).catch((reason: unknown) => reason)) as Error;
    expect(error).toMatchObject({ code: 'bad_file', message: expect.stringContaining(path) });
    expect(error.message).toContain(message);
    expect(JSON.stringify([error.message, error])).not.toContain('hunter2');
  });

  it('runs nothing that it says, and grows no object’s prototype', async () => {
    const read = (await readDataFile(fileWith('__proto__: {polluted: yes}\n'))) as object;
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    const tagged = await readDataFile(fileWith('a: !!js/function "return 1"\n')).catch(() => 'refused');
    expect(tagged === 'refused' || typeof (tagged as { a: unknown }).a === 'string').toBe(true);
  });

  it('does not multiply by aliases of aliases', async () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level < 10; level += 1) {
      lines.push(`a${level}: &a${level} [${Array.from({ length: 9 }, () => `*a${level - 1}`).join(', ')}]`);
    }
    await expect(readDataFile(fileWith(lines.join('\n')))).rejects.toMatchObject({ code: 'bad_file' });
  });

  it('is refused when it is not there, is a directory, or is huge', async () => {
    const path = fileWith('a: 1');
    await expect(readDataFile(`${path}.not`)).rejects.toMatchObject({
      code: 'bad_file',
      message: expect.stringContaining('ENOENT'),
    });
    await expect(readDataFile(tmpdir())).rejects.toMatchObject({ code: 'bad_file' });
    await expect(readDataFile(fileWith(Buffer.alloc(9 * 1024 * 1024, ' ')))).rejects.toMatchObject({
      code: 'bad_file',
      message: expect.stringContaining('larger'),
    });
  });
});
