import { describe, expect, test } from 'vitest';
import { connectionListSchema, connectionSchema, presetListSchema } from '../../src/connections/schema.ts';
import { addPipeline } from '../support/pipelines.ts';
import { specialRoles } from '../support/postgres.ts';
import { newScript, type Script } from '../support/script.ts';
import { majors, serverFor } from '../support/servers.ts';

/** The names that a list with these flags shows, in its order. */
async function names(script: Script, ...flags: string[]): Promise<string[]> {
  const list = await script.answer(connectionListSchema)`connections list ${flags}`;
  return list.map(({ name }) => name);
}

describe('list', () => {
  test('an empty catalog says how to go on, and in JSON is an empty list', async () => {
    const script = newScript();

    const { stdout, code } = await script.jackfield`connections list`;

    expect(code).toBe(0);
    expect(stdout).toContain('jackfield connections add');
    expect(await script.saved()).toEqual([]);
  });

  test('each filter narrows it, and together they narrow further', async () => {
    const script = newScript();
    const common = ['--username', 'app', '--no-password'];
    const orders = await script.answer(connectionSchema)`connections add --role source --name Orders
      --host shop.c1a2b3.eu-west-1.rds.amazonaws.com --database shop --schema sales --tag prod --tag eu ${common}`;
    await script.answer(connectionSchema)`connections add --role destination --name Warehouse
      --host dwh.example.com --database analytics --tag prod ${common}`;
    await script.answer(connectionSchema)`connections add --role source --name Archive
      --host 10.1.2.3 --username loader --no-password`;
    await addPipeline(script, 'nightly load', { source: orders.id, destination: 'Warehouse' });

    // By name, by code point.
    expect(await names(script)).toEqual(['Archive', 'Orders', 'Warehouse']);
    expect(await names(script, '--role', 'all')).toEqual(['Archive', 'Orders', 'Warehouse']);
    expect(await names(script, '--role', 'source')).toEqual(['Archive', 'Orders']);
    expect(await names(script, '--role', 'destination')).toEqual(['Warehouse']);
    expect(await names(script, '--connector', 'postgres')).toHaveLength(3);
    expect(await names(script, '--connector', 'mysql')).toEqual([]);
    expect(await names(script, '--status', 'never')).toHaveLength(3);
    expect(await names(script, '--status', 'passed')).toEqual([]);
    expect(await names(script, '--used')).toEqual(['Orders', 'Warehouse']);
    expect(await names(script, '--unused')).toEqual(['Archive']);
    expect(await names(script, '--tag', 'prod')).toEqual(['Orders', 'Warehouse']);
    expect(await names(script, '--tag', 'prod', '--tag', 'eu')).toEqual(['Orders']);
    expect(await names(script, '--tag', 'prod', '--role', 'destination')).toEqual(['Warehouse']);

    const searches: [string, string[]][] = [
      ['ORD', ['Orders']],
      ['destination', ['Warehouse']],
      ['postgres', ['Archive', 'Orders', 'Warehouse']],
      ['rds', ['Orders']],
      ['example.com', ['Warehouse']],
      ['dwh.example.com:5432/analytics', ['Warehouse']],
      ['loader', ['Archive']],
      ['sales', ['Orders']],
      ['eu', ['Orders']],
      ['nightly', ['Orders', 'Warehouse']],
      ['never tested', ['Archive', 'Orders', 'Warehouse']],
      ['nowhere', []],
    ];
    for (const [text, found] of searches) {
      expect(await names(script, '--search', text), text).toEqual(found);
    }

    const nothing = await script.jackfield`connections list --search nowhere`;
    expect(nothing.code).toBe(0);
    expect(nothing.stdout).toContain('3 saved');
  });

  test('a row tells connector, provider, address and users, and warns until a test has passed', async () => {
    const script = newScript();
    const { id } = await script.answer(connectionSchema)`connections add --role source --name Orders
      --host db.abc.supabase.co --username app --no-password`;
    await addPipeline(script, 'nightly load', { source: id });
    await addPipeline(script, 'hourly load', { source: id });

    const { stdout } = await script.jackfield`connections list --role source`;

    const [header, row, ...others] = stdout.trimEnd().split('\n');
    expect(others).toEqual([]);
    expect(header).toMatch(/^NAME +ROLE +CONNECTOR +ADDRESS +USED BY +LAST TEST$/);
    expect(row).toMatch(
      /^Orders +source +postgres · supabase +db\.abc\.supabase\.co:5432\/postgres +hourly load, nightly load +! never tested$/,
    );
  });

  test('the short names of the verbs, and --home', async () => {
    const script = newScript();
    const other = newScript();
    await script.answer(connectionSchema)`conn add --role source --name Orders
      --host db.example.com --username app --no-password`;

    expect(await script.answer(connectionListSchema)`conn ls`).toHaveLength(1);
    expect(await other.saved()).toEqual([]);
    expect(await other.answer(connectionListSchema)`connections list --home ${script.home}`).toHaveLength(1);
    expect(await other.answer(connectionListSchema)`--home ${script.home} connections list`).toHaveLength(1);
    expect((await script.jackfield`conn rm Orders --yes`).code).toBe(0);
    expect(await script.saved()).toEqual([]);
  });
});

