import { displayIdentifier } from './identifiers.ts';
import { neonDirectHost } from './provider-places.ts';

/** What a provider says about CDC, where it differs from a server of one's own. */
interface CdcAdvice {
  /** How logical decoding is turned on. */
  readonly walLevel?: string;
  /** How a user may read changes. */
  readonly role?: (user: string) => string;
  /** How a setting of the server is changed. */
  readonly setting?: string;
  /** The host that is the server itself, where a pooler stands in front. */
  readonly direct?: (host: string) => string;
  /** There is no CDC with it at all: why. */
  readonly unsupported?: string;
}

const awsRole = (user: string) => `GRANT rds_replication TO ${displayIdentifier(user)};`;
const alterRole = (user: string) => `ALTER ROLE ${displayIdentifier(user)} REPLICATION;`;

/** By the names of providers.ts; docs/cdc.md shows it. */
const advice: Readonly<Record<string, CdcAdvice>> = {
  rds: {
    walLevel: 'set rds.logical_replication = 1 in the DB parameter group, then reboot the instance',
    role: awsRole,
    setting: 'in the DB parameter group',
  },
  aurora: {
    walLevel: 'set rds.logical_replication = 1 in the DB cluster parameter group, then reboot the writer',
    role: awsRole,
    setting: 'in the DB cluster parameter group',
    direct: () => 'use the cluster’s endpoint, which leads to the writer',
  },
  'rds-proxy': {
    direct: () => 'an RDS Proxy carries no replication: use the endpoint of the instance or cluster',
  },
  cloudsql: {
    walLevel: 'set the flag cloudsql.logical_decoding = on, which restarts the instance',
    role: (user) => `ALTER USER ${displayIdentifier(user)} WITH REPLICATION;`,
    setting: 'as a flag of the instance',
  },
  alloydb: {
    walLevel:
      'set the flags alloydb.logical_decoding = on and alloydb.enable_pglogical = on, which restart the instance',
    role: (user) => `ALTER USER ${displayIdentifier(user)} WITH REPLICATION;`,
    setting: 'as a flag of the instance',
  },
  azure: {
    walLevel: 'Azure portal → the server → Server parameters → wal_level = logical, then restart it',
    role: alterRole,
    setting: 'in Server parameters',
  },
  neon: {
    walLevel:
      'Neon console → Settings → Logical Replication → Enable; it can not be turned off again, and restarts the computes',
    role: () => 'use a role that was made in the Neon console, its CLI or API: those may replicate',
    direct: (host) => `take “-pooler” out of the host: ${neonDirectHost(host) ?? 'the direct one'}`,
  },
  supabase: {
    walLevel: 'Supabase has wal_level = logical: look whether this is the project’s own host',
    role: () => 'use the user postgres, or as it: ALTER ROLE … REPLICATION;',
    setting: 'supabase postgres-config update --config, of the Supabase CLI',
    direct: () =>
      'use the direct host db.<project ref>.supabase.co, which has IPv6 alone: the IPv4 add-on gives it another address',
  },
  aiven: { role: () => 'use avnadmin, or the functions of the extension aiven_extras' },
  render: { walLevel: 'ask Render’s support to turn logical replication on' },
  cockroachdb: { unsupported: 'CockroachDB has no logical replication slots: it has changefeeds of its own' },
  heroku: {
    unsupported: 'Heroku Postgres offers no logical replication',
  },
  redshift: { unsupported: 'Amazon Redshift has no logical replication' },
};

/** A server of one's own. */
const own = {
  walLevel: 'ALTER SYSTEM SET wal_level = logical; then restart the server',
  setting: 'in postgresql.conf or by ALTER SYSTEM',
} as const;

export function walLevelFix(provider: string): string {
  return advice[provider]?.walLevel ?? own.walLevel;
}

export function roleFix(provider: string, user: string): string {
  return (advice[provider]?.role ?? alterRole)(user);
}

/** `raise max_wal_senders in the DB parameter group`. */
export function settingFix(provider: string, change: string): string {
  return `${change} ${advice[provider]?.setting ?? own.setting}`;
}

export function directHostFix(provider: string, host: string): string {
  const direct = advice[provider]?.direct;
  return direct === undefined
    ? 'connect to the server itself, past the pooler: jackfield connections edit NAME --host … --port …'
    : direct(host);
}

/** Why there is no CDC with a provider; null where there is. */
export function unsupportedBy(provider: string): string | null {
  return advice[provider]?.unsupported ?? null;
}

/** Whether a host is known to be a pooler's. */
export function isPoolerHost(provider: string, host: string): boolean {
  if (provider === 'rds-proxy') return true;
  if (provider === 'neon') return neonDirectHost(host) !== null;
  return /\.pooler\.supabase\.com\.?$/i.test(host);
}
