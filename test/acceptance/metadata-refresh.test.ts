import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { connectionSchema } from '../../src/connections/schema.ts';
import type { RefreshResult } from '../../src/metadata/refresh-due.ts';
import { discoverySchema, refreshResultListSchema, sourceConfigSchema } from '../../src/metadata/schema.ts';
import { ageMetadata, askMetadata, until, watchMetadata } from '../support/behind-our-back.ts';
import { afterwards } from '../support/clean-up.ts';
import { freePort } from '../support/postgres.ts';
import { newScript, type Script } from '../support/script.ts';
import { majors, serverFor } from '../support/servers.ts';
import { parseXml } from '../support/xml.ts';

/** `metadata refresh`: what a timer calls. */

const rowsOf = (results: readonly RefreshResult[]) =>
  results.map(({ connection, status, code }) => [connection, status, code]);

const shop = 'create table orders (id int primary key, total int); create table notes (note text)';

/** A script that may save sources of a server under names of its own. */
async function withSources(major: (typeof majors)[number], ...names: string[]) {
  const server = serverFor(major);
  const database = await server.createDatabase(shop);
  const script = newScript().given({ stdin: server.superuser.password });
  const add = (name: string, role = 'source', port = server.port) =>
    script.answer(connectionSchema)`connections add --role ${role} --name ${name} --host localhost
      --port ${port} --database ${database.name} --username ${server.superuser.name}
      --ssl-mode require --password-stdin`;
  for (const name of names) await add(name);
  return { server, script, add, change: (sql: string) => server.run(sql, database.name) };
}

const refresh = (script: Script, exitCode = 0) => script.answer(refreshResultListSchema, exitCode);

describe.each(majors)('metadata refresh of sources on PostgreSQL %i', (major) => {
  test('reads all sources, those that are named, or those that are due', async () => {
    const { script, add, change } = await withSources(major, 'b', 'a');
    await add('landing', 'destination');

    expect(await refresh(script)`metadata refresh`).toMatchObject([
      { connection: 'a', status: 'refreshed', relations: 2, columns: 3, code: null },
      { connection: 'b', status: 'refreshed' },
    ]);
    expect(rowsOf(await refresh(script)`metadata refresh landing b`)).toEqual([
      ['b', 'unchanged', null],
      ['landing', 'refreshed', null],
    ]);
    expect(rowsOf(await refresh(script)`metadata refresh --all`)).toHaveLength(3);

    expect(await refresh(script)`metadata refresh --due`).toEqual([]);
    const nothing = await script.jackfield`metadata refresh --due`;
    expect([nothing.code, nothing.stdout, nothing.stderr]).toEqual([
      0,
      'Nothing was refreshed.\n',
      '✓ Nothing is due\n',
    ]);
    const timer = await script.jackfield`metadata refresh --due --quiet --only-failed`;
    expect([timer.code, timer.stdout, timer.stderr]).toEqual([0, '', '']);

    await script.answer(sourceConfigSchema)`connections source-config a --refresh-every 3h`;
    await add('c');
    await script.answer(sourceConfigSchema)`connections source-config c --refresh-every off`;
    await change('drop table notes');
    ageMetadata(script.home, 4);
    expect(await refresh(script)`metadata refresh --due`).toMatchObject([
      { connection: 'a', status: 'refreshed', relations: 1, columns: 2 },
    ]);
    ageMetadata(script.home, 3);
    expect(rowsOf(await refresh(script)`metadata refresh --due b c`)).toEqual([['b', 'refreshed', null]]);
  });

  test('of which one is dead goes on with the others, and is exit 1 with the cause in every report', async () => {
    const { script, add } = await withSources(major, 'alive', 'zoo');
    await add('dead', 'source', await freePort());
    const reports = ['junit', 'json', 'markdown'].map(
      (format) => `${format}=${join(script.directory, format)}`,
    );
    const flags = reports.flatMap((report) => ['--report', report]);

    const results = await refresh(script, 1)`metadata refresh ${flags}`;

    expect(rowsOf(results)).toEqual([
      ['alive', 'refreshed', null],
      ['dead', 'failed', 'connection_refused'],
      ['zoo', 'refreshed', null],
    ]);
    expect(results[1]).toMatchObject({
      relations: null,
      message: expect.any(String),
      fix: expect.any(String),
    });
    const report = (format: string) => readFileSync(join(script.directory, format), 'utf8');
    expect(JSON.parse(report('json'))).toEqual(results);
    const suite = parseXml(report('junit')).children[0];
    expect(suite?.attributes).toMatchObject({ tests: '3', failures: '1', skipped: '0' });
    expect(suite?.children.map(({ attributes }) => [attributes.classname, attributes.name])).toEqual([
      ['alive', 'refresh'],
      ['dead', 'refresh'],
      ['zoo', 'refresh'],
    ]);
    expect(report('markdown')).toContain('3 connections: 2 refreshed, 0 unchanged, 1 failed, 0 skipped');

    const person = await script.jackfield`metadata refresh`;
    expect(person.code).toBe(1);
    expect(person.stdout).toMatch(/✗ failed {5}dead {3}/);
    expect(person.stdout).toContain('3 connections: 0 refreshed, 2 unchanged, 1 failed, 0 skipped');
    const timer = await script.jackfield`metadata refresh --quiet --only-failed`;
    expect([timer.code, timer.stderr]).toEqual([1, '']);
    expect(timer.stdout).toContain('dead');
    expect(timer.stdout).not.toContain('alive');
    const silent = await script.jackfield`metadata refresh alive --quiet --only-failed`;
    expect([silent.code, silent.stdout, silent.stderr]).toEqual([0, '', '']);
  });
});