describe.each(majors)('list and show know the last test on PostgreSQL %i', (major) => {
  test('by status, with its age, its code and the server', async () => {
    const server = serverFor(major);
    const database = await server.createDatabase('create table orders (id int primary key)');
    const { trusted, noEntry } = specialRoles;
    await server.run(`grant select on orders to ${trusted.name}`, database.name);
    const script = newScript();
    const where = ['--role', 'source', '--host', 'localhost', '--port', `${server.port}`, '--no-password'];
    const tls = ['--ssl-mode', 'verify-full', '--ssl-root-cert', server.caFile];
    for (const [name, user, dbname] of [
      ['good', trusted.name, database.name],
      ['dead', noEntry.name, database.name],
      ['moved', trusted.name, database.name],
      ['new', trusted.name, database.name],
      ['empty', trusted.name, 'template1'],
    ] as const) {
      await script.answer(connectionSchema)`connections add --name ${name} --username ${user}
        --database ${dbname} ${where} ${tls}`;
    }
    await script.jackfield`connections test good dead moved empty`;
    await script.answer(connectionSchema)`connections edit moved --schema other`;

    const byStatus = async (status: string) => names(script, '--status', status);
    expect(await byStatus('passed')).toEqual(['good']);
    expect(await byStatus('warned')).toEqual(['empty']);
    expect(await byStatus('failed')).toEqual(['dead']);
    expect(await byStatus('changed')).toEqual(['moved']);
    expect(await byStatus('never')).toEqual(['new']);

    const { stdout } = await script.jackfield`connections list`;
    const lastTest = Object.fromEntries(
      stdout
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((line) => [line.split(' ')[0], line.split(/ {2,}/).at(-1)]),
    );
    expect(lastTest).toEqual({
      dead: expect.stringMatching(/^✗ failed (just now|\d+ s ago): no_pg_hba_entry, never passed$/),
      empty: expect.stringMatching(/^! warned (just now|\d+ s ago): schema_empty$/),
      good: expect.stringMatching(/^✓ passed (just now|\d+ s ago)$/),
      moved: '! changed since the test',
      new: '! never tested',
    });

    // Every word of such a cell is found.
    expect(await names(script, '--search', 'no_pg_hba_entry')).toEqual(['dead']);
    expect(await names(script, '--search', 'never passed')).toEqual(['dead']);
    expect(await names(script, '--search', 'never tested')).toEqual(['new']);
    expect(await names(script, '--search', 'changed since the test')).toEqual(['moved']);
    expect(await names(script, '--search', 'passed')).toEqual(['dead', 'good']);

    const shown = await script.jackfield`connections show dead`;
    expect(shown.stdout).toContain('no_pg_hba_entry');
    expect(shown.stdout).toContain(noEntry.name);
    expect(shown.stdout).toMatch(/Last passed +never/);
    expect(await script.answer(connectionSchema)`connections show good`).toMatchObject({
      lastTest: { status: 'passed', serverVersion: expect.stringMatching(new RegExp(`^${major}\\.`)) },
    });
  });
});

