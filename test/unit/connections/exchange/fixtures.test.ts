import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parseForeignData } from '../../../../src/cli/read-file.ts';
import { formatOf, importFormats } from '../../../../src/connections/exchange/formats.ts';
import type { ImportedItem } from '../../../../src/connections/exchange/imported.ts';
import { postgres } from '../../../../src/connectors/postgres/connector.ts';
import { parseReference } from '../../../../src/secrets/references.ts';

// Each fixture has the documented shape of its format, with passwords that are awkward in it.

const pathOf = (name: string) => fileURLToPath(new URL(`../../../fixtures/import/${name}`, import.meta.url));

const environment = {
  DBT_ENV_SECRET_PASSWORD: 'not stored',
  DBT_USER: 'from-the-environment',
  SLING_HOST: 'sling.example.com',
};

async function read(fixture: string, from?: string, companion?: string): Promise<ImportedItem[]> {
  const text = readFileSync(pathOf(fixture), 'utf8');
  const format = importFormats.find(({ name }) => name === from) ?? formatOf(fixture, text);
  return format.read({
    file: fixture,
    text,
    data: () => parseForeignData(text, fixture),
    environment,
    companion: async () => (companion === undefined ? null : readFileSync(pathOf(companion))),
    readReference: (it) => {
      const source = parseReference(it);
      if (source.kind === 'cmd') throw new Error('not in these tests');
      return source;
    },
    sealed: false,
  });
}

/** What an item says, in a line: where it leads, as whom, and its password or where that is. */
function told(item: ImportedItem): string {
  const where = `${item.origin.line} ${item.name}`;
  if (item.kind !== 'entry') return `${where}: ${item.kind}`;
  const { target } = item;
  try {
    const said =
      target.kind === 'endpoint'
        ? { endpoint: target.input, password: null }
        : postgres.readForeign(target.kind === 'url' ? target.url.reveal() : target.values);
    const { host, port, database, username, schema, sslMode } = said.endpoint;
    const password = said.password ? { kind: 'secret' as const, secret: said.password } : item.password;
    const secret =
      password === undefined
        ? 'silent'
        : password.kind === 'secret'
          ? `«${password.secret.reveal()}»`
          : password.kind === 'none'
            ? 'none'
            : password.reference;
    const place = `${username}@${host}:${port ?? ''}/${database}`;
    const more = [item.schema ?? schema, sslMode].filter((it) => it !== undefined);
    return `${where}: ${place} ${secret}${more.length > 0 ? ` ${more.join(' ')}` : ''}`;
  } catch {
    return `${where}: refused`;
  }
}

