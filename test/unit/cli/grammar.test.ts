import { describe, expect, it } from 'vitest';
import { verbs } from '../../../src/cli/verbs.ts';
import { readCommandLine } from '../../support/command-line.ts';

type Row = [argv: readonly string[], options: unknown];

const aWish = (fields: object) => ({
  tables: [],
  publication: null,
  slot: null,
  publish: null,
  failover: false,
  identityFull: false,
  publicationOnly: false,
  ...fields,
});

const aStatus = (fields: object) => ({
  name: 'orders',
  given: { publication: null, slot: null },
  limits: { maxLag: null, maxRetained: null },
  watch: null,
  timeoutMs: 30_000,
  ...fields,
});

/** What every verb with an endpoint's flags reads from all of them. */
const endpointFlags: Row[] = [
  [['--url', 'postgresql://db/shop'], { url: 'postgresql://db/shop' }],
  [['--url-stdin'], { urlStdin: true }],
  [['--url-env', 'DATABASE_URL'], { urlEnv: 'DATABASE_URL' }],
  [['--host', 'db1,db2', '--port', '6432'], { host: 'db1,db2', port: 6432 }],
  [['--host=db', '--database=a=b'], { host: 'db', database: 'a=b' }],
  [['--database', 'shop', '--username', 'reader'], { database: 'shop', username: 'reader' }],
  [['--schema', 'sales', '--ssl-mode', 'verify-full'], { schema: 'sales', sslMode: 'verify-full' }],
  [['--ssl-root-cert', 'system'], { sslRootCert: 'system' }],
  [['--ssl-root-cert', ''], { sslRootCert: '' }],
  [['--ssl-cert', 'a', '--ssl-key', 'b', '--ssl-crl', 'c'], { sslCert: 'a', sslKey: 'b', sslCrl: 'c' }],
  [['--option', 'a=1', '--option', 'b=x=y', '--option', 'c='], { option: { a: '1', b: 'x=y', c: '' } }],
  [['--password-stdin'], { passwordStdin: true }],
  [['--password-env', 'PW', '--password-file', 'f'], { passwordEnv: 'PW', passwordFile: 'f' }],
  [['--password-ref', 'cmd:pass show orders'], { passwordRef: 'cmd:pass show orders' }],
  [['--no-password'], { password: false }],
  [['--ssl-key-password-stdin'], { sslKeyPasswordStdin: true }],
  [['--ssl-key-password-env', 'PW'], { sslKeyPasswordEnv: 'PW' }],
  [['--ssl-key-password-file', 'f'], { sslKeyPasswordFile: 'f' }],
  [['--ssl-key-password-ref', 'env:PW'], { sslKeyPasswordRef: 'env:PW' }],
  // The last one counts, as in most programs: a script may append to what it was given.
  [['--host', 'a', '--host', 'b'], { host: 'b' }],
];
const savingFlags: Row[] = [
  [['--test', '--save-anyway', '--timeout', '1.5s'], { test: true, saveAnyway: true, timeout: 1500 }],
  [['--no-test'], { test: false }],
  [['--tag', 'a', '--tag', 'b'], { tag: ['a', 'b'] }],
];

