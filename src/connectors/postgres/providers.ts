/** Who hosts a server, told from its name. Order matters: the first match wins. */
const byHost: readonly (readonly [RegExp, string])[] = [
  [/\.neon\.tech$|\.vercel-storage\.com$/, 'neon'],
  [/\.cluster-(?:ro-|custom-)?[a-z0-9]+\.[a-z0-9-]+\.rds\.amazonaws\.com(?:\.cn)?$/, 'aurora'],
  [/\.proxy-[a-z0-9]+\.[a-z0-9-]+\.rds\.amazonaws\.com(?:\.cn)?$/, 'rds-proxy'],
  [/\.rds\.amazonaws\.com(?:\.cn)?$/, 'rds'],
  [/\.redshift(?:-serverless)?\.amazonaws\.com(?:\.cn)?$/, 'redshift'],
  [/\.supabase\.(?:co|com)$/, 'supabase'],
  [/\.postgres\.database\.azure\.com$|\.postgres\.cosmos\.azure\.com$/, 'azure'],
  [/\.cockroachlabs\.cloud$/, 'cockroachdb'],
  [/\.ybdb\.io$/, 'yugabytedb'],
  [/\.tsdb\.cloud\.timescale\.com$/, 'timescale'],
  [/\.db\.postgresbridge\.com$/, 'crunchy-bridge'],
  // Inside Render the name has no domain.
  [/^dpg-[^.]+\.(?:[^.]+\.)*render\.com$|^dpg-[a-z0-9]+-[a-z]$/, 'render'],
  [/\.db\.ondigitalocean\.com$/, 'digitalocean'],
  [/\.aivencloud\.com$/, 'aiven'],
];

/** The provider that is assumed when nothing tells another. */
export const selfHosted = 'self-hosted';

/**
 * Who hosts it, told from the host name alone (the first, where there are several).
 * Cloud SQL and AlloyDB are bare addresses: only the server tells them.
 */
export function providerOfHost(host: string): string {
  const first = (host.split(',')[0] ?? '').toLowerCase().replace(/\.$/, '');
  return byHost.find(([pattern]) => pattern.test(first))?.[1] ?? selfHosted;
}

/** What a session tells of its provider: version(), and names of settings with a prefix, roles and extensions. */
export interface ServerTraits {
  readonly versionText: string;
  readonly settingPrefixes: readonly string[];
  readonly roles: readonly string[];
  readonly extensions: readonly string[];
}

const byVersion: readonly (readonly [RegExp, string])[] = [
  [/CockroachDB/, 'cockroachdb'],
  [/-YB-/, 'yugabytedb'],
  [/Redshift/, 'redshift'],
];

const byPrefix: Readonly<Record<string, string>> = {
  neon: 'neon',
  cloudsql: 'cloudsql',
  alloydb: 'alloydb',
  azure: 'azure',
  rds: 'rds',
};

const byRole: Readonly<Record<string, string>> = {
  neon_superuser: 'neon',
  alloydbsuperuser: 'alloydb',
  cloudsqlsuperuser: 'cloudsql',
  azure_pg_admin: 'azure',
  supabase_admin: 'supabase',
  rds_superuser: 'rds',
  tsdbadmin: 'timescale',
  avnadmin: 'aiven',
  doadmin: 'digitalocean',
};

/** They may be installed anywhere, so that they come last: they say what it is, where nothing says who hosts it. */
const byExtension: Readonly<Record<string, string>> = {
  timescaledb: 'timescale',
  citus: 'citus',
};

/** Heroku's databases run at Amazon under names of Amazon's, and have a schema of Heroku's for extensions. */
const herokuSchema = 'heroku_ext';

/** The provider as the server tells it; the host name decides where it already did. */
export function providerOfServer(host: string, traits: ServerTraits): string {
  const told = byVersion.find(([pattern]) => pattern.test(traits.versionText))?.[1];
  if (told) return told;
  if (traits.extensions.includes(herokuSchema)) return 'heroku';
  const named = providerOfHost(host);
  if (named !== selfHosted) return named;
  return (
    firstTold(byPrefix, traits.settingPrefixes) ??
    firstTold(byRole, traits.roles) ??
    firstTold(byExtension, traits.extensions) ??
    selfHosted
  );
}

function firstTold(table: Readonly<Record<string, string>>, seen: readonly string[]): string | undefined {
  const name = Object.keys(table).find((key) => seen.includes(key));
  return name === undefined ? undefined : table[name];
}

/**
 * Settings that only one provider's servers have, by the prefix that tells it. They are asked for by name:
 * to look through all settings for a prefix costs a server more than the rest of the question.
 */
export const tellingSettings: Readonly<Record<string, string>> = {
  'neon.timeline_id': 'neon',
  'neon.tenant_id': 'neon',
  'cloudsql.iam_authentication': 'cloudsql',
  'cloudsql.logical_decoding': 'cloudsql',
  'alloydb.iam_authentication': 'alloydb',
  'alloydb.logical_decoding': 'alloydb',
  'azure.extensions': 'azure',
  'rds.logical_replication': 'rds',
  'rds.extensions': 'rds',
};

/** What the extensions make, by a look-up that costs next to nothing, unlike one in pg_extension. */
export const tellingObjects: Readonly<Record<string, string>> = {
  "to_regnamespace('_timescaledb_catalog')": 'timescaledb',
  "to_regclass('pg_catalog.pg_dist_node')": 'citus',
  [`to_regnamespace('${herokuSchema}')`]: herokuSchema,
};

/** Names of roles that tell a provider: what the session query asks for besides. */
export const tellingRoles = Object.keys(byRole);
