import { Secret } from '../../secrets/secret.ts';
import { parseDotenv } from './dotenv.ts';
import type { ImportedItem, ImportFormat, Origin } from './imported.ts';
import { isMapping, mappingOf, parameters } from './record.ts';

/** A variable that Airflow takes a connection from; the group is the connection's id. */
export const airflowVariable = /^AIRFLOW_CONN_(\w+)$/;

/** Keys of `extra` that only tune Airflow's own hook. */
const hookOnly = new Set([
  'cursor',
  'iam',
  'aws_conn_id',
  'redshift',
  'cluster-identifier',
  'enable_log_db_messages',
]);

/**
 * `airflow connections export`: JSON or YAML of fields, or of URIs; and its env format, `ID=URI` or
 * `ID=JSON` a line (https://airflow.apache.org/docs/apache-airflow/stable/howto/connection.html).
 */
export const airflow: ImportFormat = {
  name: 'airflow',
  title: "Airflow's connections",
  detects: (_fileName, text) =>
    /\bconn_type["']?\s*:/.test(text) || /^\s*(?:export\s+)?AIRFLOW_CONN_\w+=/m.test(text),
  async read(input) {
    const { file, text } = input;
    if (isEnvFormat(text)) {
      const lines = text.split('\n');
      return parseDotenv(text, input.environment).variables.map(({ name, value, line }) => {
        const id = airflowVariable.exec(name)?.[1]?.toLowerCase() ?? name;
        return airflowItem(id, writtenValue(value, lines[(line ?? 1) - 1] ?? ''), { file, line });
      });
    }
    const data = await input.data();
    return Object.entries(mappingOf(data.value, file, this.title)).map(([id, said]) => {
      const origin = { file, line: data.lineOf([id]) };
      // Scalars as they are written: a password of digits is no number.
      const written = isMapping(said)
        ? {
            ...said,
            password: data.textOf([id, 'password']) ?? undefined,
            login: data.textOf([id, 'login']) ?? undefined,
          }
        : said;
      return airflowItem(id, written, origin);
    });
  },
};

function isEnvFormat(text: string): boolean {
  const [first = ''] = text.split('\n').filter((line) => !/^\s*(?:#|$)/.test(line));
  return /^\s*(?:export\s+)?\w[\w.-]*=/.test(first);
}

/** A value of the env format is the rest of its line, as it is; unless somebody put it in quotes for a shell. */
function writtenValue(value: string, line: string): string {
  const written = line.slice(line.indexOf('=') + 1).trim();
  return /^['"`]/.test(written) ? value : written;
}

/** A connection as Airflow says it: a URI, JSON, or fields. */
export function airflowItem(id: string, said: unknown, origin: Origin): ImportedItem {
  const not = (kind: 'bad' | 'skipped', message: string): ImportedItem => ({
    kind,
    name: id,
    origin,
    message,
  });
  if (isMapping(said)) return itemOfFields(id, said, origin);
  if (typeof said !== 'string') return not('bad', 'it is neither a URI nor fields');
  if (said.trimStart().startsWith('{')) {
    const parsed = parseJson(said);
    return isMapping(parsed) ? itemOfFields(id, parsed, origin) : not('bad', 'its JSON can not be read');
  }
  const fields = fieldsOfUri(said);
  return fields === null ? not('bad', 'its URI can not be read') : itemOfFields(id, fields, origin);
}

function itemOfFields(id: string, said: Readonly<Record<string, unknown>>, origin: Origin): ImportedItem {
  const not = (kind: 'bad' | 'skipped', message: string): ImportedItem => ({
    kind,
    name: id,
    origin,
    message,
  });
  const type = said.conn_type;
  if (type !== 'postgres' && type !== 'postgresql') return not('skipped', 'its conn_type is not postgres');
  const extra = extraOf(said.extra);
  if (extra === null) return not('bad', 'its extra is not JSON');
  if (extra.redshift === true) return not('skipped', 'it is one of Redshift');
  if (extra.iam === true) return not('bad', 'it gets its password from AWS (iam), which is not followed');
  const values = parameters({
    host: text(said.host),
    port: text(said.port),
    // What Airflow calls schema is the database.
    dbname: text(said.schema),
    user: text(said.login),
  });
  for (const [name, value] of Object.entries(extra)) {
    const string = text(value);
    if (!hookOnly.has(name) && string) values.set(name, string);
  }
  const password = text(said.password);
  return {
    kind: 'entry',
    name: id,
    origin,
    target: { kind: 'parameters', values },
    ...(password && { password: { kind: 'secret', secret: new Secret(password) } }),
    leftOut: Object.keys(extra).filter((name) => hookOnly.has(name)),
  };
}

/**
 * Airflow's URI, which is urllib's: `scheme://login:password@host:port/schema?extra`, the parts quoted, a
 * "+" in the query a blank, and `__extra__` the JSON of what no query can say.
 */
function fieldsOfUri(uri: string): Record<string, unknown> | null {
  const parts =
    /^([a-z][a-z0-9+.-]*):\/\/(?:([^:@/?]*)(?::([^@/?]*))?@)?(\[[^\]]*\]|[^:/?]*)(?::(\d+))?(?:\/([^?]*))?(?:\?(.*))?$/i.exec(
      uri.trim(),
    );
  if (!parts) return null;
  const [, scheme = '', login, password, host = '', port, schema, query = ''] = parts;
  try {
    const extra: Record<string, unknown> = {};
    for (const [name, value] of new URLSearchParams(query)) {
      if (name === '__extra__') Object.assign(extra, extraOf(value));
      else extra[name] = value;
    }
    return {
      conn_type: scheme.toLowerCase(),
      login: login && decodeURIComponent(login),
      password: password && decodeURIComponent(password),
      host: decodeURIComponent(host.replace(/^\[|\]$/g, '')),
      port,
      schema: schema && decodeURIComponent(schema),
      extra,
    };
  } catch {
    return null;
  }
}

function extraOf(extra: unknown): Record<string, unknown> | null {
  if (extra === null || extra === undefined || extra === '') return {};
  const value = typeof extra === 'string' ? parseJson(extra) : extra;
  return isMapping(value) ? value : null;
}

function parseJson(source: string): unknown {
  try {
    return JSON.parse(source);
  } catch {
    // The parser's message quotes what may be a password.
    return undefined;
  }
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : null;
}