/** One table a verb: what is typed after it, and what its run function is given. */
const tables: Record<string, Row[]> = {
  'connections list': [
    [[], { filter: {} }],
    [['--role', 'all'], { filter: {} }],
    [['--role', 'destination', '--search', 'neon'], { filter: { role: 'destination', search: 'neon' } }],
    [['--search', ''], { filter: { search: '' } }],
    [
      ['--connector', 'postgres', '--status', 'never'],
      { filter: { connector: 'postgres', status: 'never' } },
    ],
    [['--used'], { filter: { used: true } }],
    [['--unused'], { filter: { used: false } }],
    [['--tag', 'a', '--tag', 'b'], { filter: { tags: ['a', 'b'] } }],
  ],
  'connections catalog': [
    [[], { role: null }],
    [['--role', 'source'], { role: 'source' }],
  ],
  'connections add': [
    [[], { connector: 'postgres', flags: {} }],
    [['memory', '--role', 'source'], { connector: 'memory', flags: { role: 'source' } }],
    [['--name', '-odd'], { connector: 'postgres', flags: { name: '-odd' } }],
    ...[...endpointFlags, ...savingFlags].map(
      ([argv, flags]): Row => [argv, { connector: 'postgres', flags }],
    ),
  ],
  'connections show': [
    [['orders'], { name: 'orders', reveal: false }],
    [['--reveal', 'the orders'], { name: 'the orders', reveal: true }],
    [['--', '-odd'], { name: '-odd', reveal: false }],
  ],
  'connections edit': [
    [['orders', '--rename', 'stock'], { name: 'orders', flags: { rename: 'stock' } }],
    ...[...endpointFlags, ...savingFlags].map(
      ([argv, flags]): Row => [['orders', ...argv], { name: 'orders', flags }],
    ),
  ],
  'connections duplicate': [
    [['orders'], { name: 'orders', copy: { name: undefined } }],
    [['orders', '--name', 'copy'], { name: 'orders', copy: { name: 'copy' } }],
    [['orders', '--role', 'source'], { name: 'orders', copy: { name: undefined, role: 'source' } }],
  ],
  'connections rotate': [
    [['orders'], { name: 'orders', flags: { test: true } }],
    [['orders', '--password-stdin'], { name: 'orders', flags: { test: true, passwordStdin: true } }],
    [
      ['orders', '--password-env', 'NEW', '--password-file', 'f', '--no-test', '--timeout', '5s'],
      {
        name: 'orders',
        flags: { test: false, passwordEnv: 'NEW', passwordFile: 'f', timeout: 5000 },
      },
    ],
  ],
  'connections test': [
    [[], { names: [], flags: {} }],
    [['a', 'b'], { names: ['a', 'b'], flags: {} }],
    [
      ['--all', '--role', 'source', '--tag', 'x', '--tag', 'y'],
      { names: [], flags: { all: true, role: 'source', tag: ['x', 'y'] } },
    ],
    [['--concurrency', '32', '--timeout', '2m'], { names: [], flags: { concurrency: 32, timeout: 120_000 } }],
    [['--allow-empty'], { names: [], flags: { allowEmpty: true } }],
    [['--file', 'f', '--trust-file'], { names: [], flags: { file: 'f', trustFile: true } }],
    [['--shard', '2/4'], { names: [], flags: { shard: { index: 2, count: 4 } } }],
    [['--fail-on', 'warned'], { names: [], flags: { failOn: 'warned' } }],
    [
      ['--report', 'junit=a=b.xml', '--report', 'github', '--report', 'json=c'],
      {
        names: [],
        flags: {
          report: [{ format: 'junit', file: 'a=b.xml' }, { format: 'github' }, { format: 'json', file: 'c' }],
        },
      },
    ],
    [['--name', 'n', '--connector', 'c'], { names: [], flags: { name: 'n', connector: 'c' } }],
    ...endpointFlags.map(([argv, flags]): Row => [['orders', ...argv], { names: ['orders'], flags }]),
  ],
  'connections history': [
    [['orders'], { name: 'orders', limit: 20 }],
    [['orders', '--limit', '200'], { name: 'orders', limit: 200 }],
  ],
  'connections discover': [
    [['orders'], aDiscovery({})],
    [
      ['orders', '--schema', 'a*', '--schema', 'b', '--table', 'x.*', '--search', 'e', '--timeout', '90'],
      aDiscovery({
        filter: { schemas: ['a*', 'b'], tables: ['x.*'], search: 'e' },
        timeoutMs: 90_000,
      }),
    ],
    [['orders', '--refresh'], aDiscovery({ refresh: true })],
    [['orders', 'app.t', '--details'], aDiscovery({ relation: 'app.t', details: true })],
    [['orders', 'app.t', '--explore'], aDiscovery({ relation: 'app.t', explore: true })],
  ],
  'connections cdc check': [
    [['orders'], { name: 'orders', tables: [], timeoutMs: 30_000, reports: [], failOn: 'failed' }],
    [
      ['orders', '--table', 'a.*', '--table', 'b', '--timeout', '5s'],
      { name: 'orders', tables: ['a.*', 'b'], timeoutMs: 5000, reports: [], failOn: 'failed' },
    ],
    [
      ['o', '--report', 'github', '--report', 'junit=j.xml', '--fail-on', 'warned'],
      {
        name: 'o',
        tables: [],
        timeoutMs: 30_000,
        reports: [{ format: 'github' }, { format: 'junit', file: 'j.xml' }],
        failOn: 'warned',
      },
    ],
  ],
  'connections cdc plan': [
    [['orders', '--table', 'a'], { name: 'orders', wish: aWish({ tables: ['a'] }), timeoutMs: 30_000 }],
    [['orders', '--failover'], { name: 'orders', wish: aWish({ failover: true }), timeoutMs: 30_000 }],
  ],
  'connections cdc setup': [
    [['orders'], { name: 'orders', wish: aWish({}), yes: false, timeoutMs: 120_000 }],
    [
      [
        'orders',
        '--publication',
        'p',
        '--slot',
        's',
        '--publish',
        'delete, insert',
        '--yes',
        '--timeout',
        '9m',
      ],
      {
        name: 'orders',
        wish: aWish({ publication: 'p', slot: 's', publish: ['insert', 'delete'] }),
        yes: true,
        timeoutMs: 540_000,
      },
    ],
    [
      ['orders', '--replica-identity-full', '--publication-only'],
      {
        name: 'orders',
        wish: aWish({ identityFull: true, publicationOnly: true }),
        yes: false,
        timeoutMs: 120_000,
      },
    ],
  ],
  'connections cdc status': [
    [['orders'], aStatus({})],
    [
      ['orders', '--max-lag', '1GiB', '--max-retained', '500MB', '--slot', 's'],
      aStatus({
        limits: { maxLag: 1024 ** 3, maxRetained: 500 * 1024 ** 2 },
        given: { publication: null, slot: 's' },
      }),
    ],
    [['orders', '--watch'], aStatus({ watch: { intervalMs: 2000, count: null } })],
    [
      ['orders', '--watch', '--interval', '500ms', '--count', '3'],
      aStatus({ watch: { intervalMs: 500, count: 3 } }),
    ],
  ],
  'connections cdc teardown': [
    [
      ['orders'],
      {
        name: 'orders',
        wish: { publication: null, slot: null, force: false },
        yes: false,
        timeoutMs: 60_000,
      },
    ],
    [
      ['orders', '--yes', '--force', '--slot', 's'],
      { name: 'orders', wish: { publication: null, slot: 's', force: true }, yes: true, timeoutMs: 60_000 },
    ],
  ],
  'connections source-config': [
    [['orders'], { name: 'orders', changes: null, snapshots: false }],
    [['orders', '--snapshots'], { name: 'orders', changes: null, snapshots: true }],
    [
      ['orders', '--refresh-every', '30m'],
      { name: 'orders', changes: { refreshEveryMs: 1_800_000 }, snapshots: false },
    ],
    [
      ['orders', '--refresh-every', 'off'],
      { name: 'orders', changes: { refreshEveryMs: null }, snapshots: false },
    ],
    [
      ['orders', '--include', 'a.*', '--include', 'b', '--exclude', ''],
      { name: 'orders', changes: { include: ['a.*', 'b'], exclude: [] }, snapshots: false },
    ],
    [
      ['orders', '--reset'],
      { name: 'orders', changes: { refreshEveryMs: 21_600_000, include: [], exclude: [] }, snapshots: false },
    ],
  ],
  'data-sources list': [[['--search', 'neon'], { filter: { search: 'neon' } }]],
  'data-sources tables': [
    [['orders', '--schema', 'a'], aDiscovery({ filter: { schemas: ['a'], tables: [], search: null } })],
  ],
  'data-sources query': [
    [['orders', 'select 1'], aQuery({ source: { text: 'select 1', file: null, editor: false } })],
  ],
  'metadata refresh': [
    [[], { names: [], flags: {} }],
    [['a', 'b', '--due'], { names: ['a', 'b'], flags: { due: true } }],
    [
      ['--all', '--concurrency', '9', '--timeout', '1m', '--report', 'junit=f'],
      {
        names: [],
        flags: { all: true, concurrency: 9, timeout: 60_000, report: [{ format: 'junit', file: 'f' }] },
      },
    ],
    [['--allow-empty', '--only-failed'], { names: [], flags: { allowEmpty: true, onlyFailed: true } }],
  ],
  'metadata schedule': [
    [[], { everyMs: 900_000, format: null }],
    [['--every', '1h', '--format', 'systemd'], { everyMs: 3_600_000, format: 'systemd' }],
  ],
  'connections query': [
    [['orders'], aQuery({})],
    [['orders', 'select 1'], aQuery({ source: { text: 'select 1', file: null, editor: false } })],
    [['orders', '--file', 'a.sql'], aQuery({ source: { text: null, file: 'a.sql', editor: false } })],
    [
      ['orders', '--editor', '--write'],
      aQuery({ source: { text: null, file: null, editor: true }, write: true }),
    ],
    [['orders', '--limit', '0', '--timeout', 'off'], aQuery({ limit: 0, timeoutMs: 0 })],
    [['orders', '--limit', '50', '--timeout', '2m'], aQuery({ limit: 50, timeoutMs: 120_000 })],
    [
      ['orders', '--param', 'a=1', '--param', 'b=x=y', '--no-history'],
      aQuery({
        parameters: new Map([
          ['a', '1'],
          ['b', 'x=y'],
        ]),
        history: false,
      }),
    ],
  ],
  'connections diff': [
    [['orders'], { name: 'orders', other: null, flags: {} }],
    [['shop', 'warehouse'], { name: 'shop', other: 'warehouse', flags: {} }],
    [['orders', '--since', '2d'], { name: 'orders', other: null, flags: { since: { agoMs: 172_800_000 } } }],
    [['orders', '--since', '#7'], { name: 'orders', other: null, flags: { since: { snapshot: 7 } } }],
    [
      ['orders', '--since', '2026-03-01'],
      { name: 'orders', other: null, flags: { since: { at: new Date('2026-03-01T00:00:00Z') } } },
    ],
    [
      ['a', 'b', '--map', 'app=landing', '--map', 'a=b=c'],
      {
        name: 'a',
        other: 'b',
        flags: {
          map: new Map([
            ['app', 'landing'],
            ['a', 'b=c'],
          ]),
        },
      },
    ],
    [
      [
        'a',
        '--baseline',
        'f.json',
        '--ignore',
        'index_*',
        '--ignore',
        'owner_changed',
        '--fail-on',
        'breaking',
      ],
      {
        name: 'a',
        other: null,
        flags: { baseline: 'f.json', ignore: ['index_*', 'owner_changed'], failOn: 'breaking' },
      },
    ],
    [
      ['a', '--schema', 'app', '--table', 'a*', '--cached', '--timeout', '10s'],
      { name: 'a', other: null, flags: { schema: ['app'], table: ['a*'], cached: true, timeout: 10_000 } },
    ],
    [
      ['--file', 'c.yaml', '--trust-file', 'a', 'b', '--refresh'],
      { name: 'a', other: 'b', flags: { file: 'c.yaml', trustFile: true, refresh: true } },
    ],
  ],
  'connections exec': [
    [['a', '--', 'psql', '-c', 'x y'], { name: 'a', command: ['psql', '-c', 'x y'], urlVariable: null }],
    [
      ['a', '--env-url', 'DATABASE_URL', '--', 'env', '--json', '--'],
      { name: 'a', command: ['env', '--json', '--'], urlVariable: 'DATABASE_URL' },
    ],
    [['a', 'psql'], { name: 'a', command: ['psql'], urlVariable: null }],
  ],
  'connections import': [
    [[], { file: null, flags: {} }],
    [
      ['f', '--from', 'dbt', '--role', 'destination'],
      { file: 'f', flags: { from: 'dbt', role: 'destination' } },
    ],
    [['-', '--dry-run', '--yes'], { file: '-', flags: { dryRun: true, yes: true } }],
    [
      ['--url-env', 'A', '--url-env', 'B', '--name', 'n'],
      { file: null, flags: { urlEnv: ['A', 'B'], name: 'n' } },
    ],
    [
      ['f', '--update', '--rename-conflicts', '--trust-file', '--tag', 'a', '--tag', 'b'],
      { file: 'f', flags: { update: true, renameConflicts: true, trustFile: true, tag: ['a', 'b'] } },
    ],
    [['f', '--credentials', 'c'], { file: 'f', flags: { credentials: 'c' } }],
  ],
  'connections export': [
    [[], { names: [], flags: {} }],
    [['a', 'b', '--format', 'pg-service'], { names: ['a', 'b'], flags: { format: 'pg-service' } }],
    [
      ['--role', 'source', '--tag', 't', '--file', 'f', '--overwrite', '--with-secrets'],
      { names: [], flags: { role: 'source', tag: ['t'], file: 'f', overwrite: true, withSecrets: true } },
    ],
  ],
  'connections delete': [
    [['a', 'b'], { names: ['a', 'b'], yes: false, force: false }],
    [['a', '--yes', '--force'], { names: ['a'], yes: true, force: true }],
  ],
  'pipelines list': [
    [[], {}],
    [
      ['--connection', 'shop', '--state', 'paused', '--disconnected'],
      { connection: 'shop', state: 'paused', disconnected: true },
    ],
  ],
  'pipelines add': [
    [
      ['nightly', '--source', 'a', '--destination', 'b'],
      { name: 'nightly', flags: { source: 'a', destination: 'b' } },
    ],
    [
      ['n', '--table', 'app.a', '--table', 'app."b.c"', '--paused', '--schedule', 'daily', '--owner', 'me'],
      { name: 'n', flags: { table: ['app.a', 'app."b.c"'], paused: true, schedule: 'daily', owner: 'me' } },
    ],
    [['n', '--destination-schema', 'landing'], { name: 'n', flags: { destinationSchema: 'landing' } }],
  ],
  'pipelines show': [[['nightly'], { name: 'nightly' }]],
  'pipelines edit': [
    [['n'], { name: 'n', flags: {} }],
    [
      ['n', '--rename', 'm', '--table', 'app.a', '--table', 'app.b', '--destination-schema', ''],
      { name: 'n', flags: { rename: 'm', table: ['app.a', 'app.b'], destinationSchema: '' } },
    ],
    [
      ['n', '--add-table', 'a.b', '--remove-table', 'c.d', '--schedule', 'daily', '--owner', ''],
      { name: 'n', flags: { addTable: ['a.b'], removeTable: ['c.d'], schedule: 'daily', owner: '' } },
    ],
  ],
  'pipelines retarget': [
    [['nightly', '--source', 'a'], { name: 'nightly', flags: { source: 'a', test: true } }],
    [['n', '--destination', 'b', '--no-test'], { name: 'n', flags: { destination: 'b', test: false } }],
    [
      ['--from', 'a', '--to', 'b', '--timeout', '3s'],
      { name: undefined, flags: { from: 'a', to: 'b', test: true, timeout: 3000 } },
    ],
  ],
  'pipelines pause': [[['a', 'b'], { names: ['a', 'b'] }]],
  'pipelines resume': [[['a'], { names: ['a'] }]],
  'pipelines check': [
    [['a', 'b'], { names: ['a', 'b'], flags: {} }],
    [
      [
        '--all',
        '--concurrency',
        '2',
        '--timeout',
        '5s',
        '--report',
        'github',
        '--fail-on',
        'warned',
        '--allow-empty',
      ],
      {
        names: [],
        flags: {
          all: true,
          concurrency: 2,
          timeout: 5000,
          report: [{ format: 'github' }],
          failOn: 'warned',
          allowEmpty: true,
        },
      },
    ],
  ],
  'pipelines delete': [
    [['a', 'b'], { names: ['a', 'b'], yes: false }],
    [['a', '--yes'], { names: ['a'], yes: true }],
  ],
  apply: [
    [[], {}],
    [
      ['--file', 'f.yaml', '--dry-run', '--prune', '--yes', '--trust-file'],
      { file: 'f.yaml', dryRun: true, prune: true, yes: true, trustFile: true },
    ],
  ],
  'secrets status': [[[], undefined]],
  'secrets init': [
    [[], { prefer: null }],
    [['--backend', 'vault'], { prefer: 'vault' }],
  ],
  'secrets rotate': [[[], undefined]],
  'secrets move': [
    [[], {}],
    [['--to', 'vault'], { to: 'vault' }],
  ],
  'config list': [[[], undefined]],
  'config get': [[['output'], { key: 'output' }]],
  'config set': [[['output', 'json'], { key: 'output', value: 'json' }]],
  'config unset': [
    [['output'], { key: 'output', all: false }],
    [['--all'], { key: null, all: true }],
  ],
  doctor: [
    [[], {}],
    [['--fix'], { fix: true }],
  ],
  completion: [[['zsh'], { shell: 'zsh' }]],
  schema: [
    [[], { name: null }],
    [['plan'], { name: 'plan' }],
  ],
};

