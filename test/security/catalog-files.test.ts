import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { makeFile } from '../../src/catalog/location.ts';
import { permissionProblems } from '../../src/catalog/permissions.ts';
import { openCatalog } from '../../src/catalog/sqlite-catalog.ts';
import { CatalogError } from '../../src/connections/errors.ts';
import { aDraft } from '../support/connection-draft.ts';

describe.skipIf(process.platform === 'win32')("the catalog's files", () => {
  let home: string;
  let file: string;

  beforeEach(() => {
    const directory = mkdtempSync(join(tmpdir(), 'jackfield-files-'));
    home = join(directory, 'share', 'jackfield');
    file = join(home, 'catalog.db');
    onTestFinished(() => rmSync(directory, { recursive: true }));
  });

  async function make(): Promise<Buffer> {
    const catalog = openCatalog({ home });
    await catalog.add(crypto.randomUUID(), aDraft());
    await catalog.close();
    return readFileSync(file);
  }

  async function refusal(): Promise<CatalogError> {
    try {
      await openCatalog({ home }).close();
    } catch (error) {
      if (error instanceof CatalogError) return error;
      throw error;
    }
    throw new Error('the catalog was opened');
  }

  function modeOf(path: string): string {
    return (lstatSync(path).mode & 0o777).toString(8);
  }

  it.each([0o000, 0o022, 0o077])('are for their owner alone, whatever the umask (%o)', async (umask) => {
    const former = process.umask(umask);
    onTestFinished(() => {
      process.umask(former);
    });
    const catalog = openCatalog({ home });
    await catalog.add(crypto.randomUUID(), aDraft());
    expect(modeOf(home)).toBe('700');
    expect(readdirSync(home).map((name) => [name, modeOf(join(home, name))])).toEqual([
      ['catalog.db', '600'],
      ['catalog.db-shm', '600'],
      ['catalog.db-wal', '600'],
    ]);
    await catalog.close();
    // Only the last directory is ours; its parents are as the system makes them.
    expect(modeOf(dirname(home))).toBe((0o777 & ~umask).toString(8));
  });

  it('are refused behind a symbolic link', async () => {
    const bytes = await make();
    const elsewhere = join(dirname(home), 'elsewhere.db');
    renameSync(file, elsewhere);
    symlinkSync(elsewhere, file);
    expect(await refusal()).toMatchObject({ code: 'catalog_symlinked' });
    expect(readFileSync(elsewhere).equals(bytes)).toBe(true);
  });

  it('are not made through a symbolic link that leads nowhere', async () => {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    const target = join(dirname(home), 'target.db');
    symlinkSync(target, file);
    expect(await refusal()).toMatchObject({ code: 'catalog_symlinked' });
    expect(statSync(target, { throwIfNoEntry: false })).toBeUndefined();
  });

  it('are made only where nothing is, even when it has come just now', async () => {
    await make();
    const [bytes, target, link] = [readFileSync(file), join(home, 'target'), join(home, 'link')];
    symlinkSync(target, link);
    makeFile(link);
    makeFile(file);
    expect(statSync(target, { throwIfNoEntry: false })).toBeUndefined();
    expect(readFileSync(file).equals(bytes)).toBe(true);
  });

  it('are refused when they have a second name', async () => {
    const bytes = await make();
    linkSync(file, join(dirname(home), 'second.db'));
    expect(await refusal()).toMatchObject({ code: 'catalog_hard_linked' });
    expect(readFileSync(file).equals(bytes)).toBe(true);
  });

  it.each([0o640, 0o604, 0o620, 0o602, 0o666, 0o777])('are refused with mode %o', async (mode) => {
    const bytes = await make();
    chmodSync(file, mode);
    expect(await refusal()).toMatchObject({ code: 'catalog_open_to_others', fix: `chmod 600 ${file}` });
    expect(readFileSync(file).equals(bytes)).toBe(true);
    expect(modeOf(file)).toBe(mode.toString(8));
  });

  it.each([0o720, 0o702, 0o777, 0o1777])('are refused in a directory with mode %o', async (mode) => {
    const bytes = await make();
    chmodSync(home, mode);
    expect(await refusal()).toMatchObject({ code: 'catalog_home_writable', fix: `chmod 700 ${home}` });
    expect(readFileSync(file).equals(bytes)).toBe(true);
  });

  it('are made in no directory that others may write to', async () => {
    mkdirSync(home, { recursive: true });
    chmodSync(home, 0o777);
    expect(await refusal()).toMatchObject({ code: 'catalog_home_writable' });
    expect(readdirSync(home)).toEqual([]);
  });

  it('are fine in a directory that others may only read', async () => {
    mkdirSync(home, { recursive: true });
    chmodSync(home, 0o755);
    await expect(make()).resolves.not.toHaveLength(0);
  });

  it("are refused when another user's", async () => {
    await make();
    const stranger = statSync(file).uid + 1;
    // A directory of root's is no worse than one's own.
    const home = statSync(dirname(file)).uid === 0 ? [] : ['catalog_home_foreign_owner'];
    expect(permissionProblems(file, stranger).map(({ code }) => code)).toEqual([
      ...home,
      'catalog_foreign_owner',
    ]);
  });

  it("are refused when another user's, by the program itself", async () => {
    const bytes = await make();
    const owner = statSync(file).uid;
    // As if somebody else ran it: only root could give the file away.
    const getuid = vi.spyOn(process, 'getuid').mockReturnValue(owner + 1);
    onTestFinished(() => getuid.mockRestore());
    const code = owner === 0 ? 'catalog_foreign_owner' : 'catalog_home_foreign_owner';
    expect(await refusal()).toMatchObject({ code });
    expect(readFileSync(file).equals(bytes)).toBe(true);
  });

  it.each(['catalog.db-wal', 'catalog.db-journal', 'catalog.db-shm'])(
    'are refused with a planted %s',
    async (name) => {
      await make();
      symlinkSync('/etc/passwd', join(home, name));
      expect(await refusal()).toMatchObject({ code: 'catalog_symlinked' });
      rmSync(join(home, name));
      writeFileSync(join(home, name), '');
      chmodSync(join(home, name), 0o666);
      expect(await refusal()).toMatchObject({ code: 'catalog_open_to_others' });
    },
  );

  it('are refused with a directory in their place', async () => {
    mkdirSync(file, { recursive: true, mode: 0o700 });
    expect(await refusal()).toMatchObject({ code: 'catalog_not_a_file' });
    expect(statSync(file).isDirectory()).toBe(true);
  });

  it('are refused with a file in the place of the directory, or above it', async () => {
    mkdirSync(dirname(home));
    writeFileSync(home, 'mine');
    expect(await refusal()).toMatchObject({ code: 'catalog_home_not_a_directory' });
    home = join(home, 'below');
    expect(await refusal()).toMatchObject({ code: 'catalog_home_not_a_directory' });
    expect(readFileSync(dirname(home), 'utf8')).toBe('mine');
  });

  it('keep nothing of what was deleted', async () => {
    const catalog = openCatalog({ home });
    const saved = await catalog.add(crypto.randomUUID(), aDraft({ host: 'canary-host-4711' }));
    const item = Buffer.from('canary-item-4711'.repeat(1000));
    await catalog.writeItem(saved.id, item, await catalog.createHeader('{}'));
    await catalog.delete(saved.id);
    await catalog.deleteItem(saved.id);
    await catalog.close();
    expect(readdirSync(home)).toEqual(['catalog.db']);
    expect(readFileSync(file).includes('canary')).toBe(false);
  });
});