const rows: readonly [fixture: string, from: string | undefined, companion: string | undefined, string[]][] =
  [
    [
      'pg_service.conf',
      undefined,
      'pgpass',
      [
        `4 orders: app@db.example.com:6432/shop «p%40ss#w:rd\\ 'quoted' "twice" ü🔑» verify-full`,
        '14 billing: bill:ing@billing.example.com:/billing «back\\slash : and 100% #1» require',
        '21 wild: anyone@wild.example.com:/anyone «wild = card ü»',
        '25 several: app@a.example.com,b.example.com:5432/shop silent',
        '33 orders: skipped',
        '39 no-equals: bad',
        '43 directory: bad',
        '45 unknown-parameter: refused',
        '50 bad-mode: refused',
        '55 ungiven: undefined@undefined:5432/undefined silent',
      ],
    ],
    [
      'dotenv',
      'env',
      undefined,
      [
        '13 line 13: bad',
        '3 database: app@db.example.com:6432/shop «p@ss#w:rd» require',
        '4 orders-database: orders@orders.example.com:/orders «100% sure» sales',
        `5 reports: reports@reports.example.com:/reports «it's "quoted" $HOME»`,
        '6 jdbc: etl@jdbc.example.com:5433/warehouse «ü🔑» verify-full',
        '8 part: part@part.example.com:/part «secret»',
        '9 open: bad',
        // Its host holds an "@", which is refused when the endpoint is checked.
        '10 broken: u@ss@h:/d «p»',
        '11 redis: skipped',
        '12 mysql: skipped',
        '19 from_env: air@air.example.com:5432/air «fl/ow+x»',
        '14 pgdata: pguser@pg.example.com:/pgdata «single $quoted# `ticks`» require',
      ],
    ],
    [
      'profiles.yml',
      undefined,
      undefined,
      [
        '13 jaffle_shop-dev: alice@db.example.com:5432/jaffle env:DBT_ENV_SECRET_PASSWORD dbt_alice require',
        `23 jaffle_shop-prod: from-the-environment@db.example.com:6432/jaffle_prod «it's "50%" #1 @home: ü🔑 » analytics`,
        '30 jaffle_shop-digits: digits@db.example.com:5432/jaffle «00123» public',
        '36 jaffle_shop-unset: bad',
        '42 jaffle_shop-computed: bad',
        '52 snow-dev: skipped',
      ],
    ],
    [
      'airflow.json',
      undefined,
      undefined,
      [
        `2 orders_db: app@db.example.com:6432/shop «p@ss:w%rd#'" ü🔑\\» verify-full`,
        '12 no_extra: plain@plain.example.com:/plain «12345»',
        '22 as_uri: app@uri.example.com:5433/shop «p@ss/w#rd+x» require',
        '23 as_json_uri: app@uri2.example.com:/shop silent disable',
        '24 broken_extra: bad',
        '31 aws_iam: bad',
        '38 http_default: skipped',
        '44 warehouse: skipped',
      ],
    ],
    [
      'airflow.yaml',
      undefined,
      undefined,
      [
        '1 orders_db: app@db.example.com:6432/shop «100% "sure": #1 @ü » verify-full',
        '10 digits: 0042@digits.example.com:/shop «007»',
      ],
    ],
    [
      'airflow.env',
      undefined,
      undefined,
      [
        "1 orders_db: app@db.example.com:6432/shop «p@ss#w'rd %» verify-full",
        `2 as_json: app@json.example.com:5432/shop «it's #1 "x" ü» require`,
        '3 upper: up@upper.example.com:/shop «q»',
        '4 mail: skipped',
      ],
    ],
    [
      'data-sources.json',
      undefined,
      'credentials-config.json',
      [
        `6 Orders (prod): app@db.example.com:6432/shop «p@ss:w%rd#'" ü🔑\\» verify-full`,
        '39 by URL: etl@url.example.com:5433/warehouse «a&b=c d+e%» require',
        '49 tunnelled: bad',
        '66 the other shop: skipped',
      ],
    ],
    [
      'env.yaml',
      undefined,
      undefined,
      [
        `3 MY_PG: app@db.example.com:6432/shop «p@ss:w%rd#'" $HOME ü🔑» sales verify-full`,
        '14 BY_URL: etl@url.example.com:5433/warehouse «100%#» require',
        '17 SHORT: short@short.example.com:/short «x y»',
        '19 REFERENCED: app@sling.example.com:/shop env:SLING_PASSWORD',
        '26 MISSING: bad',
        '32 TUNNEL: bad',
        '39 LAKE: skipped',
        '44 SNOW: skipped',
      ],
    ],
  ];

test.each(rows)('%s', async (fixture, from, companion, expected) => {
  const items = await read(fixture, from, companion);
  expect(items.map(told)).toEqual(expected);
});

test('what says nothing in a message is the value of a line: no password of any fixture is in one', async () => {
  for (const [fixture, from, companion] of rows) {
    for (const item of await read(fixture, from, companion)) {
      if (item.kind !== 'entry') expect(item.message).not.toMatch(/hunter2|p@ss|100%/);
    }
  }
});

test('credentials of DBeaver with another key are left out, and told', async () => {
  const [first] = await read('data-sources.json', undefined, 'pgpass');
  expect(first).toMatchObject({ leftOut: [expect.stringContaining('another key')] });
  expect(first).not.toHaveProperty('password');
});

test('a password of DBeaver that stands in its URL is not said to be left out', async () => {
  const url = 'jdbc:postgresql://db/shop?user=app&password=p';
  const connection = { provider: 'postgresql', configuration: { url, configurationType: 'URL' } };
  const text = JSON.stringify({ connections: { a: connection } });
  const [item] = await formatOf('data-sources.json', text).read({
    ...{ file: 'data-sources.json', text, environment, sealed: false },
    data: () => parseForeignData(text, 'data-sources.json'),
    companion: async () => Buffer.from('of another key'),
    readReference: parseReference,
  });
  expect(item).toMatchObject({ kind: 'entry', leftOut: [] });
});

test.each(rows.filter(([, from]) => from === undefined))('%s is told by its name and content', (fixture) => {
  const text = readFileSync(pathOf(fixture), 'utf8');
  const names: Record<string, string> = {
    'pg_service.conf': 'pg-service',
    'profiles.yml': 'dbt',
    'data-sources.json': 'dbeaver',
    'env.yaml': 'sling',
  };
  const expected = names[fixture] ?? 'airflow';
  expect(formatOf(fixture, text).name).toBe(expected);
  expect(formatOf('piped', text).name, 'by content alone').toBe(expected);
});

test('our own file is told from the others, as YAML and as JSON', () => {
  expect(formatOf('x.yaml', readFileSync(pathOf('connections.yaml'), 'utf8')).name).toBe('jackfield');
  expect(formatOf('x.json', '{ "connections": [ {"name": "a"} ] }').name).toBe('jackfield');
  expect(formatOf('.env', 'A=postgres://h/d').name).toBe('env');
  expect(() => formatOf('x', 'nothing of the kind')).toThrow(/what kind/);
});