/** What discover is given when nothing is said but the name, and then this. */
function aDiscovery(said: object): object {
  return {
    name: 'orders',
    relation: null,
    filter: { schemas: [], tables: [], search: null },
    refresh: false,
    details: false,
    explore: false,
    timeoutMs: 300_000,
    ...said,
  };
}

/** What query is given when nothing is said but the name, and then this. */
function aQuery(said: object): object {
  return {
    name: 'orders',
    source: { text: null, file: null, editor: false },
    write: false,
    limit: undefined,
    timeoutMs: undefined,
    parameters: new Map(),
    history: true,
    ...said,
  };
}

it('has a table for every verb', () => {
  expect(Object.keys(tables).sort()).toEqual(verbs.map(({ path }) => path).sort());
});

describe.each(Object.entries(tables))('jackfield %s', (path, rows) => {
  it.each(rows)('%j', async (argv, options) => {
    const read = await readCommandLine(...path.split(' '), ...argv);
    expect(read).toMatchObject({ verb: path, ended: 'run', stdout: '', stderr: '' });
    expect(withoutDefaults(read.options)).toEqual(options);
  });
});

/** commander sets `password` to true where `--no-password` is not given. */
function withoutDefaults(options: unknown): unknown {
  if (typeof options !== 'object' || options === null || !('flags' in options)) return options;
  const flags = { ...(options.flags as Record<string, unknown>) };
  if (flags.password === true) delete flags.password;
  return { ...options, flags };
}

