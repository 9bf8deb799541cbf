import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { connectionSchema, doctorReportSchema } from '../../src/connections/schema.ts';
import { changeCatalog, secretLedger } from '../support/behind-our-back.ts';
import { newScript, type Script } from '../support/script.ts';
import { openTerminal } from '../support/terminal.ts';

// What doctor finds, what it mends, and what it leaves alone.

let script: Script;
let catalog: string;

beforeEach(() => {
  script = newScript();
  catalog = join(script.home, 'catalog.db');
});

const add = (name: string) =>
  script
    .given({ stdin: `password of ${name}` })
    .answer(connectionSchema)`connections add --role source --name ${name} --host db.example --username app
      --database shop --password-stdin`;

const codesOf = (findings: { status: string; code: string }[]) =>
  findings.map(({ status, code }) => `${status} ${code}`);

describe('a catalog in order', () => {
  test('that is not there yet: nothing is wrong, and none is made', async () => {
    expect(codesOf(await script.answer(doctorReportSchema)`doctor`)).toContain('ok catalog_absent');
    expect(existsSync(script.home)).toBe(false);
  });

  test('with connections: each check says so', async () => {
    await add('Orders');
    await script.jackfield`connections add --role source --name Open --host h --username u --no-password`;
    expect(codesOf(await script.answer(doctorReportSchema)`doctor`)).toEqual([
      'ok permissions_ok',
      'ok catalog_ok',
      'ok secrets_in_order',
    ]);
    const read = await script.jackfield`doctor`;
    expect(read.code).toBe(0);
    expect(read.stdout).toMatch(/No problems found\.\n$/);
  });

  test('is for its owner alone', async () => {
    await add('Orders');
    expect(modeOf(script.home)).toBe('700');
    for (const file of readdirSync(script.home)) expect(modeOf(join(script.home, file)), file).toBe('600');
    // While it is open SQLite keeps files beside it.
    const terminal = await openTerminal(['connections', 'edit', 'Orders'], { home: script.home });
    await terminal.waitFor('Connection name');
    const open = readdirSync(script.home);
    expect(open.length).toBeGreaterThan(0);
    for (const file of open) expect(modeOf(join(script.home, file)), file).toBe('600');
  });
});

const modeOf = (path: string) => (statSync(path).mode & 0o7777).toString(8);

describe('permissions', () => {
  test.each([
    ['a file that others may read', () => chmodSync(catalog, 0o644), 'catalog_open_to_others', 'chmod 600'],
    [
      'a directory that others may write',
      () => chmodSync(script.home, 0o777),
      'catalog_home_writable',
      'chmod 700',
    ],
  ])('%s: exit 1, and the fix; other commands exit 6', async (_what, loosen, code, fix) => {
    await add('Orders');
    loosen();
    const findings = await script.answer(doctorReportSchema, 1)`doctor`;
    expect(findings).toContainEqual(
      expect.objectContaining({
        check: 'permissions',
        status: 'problem',
        code,
        fix: expect.stringContaining(fix),
      }),
    );
    expect(await script.refused(6)`connections list`).toMatchObject({ code });
    // The fix is the command to type.
    expect(findings.find((finding) => finding.code === code)?.fix).toMatch(new RegExp(`^${fix} /`));
  });
});

describe('a catalog that can not be used', () => {
  test.each([
    ['is not a database', () => writeFileSync(catalog, 'these are my notes\n'.repeat(500))],
    [
      'is damaged in the middle',
      () => {
        const bytes = readFileSync(catalog);
        bytes.fill(0xa5, 4096 + 8, 4096 * 3);
        writeFileSync(catalog, bytes);
      },
    ],
    ['is of a newer version', () => changeCatalog(script.home, (db) => void db.pragma('user_version = 99'))],
  ])('since it %s: doctor exits 1, others exit 6, and it is left as it is', async (_what, damage) => {
    await add('Orders');
    damage();
    const before = readFileSync(catalog);
    for (const flags of [[], ['--fix']]) {
      const findings = await script.answer(doctorReportSchema, 1)`doctor ${flags}`;
      const [problem] = findings.filter(({ status }) => status === 'problem');
      expect(problem).toMatchObject({ check: 'catalog', fix: expect.stringMatching(/./) });
    }
    for (const verb of [['list'], ['show', 'Orders'], ['test', 'Orders'], ['delete', 'Orders', '--yes']]) {
      await script.refused(6)`connections ${verb}`;
    }
    expect(readFileSync(catalog).equals(before)).toBe(true);
  });

  test('since it is a link to somewhere else', async () => {
    await add('Orders');
    const elsewhere = join(script.directory, 'elsewhere.db');
    renameSync(catalog, elsewhere);
    symlinkSync(elsewhere, catalog);
    const findings = await script.answer(doctorReportSchema, 1)`doctor`;
    expect(codesOf(findings)).toContain('problem catalog_symlinked');
    await script.refused(6)`connections list`;
  });

  test('beside a cache of metadata that is a link in a circle, or to nothing', async () => {
    await add('Orders');
    const cache = join(script.home, 'metadata.db');
    for (const target of [cache, join(script.directory, 'nothing.db')]) {
      rmSync(cache, { force: true });
      symlinkSync(target, cache);
      const findings = await script.answer(doctorReportSchema, 1)`doctor`;
      expect(codesOf(findings), target).toEqual([
        'ok permissions_ok',
        'ok catalog_ok',
        'problem catalog_symlinked',
        'ok secrets_in_order',
      ]);
      expect(findings.find(({ code }) => code === 'catalog_symlinked')?.check).toBe('metadata');
    }
  });
});