describe('show', () => {
  test('tells everything but the password, whose place it tells', async () => {
    const script = newScript().given({ stdin: 'hunter2' });
    const flags = ['--role', 'source', '--host', 'db.example.com', '--username', 'app'];
    await script.answer(connectionSchema)`connections add --name stored ${flags} --option keepalives=0
      --tag prod --password-stdin`;
    await script.answer(
      connectionSchema,
    )`connections add --name referred ${flags} --password-ref env:SHOP_PASSWORD`;
    await script.answer(connectionSchema)`connections add --name open ${flags} --no-password`;

    const stored = await script.jackfield`connections show stored`;
    expect(stored.stdout).toMatch(/Password +stored in the vault/);
    expect(stored.stdout).toMatch(/Option keepalives +0/);
    expect(stored.stdout).toMatch(/Tags +prod/);
    expect(stored.stdout).not.toContain('hunter2');
    expect((await script.jackfield`connections show referred`).stdout).toMatch(
      /Password +a reference, env:SHOP_PASSWORD/,
    );
    expect((await script.jackfield`connections show open`).stdout).toMatch(/Password +none/);
  });

  test('--reveal is for a terminal, and never in JSON', async () => {
    const script = newScript().given({ stdin: 'hunter2' });
    await script.answer(connectionSchema)`connections add --role source --name Orders
      --host db.example.com --username app --password-stdin`;

    const piped = await script.jackfield`connections show Orders --reveal`;
    const json = await script.refused(2)`connections show Orders --reveal`;

    expect(piped.code).toBe(4);
    expect(piped.stderr).toContain('terminal');
    expect(json.code).toBe('conflicting_flags');
    expect(piped.stdout + piped.stderr + JSON.stringify(json)).not.toContain('hunter2');
  });

  test('an unknown name is exit 3', async () => {
    const refused = await newScript().refused(3)`connections show Orders`;

    expect(refused).toMatchObject({
      code: 'no_such_connection',
      message: expect.stringContaining('"Orders"'),
      fix: expect.stringContaining('jackfield connections list'),
    });
  });
});

describe('catalog', () => {
  test('PostgreSQL is available now, with a preset for each provider, by role', async () => {
    const script = newScript();

    const presets = await script.answer(presetListSchema)`connections catalog`;
    const sources = await script.jackfield`connections catalog --role source`;
    const destinations = await script.jackfield`connections catalog --role destination`;

    expect(presets.map(({ provider }) => provider)).toEqual([
      ...['neon', 'rds', 'aurora', 'supabase', 'cloudsql', 'azure', 'self-hosted'],
    ]);
    for (const { connector, connectorTitle, status, roles, needs, defaults } of presets) {
      expect({ connector, connectorTitle, status, roles }).toEqual({
        connector: 'postgres',
        connectorTitle: 'PostgreSQL',
        status: 'available',
        roles: ['source', 'destination'],
      });
      expect(defaults).toMatchObject({ port: 5432, schema: 'public' });
      expect(needs.source).toMatch(/^[^\n]{20,}$/);
      expect(needs.destination).toMatch(/^[^\n]{20,}$/);
    }
    expect(sources.stdout).toMatch(/^Available now\n\nPostgreSQL/);
    expect(sources.stdout).toContain(`as a source: ${presets[0]?.needs.source}`);
    expect(sources.stdout).not.toContain('as a destination:');
    expect(destinations.stdout).toContain(`as a destination: ${presets[0]?.needs.destination}`);
    expect(destinations.stdout).not.toContain('as a source:');
  });
});
