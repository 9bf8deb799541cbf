import { Secret } from '../../secrets/secret.ts';
import { type DotenvVariable, parseDotenv } from './dotenv.ts';
import { databaseOf } from './foreign-url.ts';
import type { ImportedItem, ImportFormat } from './imported.ts';
import { airflowItem, airflowVariable } from './read-airflow.ts';
import { parameters } from './record.ts';

export const env: ImportFormat = {
  name: 'env',
  title: 'a .env file',
  detects: (fileName, text) =>
    /(?:^|\.)env(?:\.|$)/i.test(fileName) || /^\s*(?:export\s+)?[A-Z_][A-Z0-9_]*=/m.test(text),
  async read(input) {
    const { variables, complaints } = parseDotenv(input.text, input.environment);
    const bad = complaints.map(
      ({ line, message }): ImportedItem => ({
        ...{ kind: 'bad', name: `line ${line}`, origin: { file: input.file, line }, message },
      }),
    );
    return [...bad, ...itemsOfVariables(variables, input.file)];
  },
};

/** The connections that variables describe: each that holds a URL, and the set of PG*. */
export function itemsOfVariables(variables: readonly DotenvVariable[], file: string): ImportedItem[] {
  const urls = variables.flatMap((variable) => itemOfUrl(variable, file) ?? []);
  return [...urls, ...itemsOfPgVariables(variables, file)];
}

function itemOfUrl(variable: DotenvVariable, file: string): ImportedItem | null {
  const { name, value, line, unresolved } = variable;
  const airflow = airflowVariable.exec(name)?.[1];
  const origin = { file, line };
  if (airflow !== undefined) return airflowItem(airflow.toLowerCase(), value, origin);
  const database = databaseOf(value);
  if (database === null) return null;
  const named = nameOfVariable(name);
  if (database === 'other') {
    return {
      kind: 'skipped',
      name: named,
      origin,
      message: `${name} holds the URL of another kind of database`,
    };
  }
  if (unresolved !== null)
    return { kind: 'bad', name: named, origin, message: unresolvedIn(name, unresolved) };
  const url = new Secret(value);
  return { kind: 'entry', name: named, origin, target: { kind: 'url', url }, leftOut: [] };
}

/** libpq's variables, by its parameters' names. */
const pgVariables: Readonly<Record<string, string>> = {
  PGHOST: 'host',
  PGHOSTADDR: 'hostaddr',
  PGPORT: 'port',
  PGDATABASE: 'dbname',
  PGUSER: 'user',
  PGSSLMODE: 'sslmode',
  PGSSLROOTCERT: 'sslrootcert',
  PGSSLCERT: 'sslcert',
  PGSSLKEY: 'sslkey',
  PGSSLCRL: 'sslcrl',
  PGOPTIONS: 'options',
  PGAPPNAME: 'application_name',
  PGCONNECT_TIMEOUT: 'connect_timeout',
  PGCHANNELBINDING: 'channel_binding',
  PGREQUIREAUTH: 'require_auth',
  PGTARGETSESSIONATTRS: 'target_session_attrs',
};

function itemsOfPgVariables(variables: readonly DotenvVariable[], file: string): ImportedItem[] {
  const said = new Map(variables.map((variable) => [variable.name, variable]));
  const host = said.get('PGHOST') ?? said.get('PGHOSTADDR');
  if (!host) return [];
  const origin = { file, line: host.line };
  const used = [...said.values()].filter(({ name }) => name in pgVariables || name === 'PGPASSWORD');
  const naming = ['PGDATABASE', 'PGUSER'].find((variable) => said.get(variable)?.value);
  const name = (naming && said.get(naming)?.value) || 'pg';
  const open = used.find(({ unresolved }) => unresolved !== null);
  if (open) return [{ kind: 'bad', name, origin, message: unresolvedIn(open.name, open.unresolved ?? '') }];
  const values = parameters(
    Object.fromEntries(used.map(({ name, value }) => [pgVariables[name] ?? '', value])),
  );
  values.delete('');
  const user = values.get('user');
  if (!values.has('dbname') && user !== undefined) values.set('dbname', user);
  if (!values.has('host')) values.set('host', values.get('hostaddr') ?? '');
  const password = said.get('PGPASSWORD')?.value;
  return [
    {
      kind: 'entry',
      name,
      namedAfter: naming === undefined ? 'no variable says a name' : `named after ${naming}`,
      origin,
      target: { kind: 'parameters', values },
      ...(password && { password: { kind: 'secret', secret: new Secret(password) } }),
      leftOut: [],
    },
  ];
}

function unresolvedIn(name: string, reference: string): string {
  return `${name} uses \${${reference}}, which neither the file nor the environment sets`;
}

/** ORDERS_DATABASE_URL → orders-database */
function nameOfVariable(variable: string): string {
  const stem = variable.replace(/_(?:URL|URI|DSN|CONNECTION_STRING|CONN)$/i, '');
  return stem.toLowerCase().replaceAll('_', '-');
}
