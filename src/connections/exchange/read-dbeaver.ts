import { Secret } from '../../secrets/secret.ts';
import { type DbeaverCredentials, readDbeaverCredentials } from './dbeaver-credentials.ts';
import type { DataFile, ImportedItem, ImportFormat, ImportInput } from './imported.ts';
import { type Fields, isMapping, mappingOf, parameters } from './record.ts';

/** The drivers of DBeaver's provider `postgresql` that are of another database. */
const otherDrivers = /redshift|greenplum|materialize|enterprisedb/i;

export const dbeaver: ImportFormat = {
  name: 'dbeaver',
  title: "DBeaver's data-sources.json",
  detects: (fileName, text) =>
    /^data-sources.*\.json$/i.test(fileName) ||
    (/"connections"\s*:/.test(text) && /"provider"\s*:/.test(text)),
  async read(input) {
    const data = await input.data();
    const { connections } = mappingOf(data.value, input.file, this.title);
    const companion = await input.companion();
    const credentials = companion === null ? new Map<string, never>() : readDbeaverCredentials(companion);
    return Object.entries(mappingOf(connections, input.file, this.title)).map(([id, said]) =>
      itemOf(input, data, id, said, credentials),
    );
  },
};

function itemOf(
  { file }: ImportInput,
  data: DataFile,
  id: string,
  said: unknown,
  credentials: ReadonlyMap<string, DbeaverCredentials> | null,
): ImportedItem {
  const origin = { file, line: data.lineOf(['connections', id]) };
  const name = isMapping(said) && typeof said.name === 'string' ? said.name : id;
  const not = (kind: 'bad' | 'skipped', message: string): ImportedItem => ({ kind, name, origin, message });
  if (!isMapping(said)) return not('bad', 'it is no mapping');
  if (said.provider !== 'postgresql' || otherDrivers.test(String(said.driver)))
    return not('skipped', 'it is of another kind of database');
  const configuration = isMapping(said.configuration) ? said.configuration : {};
  const handlers = isMapping(configuration.handlers) ? configuration.handlers : {};
  const tunnel = Object.entries(handlers).find(
    ([handler, it]) => /tunnel|proxy|ssm/i.test(handler) && isMapping(it) && it.enabled === true,
  );
  if (tunnel) return not('bad', 'it goes through a tunnel or proxy, which is not followed');
  const saved = credentials?.get(id);
  const user = saved?.user ?? text(configuration.user);
  const password = saved?.password ?? text(configuration.password);
  const isUrl = configuration.configurationType === 'URL' || text(configuration.host) === null;
  const url = text(configuration.url);
  const ssl = sslOf(handlers.postgre_ssl);
  const isLost = credentials === null && password === null && !/[?&]password=/.test(url ?? '');
  const common = {
    kind: 'entry' as const,
    name,
    origin,
    ...(typeof said.folder === 'string' && { tags: [said.folder] }),
    ...(password !== null && { password: { kind: 'secret' as const, secret: new Secret(password) } }),
    leftOut: isLost ? ['the password, since credentials-config.json has another key'] : [],
  };
  if (isUrl && url !== null) {
    const more = parameters({ user, ...ssl });
    return { ...common, target: { kind: 'url', url: new Secret(withParameters(url, more)) } };
  }
  const { host, port, database } = configuration;
  const values = parameters({ host: text(host), port: text(port), dbname: text(database), user, ...ssl });
  return { ...common, target: { kind: 'parameters', values } };
}

/** What the handler for SSL says, by libpq's names. */
function sslOf(handler: unknown): Record<string, string | null> {
  if (!isMapping(handler) || handler.enabled !== true) return {};
  const said: Fields = isMapping(handler.properties) ? handler.properties : {};
  return {
    sslmode: text(said.sslMode),
    sslrootcert: text(said['ssl.ca.cert']),
    sslcert: text(said['ssl.client.cert']),
    sslkey: text(said['ssl.client.key']),
  };
}

/** A URL with parameters that it does not have itself. */
function withParameters(url: string, more: ReadonlyMap<string, string>): string {
  const missing = [...more].filter(([name]) => !new RegExp(`[?&]${name}=`).test(url));
  const query = missing.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
  return query === '' ? url : `${url}${url.includes('?') ? '&' : '?'}${query}`;
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : null;
}
