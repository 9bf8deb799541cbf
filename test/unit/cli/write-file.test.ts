import { mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writePrivateFile } from '../../../src/cli/write-file.ts';

const directory = () => mkdtempSync(join(tmpdir(), 'jackfield-write-'));

it('writes a file that is its owner’s alone, and over none that is there', async () => {
  const file = join(directory(), 'a.yaml');
  await writePrivateFile(file, 'one', false);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  await expect(writePrivateFile(file, 'two', false)).rejects.toMatchObject({ code: 'file_exists' });
  expect(readFileSync(file, 'utf8')).toBe('one');
});

it('replaces one as a whole where that is asked for, whatever its mode', async () => {
  const file = join(directory(), 'a.yaml');
  writeFileSync(file, 'one', { mode: 0o644 });
  await writePrivateFile(file, 'two', true);
  expect(readFileSync(file, 'utf8')).toBe('two');
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

it('leaves nothing where it can not be written', async () => {
  const at = directory();
  mkdirSync(join(at, 'a.yaml'));
  await expect(writePrivateFile(join(at, 'a.yaml'), 'two', true)).rejects.toMatchObject({
    code: 'file_not_writable',
  });
  expect(readdirSync(at)).toEqual(['a.yaml']);
  await expect(writePrivateFile(join(at, 'no', 'a'), 'x', false)).rejects.toMatchObject({
    code: 'file_not_writable',
  });
});
