import { BlockList, isIPv4 } from 'node:net';
import { displayIdentifier } from './identifiers.ts';
import { providerOfHost } from './providers.ts';

/** Cloud SQL is told by no host name, so that it is named beside others. */
export const cloudSqlNetworks =
  'Google Cloud console → SQL → the instance → Connections → Networking → Authorised networks';

/** Where a provider keeps what a failed connection needs. */
interface ProviderPlaces {
  /** How the address of a client is let in, after "let this machine in: ". */
  readonly letIn: string;
  /** Where the host, port, user and password stand. */
  readonly credentials: string;
  /** The port it listens on, where it is not 5432 or 5432 is not all. */
  readonly port?: string;
  /** How a user may read changes, where it is not ALTER ROLE … REPLICATION. */
  readonly replication?: (username: string) => string;
}

const awsSecurityGroup =
  'in the AWS console give its VPC security group an inbound rule for this address and port; from outside its VPC it must be publicly accessible too';

const awsReplication = (username: string) =>
  `set rds.logical_replication = 1 in the parameter group, reboot, then: GRANT rds_replication TO ${displayIdentifier(username)};`;

/** By the names of providers.ts. */
const places: Readonly<Record<string, ProviderPlaces>> = {
  neon: {
    letIn: 'Neon console → Settings → Networking → IP Allow',
    credentials: 'Neon console → Connect',
    replication: () =>
      'Neon console → Settings → Logical Replication, then use a role that was made in the console',
  },
  rds: {
    letIn: awsSecurityGroup,
    credentials: 'AWS console → RDS → the instance → Connectivity & security',
    replication: awsReplication,
  },
  aurora: {
    letIn: awsSecurityGroup,
    credentials: 'AWS console → RDS → the cluster → Connectivity & security',
    replication: awsReplication,
  },
  'rds-proxy': {
    letIn:
      'an RDS Proxy is reached from inside its VPC only; connect from there, and give its security group an inbound rule for this address',
    credentials: 'the secret that the proxy uses, in AWS Secrets Manager',
    replication: () => 'an RDS Proxy carries no replication: use the host of the instance itself',
  },
  redshift: {
    letIn: awsSecurityGroup,
    credentials: 'Amazon Redshift console → the cluster or workgroup → General information',
    port: '5439',
  },
  azure: {
    letIn: 'Azure portal → the server → Networking → add a firewall rule for this address',
    credentials: 'Azure portal → the server → Connect',
  },
  supabase: {
    letIn: 'Supabase dashboard → Database → Settings → Network Restrictions',
    credentials: 'Supabase dashboard → Connect',
    port: '5432, and 6543 for the transaction pooler',
  },
  cockroachdb: {
    letIn: 'CockroachDB Cloud console → the cluster → Networking → IP Allowlist',
    credentials: 'CockroachDB Cloud console → the cluster → Connect',
    port: '26257',
  },
  yugabytedb: {
    letIn: 'YugabyteDB Aeon → the cluster → IP Allow List',
    credentials: 'YugabyteDB Aeon → the cluster → Connect',
    port: '5433',
  },
  timescale: {
    letIn: 'Timescale console → the service → Security → IP Allow List',
    credentials: 'Timescale console → the service → Connect (its port is its own)',
  },
  'crunchy-bridge': {
    letIn: 'Crunchy Bridge dashboard → the cluster → Networking → firewall rules',
    credentials: 'Crunchy Bridge dashboard → the cluster → Connection',
  },
  render: {
    letIn:
      'Render dashboard → the database → Networking → inbound IP rules; a host without “.render.com” is known inside Render only',
    credentials: 'Render dashboard → the database → Connect',
  },
  digitalocean: {
    letIn: 'DigitalOcean control panel → the database → Network Access → trusted sources',
    credentials: 'DigitalOcean control panel → the database → Connection details',
    port: '25060, and 25061 for its pools',
  },
  aiven: {
    letIn: 'Aiven console → the service → Service settings → IP filters (allowed addresses)',
    credentials: 'Aiven console → the service → Connection information (its port is its own)',
    replication: () => 'use avnadmin, or the functions of the extension aiven_extras',
  },
};

function placesOf(host: string | undefined): ProviderPlaces | undefined {
  return host === undefined ? undefined : places[providerOfHost(host)];
}

/** How this machine is let in, where the host's provider has a list for that; null where none is known. */
export function letInAt(host: string | undefined): string | null {
  const letIn = placesOf(host)?.letIn;
  return letIn === undefined ? null : `let this machine in: ${letIn}`;
}

const privateNetworks = new BlockList();
for (const [network, bits] of [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const) {
  privateNetworks.addSubnet(network, bits);
}

/** A host that is an IPv4 address of the internet: Cloud SQL and AlloyDB have no names of their own. */
export function isPublicAddress(host: string | undefined): boolean {
  return host !== undefined && isIPv4(host) && !privateNetworks.check(host);
}

/** Where the host's provider shows what to connect with; null where none is known. */
export function credentialsAt(host: string | undefined): string | null {
  return placesOf(host)?.credentials ?? null;
}

/** The port that the host's provider listens on; null where it is PostgreSQL's own. */
export function portAt(host: string | undefined): string | null {
  return placesOf(host)?.port ?? null;
}

/** What lets a user read changes by the host's provider. */
export function replicationAt(host: string | undefined, username: string): string {
  return (
    placesOf(host)?.replication?.(username) ??
    `ALTER ROLE ${displayIdentifier(username)} REPLICATION; (Amazon RDS: GRANT rds_replication)`
  );
}

/** Neon's id of an endpoint, the first label of its host without `-pooler`; null where it can't be told. */
export function neonEndpoint(host: string | undefined): string | null {
  const label = host?.split('.')[0]?.replace(/-pooler$/, '') ?? '';
  return /^ep-[a-z0-9-]+$/.test(label) && providerOfHost(host ?? '') === 'neon' ? label : null;
}

/** The direct host behind Neon's pooler; null where the host is not its pooler's. */
export function neonDirectHost(host: string | undefined): string | null {
  if (host === undefined || providerOfHost(host) !== 'neon') return null;
  return /^[^.]+-pooler\./.test(host) ? host.replace(/-pooler\./, '.') : null;
}

/** The host of a Supabase project itself, which has addresses of IPv6 alone unless the add-on is bought. */
export function isSupabaseDirect(host: string | undefined): boolean {
  return /^db\.[a-z0-9]+\.supabase\.co\.?$/i.test(host ?? '');
}

/** Supavisor, the pooler in front of all projects of a region: it tells them by the user's name. */
export function isSupabasePooler(host: string | undefined): boolean {
  return /\.pooler\.supabase\.com\.?$/i.test(host ?? '');
}

/** The project's id in a Supabase host `db.<ref>.supabase.co`; a placeholder where it can't be told. */
export function supabaseProject(host: string | undefined): string {
  return /^db\.([a-z0-9]+)\.supabase\.co\.?$/i.exec(host ?? '')?.[1] ?? '<project ref>';
}