describe('other names', () => {
  it.each([
    [['conn', 'list'], 'connections list'],
    [['conn', 'ls'], 'connections list'],
    [['connections', 'ls'], 'connections list'],
    [['connections', 'rm', 'orders'], 'connections delete'],
    [['pipelines', 'rm', 'nightly'], 'pipelines delete'],
    [['pipelines', 'ls'], 'pipelines list'],
  ])('%j', async (argv, verb) => {
    expect(await readCommandLine(...argv)).toMatchObject({ verb });
  });
});

describe('the flags that every command takes', () => {
  it.each<[string[], object]>([
    [[], { input: true, color: true }],
    [['--output', 'yaml'], { output: 'yaml' }],
    [['--json'], { json: true }],
    [['--no-input'], { input: false }],
    [['--quiet', '--debug'], { quiet: true, debug: true }],
    [['--no-color'], { color: false }],
    [['--home', '/tmp/x'], { home: '/tmp/x' }],
  ])('stand before, between and after the words of a command: %j', async (flags, expected) => {
    for (const argv of [
      [...flags, 'connections', 'list'],
      ['connections', ...flags, 'list'],
      ['connections', 'list', ...flags],
      ['connections', 'list', '--used', ...flags],
      [...flags, 'doctor'],
      ['doctor', ...flags],
    ]) {
      expect((await readCommandLine(...argv)).globals).toMatchObject(expected);
    }
  });
});
