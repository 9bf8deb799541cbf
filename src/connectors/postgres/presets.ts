import type { ProviderPreset } from '../../connections/connection.ts';

type PresetFacts = Pick<ProviderPreset, 'provider' | 'title' | 'defaults' | 'needs'>;

const facts: readonly PresetFacts[] = [
  {
    provider: 'neon',
    title: 'Neon',
    defaults: { port: 5432, database: 'neondb', schema: 'public', sslMode: 'require' },
    needs: {
      source: 'the direct host (without "-pooler") and the role and password from Connect in the console',
      destination: 'a role that may create in the schema; the direct host loads faster than "-pooler"',
    },
  },
  {
    provider: 'rds',
    title: 'Amazon RDS',
    defaults: { port: 5432, database: 'postgres', schema: 'public', sslMode: 'require' },
    needs: {
      source: "a security group that lets you in; for verify-full, the region's bundle as --ssl-root-cert",
      destination: "a security group that lets you in, and the writer's endpoint, not a read replica's",
    },
  },
  {
    provider: 'aurora',
    title: 'Amazon Aurora',
    defaults: { port: 5432, database: 'postgres', schema: 'public', sslMode: 'require' },
    needs: {
      source: "a security group that lets you in; the reader's endpoint will do, CDC needs the writer's",
      destination: 'a security group that lets you in, and the cluster (writer) endpoint',
    },
  },
  {
    provider: 'supabase',
    title: 'Supabase',
    defaults: { port: 5432, database: 'postgres', schema: 'public', sslMode: 'require' },
    needs: {
      source: 'over IPv4 the session pooler with the user "role.<project ref>"; CDC needs the direct host',
      destination: 'over IPv4 the session pooler (port 5432) with the user "role.<project ref>"',
    },
  },
  {
    provider: 'cloudsql',
    title: 'Google Cloud SQL',
    defaults: { port: 5432, database: 'postgres', schema: 'public', sslMode: 'require' },
    needs: {
      source: "your address among the authorised networks; for verify-ca, the instance's server CA",
      destination: "your address among the authorised networks, and the primary instance's address",
    },
  },
  {
    provider: 'azure',
    title: 'Azure Database for PostgreSQL',
    defaults: { port: 5432, database: 'postgres', schema: 'public', sslMode: 'require' },
    needs: {
      source: 'a firewall rule for your address; verify-full works with --ssl-root-cert system',
      destination: 'a firewall rule for your address, and a role that may create in the schema',
    },
  },
  {
    provider: 'self-hosted',
    title: 'Self-hosted PostgreSQL',
    defaults: { port: 5432, database: 'postgres', schema: 'public', sslMode: 'prefer' },
    needs: {
      source: 'listen_addresses and a pg_hba.conf entry that let you in, and SELECT on what is read',
      destination: 'a writable primary, and CREATE on the schema (or on the database, to make it)',
    },
  },
];

/** The presets shown by `connections catalog`; their defaults fill what `add` is not told. */
export const presets: readonly ProviderPreset[] = facts.map((preset) => ({
  connector: 'postgres',
  connectorTitle: 'PostgreSQL',
  roles: ['source', 'destination'],
  status: 'available',
  ...preset,
}));