describe('metadata refresh', () => {
  test('with nothing to do is exit 2, but for a timer and where that is allowed', async () => {
    const script = newScript();
    expect((await script.refused(2)`metadata refresh`).code).toBe('nothing_to_refresh');
    expect(await refresh(script)`metadata refresh --allow-empty`).toEqual([]);
    expect(await refresh(script)`metadata refresh --due`).toEqual([]);
    expect((await script.refused(3)`metadata refresh nobody --due`).code).toBe('no_such_connection');
    const refused = await script.refused(
      2,
    )`metadata refresh --report json=${join(script.directory, 'no', 'f')}`;
    expect(refused.code).toBe('report_not_writable');
  });

  test('of a secret that can not be had is that source’s failure', async () => {
    const { script } = await withSources(18, 'alive');
    await script.answer(connectionSchema)`connections add --role source --name keyless --host localhost
      --username u --password-ref env:NOT_THERE`;
    expect(rowsOf(await refresh(script, 1)`metadata refresh`)).toEqual([
      ['alive', 'refreshed', null],
      ['keyless', 'failed', 'reference_missing'],
    ]);
  });

  test('that is interrupted keeps what was finished, and is exit 130', async () => {
    const { script, add } = await withSources(18, 'alive');
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    afterwards(() => void silent.close());
    const address = silent.address();
    await add('silent', 'source', typeof address === 'object' && address ? address.port : 0);
    const file = join(script.directory, 'report.json');

    const running = script.start`metadata refresh --report json=${file}`;
    const snapshots = () => askMetadata<number>(script.home, 'SELECT count(*) FROM snapshots')[0];
    await until('one is finished', () => {
      try {
        return snapshots() === 1;
      } catch {
        return false;
      }
    });
    running.kill('SIGINT');
    const ended = await running.done;

    expect(ended.code).toBe(130);
    expect(ended.stderr).toContain('interrupted: 1 of 2 were refreshed');
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject([
      { connection: 'alive', status: 'refreshed' },
    ]);
    expect(snapshots()).toBe(1);
    expect(askMetadata(script.home, 'SELECT count(*) FROM sources WHERE refreshing_by IS NOT NULL')).toEqual([
      0,
    ]);
    const status = await script.answer(sourceConfigSchema)`connections source-config silent`;
    expect(status.lastRefresh).toBeNull();
  });
});

describe('a refresh of two thousand tables', () => {
  const many = (kind: string) =>
    `do $$ begin for i in 1..2000 loop execute format('${kind}', i); end loop; end $$`;

  test('is done once when two do it at once, and outlives a kill in its midst', {
    timeout: 180_000,
  }, async () => {
    const { script, change } = await withSources(18, 'wide');
    await change(many('create table wide_%s (id int primary key, name text not null, note text)'));

    const [one, two] = await Promise.all([
      script.jackfield`metadata refresh --json`,
      script.jackfield`metadata refresh --json`,
    ]);
    expect([one.code, two.code], one.stderr + two.stderr).toEqual([0, 0]);
    const statuses = [one, two].map((it) => refreshResultListSchema.parse(it.json())[0]?.status);
    expect(statuses).toContain('refreshed');
    expect(['skipped', 'unchanged']).toContain(statuses.find((status) => status !== 'refreshed'));
    expect(askMetadata(script.home, 'SELECT relations FROM snapshots')).toEqual([2002]);

    await change(many('alter table wide_%s add column later date'));
    const before = await script.answer(discoverySchema)`connections discover wide`;
    // The moment between the first row and the end is short: it is tried until it is met.
    let killed = false;
    for (let attempt = 0; attempt < 10 && !killed; attempt += 1) {
      killed = await killInTheMidst(script);
      if (!killed) await change(many(`alter table wide_%s add column later_${attempt} date`));
    }
    expect(killed).toBe(true);

    const after = await script.answer(discoverySchema)`connections discover wide`;
    expect(after).toEqual(before);
    expect(rowsOf(await refresh(script)`metadata refresh wide`)).toEqual([['wide', 'refreshed', null]]);
    const now = await script.answer(discoverySchema)`connections discover wide`;
    const last = now.schemas[0]?.relations.find(({ name }) => name === 'wide_2000');
    expect(last?.columns.map(({ name }) => name)).toContain('later');
    expect(now.schemas[0]?.relations).toHaveLength(2002);
  });

  /** @returns whether it was met: there is a claim, and rows of a snapshot that is not there yet */
  async function killInTheMidst(script: Script): Promise<boolean> {
    const running = script.start`metadata refresh wide`;
    let hasEnded = false;
    const ending = running.done.then(() => {
      hasEnded = true;
    });
    const watch = watchMetadata(script.home);
    const isInTheMidst = () =>
      watch.ask(`SELECT count(*) FROM sources s WHERE refreshing_by IS NOT NULL
        AND EXISTS (SELECT 1 FROM relation_parts p WHERE p.source = s.id AND p.since = s.refreshing_number)`) ===
      1;
    while (!hasEnded && !isInTheMidst()) await new Promise((resolve) => setImmediate(resolve));
    running.kill('SIGKILL');
    await ending;
    return isInTheMidst();
  }
});
