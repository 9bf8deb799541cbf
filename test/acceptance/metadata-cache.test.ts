import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { connectionSchema, doctorReportSchema } from '../../src/connections/schema.ts';
import type { Discovery } from '../../src/metadata/discovery.ts';
import { discoverySchema, sourceConfigSchema } from '../../src/metadata/schema.ts';
import { ageMetadata, askMetadata } from '../support/behind-our-back.ts';
import { newScript, type Script } from '../support/script.ts';
import { majors, serverFor } from '../support/servers.ts';

/** What a connection's discovery is answered from, and when it is read again. */

const namesOf = ({ schemas }: Discovery) =>
  schemas.flatMap(({ name, relations }) => relations.map((relation) => `${name}.${relation.name}`));

async function connectedTo(major: (typeof majors)[number]) {
  const server = serverFor(major);
  const role = await server.createRole();
  const database = await server.createDatabase(`
    create schema app;
    create table app.orders (id int primary key, total int);
    create table app.notes (note text);
    grant usage on schema app to ${role.name};
    grant select on all tables in schema app to ${role.name};
  `);
  const script = newScript().given({ stdin: role.password });
  await script.answer(connectionSchema)`connections add --role source --name Shop --host localhost
    --port ${server.port} --database ${database.name} --username ${role.name}
    --ssl-mode verify-full --ssl-root-cert ${server.caFile} --password-stdin`;
  return {
    server,
    role,
    database,
    script,
    discover: script.answer(discoverySchema),
    change: (sql: string) => server.run(sql, database.name),
    /** How often the role has come in. */
    dials: async () => {
      const log = await server.log();
      return log.split('\n').filter((line) => line.includes(`connection authorized: user=${role.name} `))
        .length;
    },
    /** From now on the server refuses it. */
    lockOut: () => server.run(`alter role ${role.name} password 'another'`),
  };
}

const statusOf = (script: Script) => script.answer(sourceConfigSchema)`connections source-config Shop`;

describe.each(majors)('discover on PostgreSQL %i', (major) => {
  test('reads the database once, and then answers from what it found', async () => {
    const { script, discover, dials, change, lockOut } = await connectedTo(major);

    const first = await discover`connections discover Shop`;
    await change('create table app.later ()');
    const second = await discover`connections discover Shop`;

    expect(await dials()).toBe(1);
    expect(second).toEqual(first);
    expect(namesOf(second)).toEqual(['app.notes', 'app.orders']);
    ageMetadata(script.home, 2);
    await lockOut();
    const text = await script.jackfield`connections discover Shop`;
    expect(text.code).toBe(0);
    expect(text.stdout).toMatch(/^Shop {2}server .*, read 2 h ago\n/);
    expect(text.stderr).toBe('');
  });

  test('reads it again when it is due; nothing new makes no new snapshot', async () => {
    const { script, discover, dials, change } = await connectedTo(major);
    const first = await discover`connections discover Shop`;
    await script.answer(sourceConfigSchema)`connections source-config Shop --refresh-every 1h`;
    ageMetadata(script.home, 2);

    const again = await discover`connections discover Shop`;

    expect(await dials()).toBe(2);
    expect(again).toEqual({ ...first, takenAt: again.takenAt });
    const status = await statusOf(script);
    expect(status.snapshots).toHaveLength(1);
    expect(status.snapshots[0]?.takenAt).toBe(again.takenAt);
    expect(Date.parse(status.snapshots[0]?.checkedAt ?? '') - Date.parse(again.takenAt)).toBeGreaterThan(
      3_600_000,
    );
    expect((await script.jackfield`connections discover Shop`).stdout).toContain(
      'read 2 h ago, unchanged just now',
    );

    await change('alter table app.notes add column written date');
    ageMetadata(script.home, 2);
    const changed = await discover`connections discover Shop`;
    expect(changed.schemas[0]?.relations[0]?.columns.map(({ name }) => name)).toEqual(['note', 'written']);
    const { snapshots } = await statusOf(script);
    expect(snapshots.map(({ relations, columns }) => [relations, columns])).toEqual([
      [2, 4],
      [2, 3],
    ]);
    // Only what was changed has a row of its own; of the other table there is one row for both snapshots.
    expect(askMetadata(script.home, 'SELECT count(*) FROM relations')).toEqual([2]);
    expect(askMetadata(script.home, 'SELECT count(*) FROM relation_parts WHERE part = 1')).toEqual([3]);
  });

  test('shows what it has, with a warning, when it is due and the server refuses; --refresh is exit 7', async () => {
    const { script, discover, lockOut } = await connectedTo(major);
    const first = await discover`connections discover Shop`;
    ageMetadata(script.home, 7);
    await lockOut();

    const refused = await script.refused(7)`connections discover Shop --refresh`;
    const shown = await script.jackfield`connections discover Shop --json`;

    expect(refused.code).toBe('password_refused');
    expect(shown.code).toBe(0);
    expect(discoverySchema.parse(shown.json()).schemas).toEqual(first.schemas);
    expect(shown.stderr).toContain('warning: the metadata of Shop could not be refreshed: ');
    const status = await statusOf(script);
    expect(status).toMatchObject({ due: true, lastRefresh: { status: 'failed', code: 'password_refused' } });
    expect(status.snapshots).toHaveLength(1);
  });

  test('does not show what it found elsewhere: another database, other globs', async () => {
    const { script, server, discover, change, lockOut } = await connectedTo(major);
    await discover`connections discover Shop`;
    await script.answer(sourceConfigSchema)`connections source-config Shop --exclude notes`;
    expect(namesOf(await discover`connections discover Shop`)).toEqual(['app.orders']);
    // What is left out is not read either.
    expect(askMetadata(script.home, 'SELECT count(*) FROM relations WHERE until IS NULL')).toEqual([1]);
    await change('alter table app.orders rename to purchases');
    await script.answer(sourceConfigSchema)`connections source-config Shop --include app.pur*
      --include other.* --exclude ${''}`;
    expect(namesOf(await discover`connections discover Shop`)).toEqual(['app.purchases']);
    await script.answer(sourceConfigSchema)`connections source-config Shop --reset`;
    expect(namesOf(await discover`connections discover Shop`)).toEqual(['app.notes', 'app.purchases']);

    const other = await server.createDatabase();
    await script.answer(connectionSchema)`connections edit Shop --database ${other.name}`;
    expect((await statusOf(script)).snapshots[0]?.current).toBe(false);
    expect(namesOf(await discover`connections discover Shop`)).toEqual([]);
    await lockOut();
    await script.answer(connectionSchema)`connections edit Shop --database postgres`;
    expect((await script.refused(7)`connections discover Shop`).code).toBe('password_refused');
  });
});