describe('rows without secrets', () => {
  test('are reported with the command that mends them, and --fix leaves them alone', async () => {
    await add("It's gone; rm -rf");
    await add('Kept');
    changeCatalog(script.home, (db) => {
      db.exec(`DELETE FROM vault_items WHERE account =
        (SELECT secret_account FROM connections WHERE name <> 'Kept')`);
    });
    const saved = await script.saved();
    for (const flags of [[], ['--fix']]) {
      expect(await script.answer(doctorReportSchema, 1)`doctor ${flags}`).toContainEqual({
        check: 'secrets',
        status: 'problem',
        code: 'secret_missing',
        message: expect.stringContaining("It's gone; rm -rf"),
        fix: `jackfield connections edit 'It'\\''s gone; rm -rf' --password-stdin`,
      });
    }
    expect(await script.saved()).toEqual(saved);
    expect(await script.refused(5)`connections test ${"It's gone; rm -rf"}`).toMatchObject({
      code: 'secret_missing',
    });
    await script
      .given({ stdin: 'again' })
      .answer(connectionSchema)`connections edit ${"It's gone; rm -rf"} --password-stdin`;
    expect(codesOf(await script.answer(doctorReportSchema)`doctor`)).not.toContain('problem secret_missing');
  });
});

describe('secrets without rows', () => {
  test('are reported, and removed when asked; live ones are never touched', async () => {
    await add('Orders');
    await add('Bills');
    changeCatalog(script.home, (db) => {
      db.exec(`INSERT INTO secret_items (account, backend, state, connection_id, owner, created_at) VALUES
          ('left-1', 'vault', 'retired', 'gone', 'here:1', '2026-01-01T00:00:00.000Z'),
          ('left-2', 'vault', 'pending', 'gone', 'elsewhere:1', '2026-01-01T00:00:00.000Z');
        INSERT INTO vault_items (account, sealed) VALUES ('left-1', x'00'), ('left-2', x'00')`);
    });
    const items = () => {
      const accounts: string[] = [];
      changeCatalog(script.home, (db) => {
        accounts.push(
          ...db.prepare<[], string>('SELECT account FROM vault_items ORDER BY account').pluck().all(),
        );
      });
      return accounts;
    };
    const before = items();
    const reported = codesOf(await script.answer(doctorReportSchema, 1)`doctor`);
    expect(reported.filter((code) => code === 'problem secret_orphan')).toHaveLength(2);
    expect(items(), 'a report changes nothing').toEqual(before);

    const repaired = codesOf(await script.answer(doctorReportSchema)`doctor --fix`);
    expect(repaired.filter((code) => code === 'repaired secret_orphan')).toHaveLength(2);
    expect(items()).toEqual(before.filter((account) => !account.startsWith('left-')));
    expect([...secretLedger(script.home).values()]).toEqual(['live', 'live']);
    for (const name of ['Orders', 'Bills']) {
      const shown = await openTerminal(['connections', 'show', name, '--reveal'], {
        home: script.home,
        env: { JACKFIELD_KEY_FILE: join(script.directory, 'vault-key') },
      });
      expect((await shown.exit()).code).toBe(0);
      expect(shown.screen()).toContain(`password of ${name}`);
    }
  });

  test('are told without a passphrase, and the vault stays closed', async () => {
    await add('Orders');
    const locked = script.given({ env: { JACKFIELD_KEY_FILE: undefined } });
    expect(codesOf(await locked.answer(doctorReportSchema)`doctor --fix`)).toContain('ok secrets_in_order');
  });
});
