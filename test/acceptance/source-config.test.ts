import { execFileSync } from 'node:child_process';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { connectionListSchema, connectionSchema } from '../../src/connections/schema.ts';
import { discoverySchema, scheduleSchema, sourceConfigSchema } from '../../src/metadata/schema.ts';
import { askMetadata } from '../support/behind-our-back.ts';
import { newScript } from '../support/script.ts';
import { serverFor } from '../support/servers.ts';

/** What is decided of a source, the timer that keeps to it, and the other names of the same sources. */

async function withShop() {
  const server = serverFor(18);
  const database = await server.createDatabase('create table orders (id int); create table notes ()');
  const script = newScript().given({ stdin: server.superuser.password });
  await script.answer(connectionSchema)`connections add --role source --name Shop --host localhost
    --port ${server.port} --database ${database.name} --username ${server.superuser.name}
    --ssl-mode require --password-stdin`;
  return script;
}

test('source-config shows what is decided, saves what is said, and goes back to the defaults', async () => {
  const script = await withShop();
  const answer = script.answer(sourceConfigSchema);
  expect(await answer`connections source-config Shop`).toMatchObject({
    refreshEveryMs: 21_600_000,
    include: [],
    exclude: [],
    due: true,
    lastRefresh: null,
    snapshots: [],
  });
  await answer`connections source-config Shop --refresh-every off --include public.* --include app.*`;
  expect(await answer`connections source-config Shop --exclude *_audit`).toMatchObject({
    refreshEveryMs: null,
    include: ['public.*', 'app.*'],
    exclude: ['*_audit'],
    due: false,
  });
  expect(await answer`connections source-config Shop --include ${''}`).toMatchObject({
    include: [],
    exclude: ['*_audit'],
  });
  await script.answer(discoverySchema)`connections discover Shop`;
  const shown = await script.jackfield`connections source-config Shop --snapshots`;
  expect(shown.stdout).toContain('off: only when it is asked for');
  expect(shown.stdout).toMatch(/Newest snapshot .*, 2 relations, 1 column\n/);
  expect(shown.stdout).toMatch(/\nSNAPSHOT .*\n\d{4}-\d\d-\d\dT/);
  expect(await answer`connections source-config Shop --reset`).toMatchObject({
    refreshEveryMs: 21_600_000,
    exclude: [],
  });
});

test('source-config refuses what can not be, and saves nothing of it', async () => {
  const script = await withShop();
  for (const flags of [
    ['--refresh-every', '59s'],
    ['--refresh-every', '366d'],
    ['--refresh-every', '6'],
    ['--refresh-every', 'never'],
    ['--include', 'a\nb'],
  ]) {
    const { code } = await script.refused(2)`connections source-config Shop --exclude x ${flags}`;
    expect([flags, code]).toEqual([flags, 'bad_value']);
  }
  for (const flags of [
    ['--exclude', '', '--exclude', 'a'],
    ['--reset', '--exclude', 'a'],
  ]) {
    const { code } = await script.refused(2)`connections source-config Shop ${flags}`;
    expect([flags, code]).toEqual([flags, 'conflicting_flags']);
  }
  await script.refused(3)`connections source-config Nobody`;
  await script.answer(connectionSchema)`connections duplicate Shop --name Target`;
  const refused = await script.refused(4)`connections source-config Target --refresh-every 1h`;
  expect(refused).toMatchObject({
    code: 'not_a_source',
    fix: expect.stringContaining('jackfield connections duplicate Target --name Target-source --role source'),
  });
  const { exclude, refreshEveryMs } = await script.answer(sourceConfigSchema)`connections source-config Shop`;
  expect([exclude, refreshEveryMs]).toEqual([[], 21_600_000]);
});

test('the crontab line that schedule prints refreshes what is due, and says nothing when all goes well', async () => {
  const script = await withShop();
  const { cron, launchd } = await script.answer(scheduleSchema)`metadata schedule --every 30m`;
  const line = cron.split('\n').find((it) => !it.startsWith('#')) ?? '';
  expect(line).toMatch(/^\*\/30 \* \* \* \* /);
  expect(launchd).toContain(`<string>${script.home}</string>`);
  expect(cron + launchd).toContain('vault-key');

  const command = line.replace(/^(\S+ ){5}/, '').replaceAll('\\%', '%');
  const environment = { PATH: '/usr/bin:/bin', HOME: dirname(script.home) };
  const said = execFileSync('/bin/sh', ['-c', `${command} 2>&1`], { env: environment, encoding: 'utf8' });

  expect(said).toBe('');
  expect(askMetadata(script.home, 'SELECT relations FROM snapshots')).toEqual([2]);
  const plist = await script.jackfield`metadata schedule --format launchd`;
  expect(plist.stdout).toMatch(/^<\?xml .*<\/plist>\n$/s);
  expect((await script.refused(2)`metadata schedule --every 7m`).code).toBe('bad_value');
  // A variable that holds the passphrase itself is nothing for a file.
  const secret = script.given({ env: { JACKFIELD_PASSPHRASE: 'canary-77' } });
  expect((await secret.jackfield`metadata schedule`).stdout).not.toContain('canary-77');
});

test('data-sources are the same sources by other names', async () => {
  const script = await withShop();
  await script.answer(connectionSchema)`connections duplicate Shop --name Target`;
  expect((await script.answer(connectionListSchema)`data-sources list`).map(({ name }) => name)).toEqual([
    'Shop',
  ]);
  expect((await script.refused(2)`data-sources list --role destination`).code).toBe('conflicting_flags');
  const tables = await script.jackfield`data-sources tables Shop`;
  expect(tables.stdout).toMatch(/RELATION .*\n.*public\.notes .*\n.*public\.orders .*\n/);
  expect((await script.jackfield`connections discover Shop --output table`).stdout).toContain('RELATION ');
  expect((await script.jackfield`connections discover Shop`).stdout).not.toContain('RELATION ');
  const rows = await script.jackfield`data-sources query Shop ${'select 42 as answer'} --output csv`;
  expect(rows.stdout).toBe('answer\n42\n');
  for (const command of [
    ['tables', 'Target'],
    ['query', 'Target', 'select 1'],
  ]) {
    expect((await script.refused(4)`data-sources ${command}`).code).toBe('not_a_source');
  }
});
