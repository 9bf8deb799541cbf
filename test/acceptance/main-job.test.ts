import { describe, expect, test } from 'vitest';
import { jackfield, newHome } from '../support/program.ts';
import { majors, serverFor } from '../support/servers.ts';

// Also run against the installed package, by .ci/run.

interface Listed {
  name: string;
  role: string;
  host: string;
  database: string;
  secret: { kind: string };
  lastTest: { status: string; serverVersion: string | null };
  lastPassedAt: string | null;
}

interface Tested {
  connection: string;
  status: string;
  stages: { stage: string; status: string }[];
  server: { version: string; tls: object | null } | null;
}

interface Discovered {
  schemas: { name: string; relations: { name: string; columns: { name: string; type: string }[] }[] }[];
}

describe.each(majors)('the main job on PostgreSQL %i', (major) => {
  test('a connection is added, tested, discovered, listed and deleted', async () => {
    const server = serverFor(major);
    const role = await server.createRole();
    const database = await server.createDatabase(`
      create table orders (id bigint primary key, placed timestamptz not null, note varchar(40));
      grant select on orders to ${role.name};
    `);
    const home = newHome();
    const env = { JACKFIELD_PASSPHRASE: 'opens the vault of a test' };
    const run = (args: string[], stdin?: string) =>
      jackfield([...args, '--json', '--no-input'], { home, env, ...(stdin === undefined ? {} : { stdin }) });

    const added = await run(
      [
        ...['connections', 'add', 'postgres', '--role', 'source', '--name', 'Orders'],
        ...['--host', server.host, '--port', String(server.port), '--database', database.name],
        ...['--username', role.name, '--password-stdin'],
        ...['--ssl-mode', 'verify-full', '--ssl-root-cert', server.caFile],
      ],
      `${role.password}\n`,
    );
    expect(added.code, added.stderr).toBe(0);

    const tested = await run(['connections', 'test', 'Orders']);
    expect(tested.code, tested.stdout + tested.stderr).toBe(0);
    const [result, ...others] = tested.json<Tested[]>();
    expect(others).toEqual([]);
    expect(result?.connection).toBe('Orders');
    expect(result?.stages.filter(({ status }) => status === 'failed' || status === 'skipped')).toEqual([]);
    expect(result?.server?.version).toMatch(new RegExp(`^${major}\\.`));
    expect(result?.server?.tls).not.toBeNull();

    const discovered = await run(['connections', 'discover', 'Orders']);
    expect(discovered.code, discovered.stderr).toBe(0);
    const publicSchema = discovered.json<Discovered>().schemas.find(({ name }) => name === 'public');
    expect(
      publicSchema?.relations.map(({ name, columns }) => [name, columns.map(({ type }) => type)]),
    ).toEqual([['orders', ['bigint', 'timestamp with time zone', 'character varying(40)']]]);

    const listed = await run(['connections', 'list']);
    expect(listed.code, listed.stderr).toBe(0);
    expect(listed.json<Listed[]>()).toMatchObject([
      {
        name: 'Orders',
        role: 'source',
        host: server.host,
        database: database.name,
        lastTest: { status: result?.status, serverVersion: result?.server?.version },
        lastPassedAt: expect.any(String),
      },
    ]);

    const deleted = await run(['connections', 'delete', 'Orders', '--yes']);
    expect(deleted.code, deleted.stderr).toBe(0);
    expect((await run(['connections', 'list'])).json()).toEqual([]);

    for (const { stdout, stderr } of [added, tested, discovered, listed, deleted]) {
      expect(stdout + stderr).not.toContain(role.password);
    }
  });
});