describe('the cache of metadata', () => {
  test('is for its owner alone, and forgets a connection that is deleted', async () => {
    const { script, discover } = await connectedTo(18);
    await script.answer(connectionSchema)`connections duplicate Shop --name Target`;
    await discover`connections discover Shop`;
    await discover`connections discover Target`;
    for (const file of readdirSync(script.home)) {
      expect([file, (statSync(join(script.home, file)).mode & 0o777).toString(8)]).toEqual([file, '600']);
    }
    const counts = () =>
      ['sources', 'snapshots', 'relations', 'relation_parts'].map(
        (table) => askMetadata<number>(script.home, `SELECT count(*) FROM ${table}`)[0] ?? 0,
      );
    const both = counts();
    expect((await script.jackfield`connections delete Target --yes`).code).toBe(0);
    expect(counts()).toEqual(both.map((count) => count / 2));
    expect((await script.jackfield`connections delete Shop --yes`).code).toBe(0);
    expect(counts()).toEqual([0, 0, 0, 0]);
  });

  test.each([
    ['metadata_not_a_database', 0],
    ['metadata_damaged', 4096],
  ])('that is damaged (%s) is said to be one, with what to do about it', async (code, from) => {
    const { script, discover } = await connectedTo(18);
    const first = await discover`connections discover Shop`;
    const file = join(script.home, 'metadata.db');
    const content = readFileSync(file);
    writeFileSync(file, content.fill(7, from));

    const refused = await script.refused(6)`connections discover Shop --refresh`;
    const found = await script.answer(doctorReportSchema, 1)`doctor`;

    expect(refused.code).toBe(code);
    expect(refused.message).toContain('metadata cache');
    expect(refused.fix).toContain(`rm -f ${file} ${file}-wal ${file}-shm`);
    expect(found.filter(({ check }) => check === 'metadata')).toMatchObject([{ status: 'problem', code }]);
    // The catalog and its secrets are looked at all the same.
    expect(found.map(({ code: it }) => it)).toContain('secrets_in_order');
    execFileSync('/bin/sh', ['-c', /rm .*/.exec(refused.fix ?? '')?.[0] ?? 'false']);
    const again = await discover`connections discover Shop`;
    expect(again.schemas).toEqual(first.schemas);
    expect(await script.answer(doctorReportSchema)`doctor`).toContainEqual(
      expect.objectContaining({ check: 'metadata', status: 'ok', code: 'metadata_ok' }),
    );
  });
});
