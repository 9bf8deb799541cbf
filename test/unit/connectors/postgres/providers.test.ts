import { describe, expect, it } from 'vitest';
import {
  providerOfHost,
  providerOfServer,
  type ServerTraits,
  selfHosted,
  tellingObjects,
  tellingRoles,
  tellingSettings,
} from '../../../../src/connectors/postgres/providers.ts';

describe('the provider of a host', () => {
  it.each([
    ['ep-cool-darkness-123456.eu-central-1.aws.neon.tech', 'neon'],
    ['ep-cool-darkness-123456-pooler.us-east-2.aws.neon.tech', 'neon'],
    ['ep-x.us-east-1.postgres.vercel-storage.com', 'neon'],
    ['shop.abcdefghijkl.eu-west-1.rds.amazonaws.com', 'rds'],
    ['shop.abcdefghijkl.cn-north-1.rds.amazonaws.com.cn', 'rds'],
    ['shop.cluster-abcdefghijkl.eu-west-1.rds.amazonaws.com', 'aurora'],
    ['shop.cluster-ro-abcdefghijkl.eu-west-1.rds.amazonaws.com', 'aurora'],
    ['shop.cluster-custom-abcdefghijkl.eu-west-1.rds.amazonaws.com', 'aurora'],
    ['shop.proxy-abcdefghijkl.eu-west-1.rds.amazonaws.com', 'rds-proxy'],
    ['shop.postgres.database.azure.com', 'azure'],
    ['c-shop.12ab.postgres.cosmos.azure.com', 'azure'],
    ['db.abcdefghijklmnopqrst.supabase.co', 'supabase'],
    ['aws-0-eu-central-1.pooler.supabase.com', 'supabase'],
    ['shop-1234.5xj.gcp-europe-west1.cockroachlabs.cloud', 'cockroachdb'],
    ['us-west-2.1234.aws.ybdb.io', 'yugabytedb'],
    ['abc.def.tsdb.cloud.timescale.com', 'timescale'],
    ['p.abcdef.db.postgresbridge.com', 'crunchy-bridge'],
    ['shop.abc.eu-west-1.redshift.amazonaws.com', 'redshift'],
    ['shop.123456789012.eu-west-1.redshift-serverless.amazonaws.com', 'redshift'],
    ['dpg-abc123-a.frankfurt-postgres.render.com', 'render'],
    ['dpg-abc123-a', 'render'],
    ['shop-do-user-1-0.b.db.ondigitalocean.com', 'digitalocean'],
    ['shop-team.a.aivencloud.com', 'aiven'],
    // As people write it.
    ['Shop.ABCDEFGHIJKL.eu-west-1.RDS.amazonaws.com', 'rds'],
    ['db.abcdefghijklmnopqrst.supabase.co.', 'supabase'],
    ['ep-x.aws.neon.tech,db.example.com', 'neon'],
  ])('%s is %s', (host, provider) => {
    expect(providerOfHost(host)).toBe(provider);
  });

  it.each([
    '',
    'localhost',
    '10.1.2.3',
    '::1',
    '/var/run/postgresql',
    'db.example.com',
    'db.example.com,ep-x.aws.neon.tech',
    // A name that only looks like a provider's.
    'neon.tech',
    'evil-neon.tech',
    'ep-x.aws.neon.tech.example.com',
    'rds.amazonaws.com.example.com',
    'xaivencloud.com',
    'web.render.com',
    'dpg-abc123-a.example.com',
  ])('%s is anybody’s', (host) => {
    expect(providerOfHost(host)).toBe(selfHosted);
  });
});

describe('the provider of a server', () => {
  const plain: ServerTraits = {
    versionText: 'PostgreSQL 16.4 on x86_64-pc-linux-gnu, compiled by gcc, 64-bit',
    settingPrefixes: [''],
    roles: [''],
    extensions: [''],
  };
  const told = (traits: Partial<ServerTraits>, host = '10.1.2.3') =>
    providerOfServer(host, { ...plain, ...traits });

  it('is anybody’s where nothing tells', () => {
    expect(told({})).toBe(selfHosted);
    expect(
      told({
        settingPrefixes: ['plpgsql', 'constructor'],
        roles: ['postgres', 'toString'],
        extensions: ['plpgsql'],
      }),
    ).toBe(selfHosted);
  });

  it('is told by its version before all else', () => {
    expect(told({ versionText: 'CockroachDB CCL v24.1.0' })).toBe('cockroachdb');
    expect(told({ versionText: 'PostgreSQL 11.2-YB-2.20.1.0-b0 on x86_64' })).toBe('yugabytedb');
    const redshift = { versionText: 'PostgreSQL 8.0.2 on i686-pc-linux-gnu, Redshift 1.0.63205' };
    expect(told({ ...redshift, roles: ['rds_superuser'] }, 'x.rds.amazonaws.com')).toBe('redshift');
  });

  it('is Heroku by its schema, at a host of Amazon’s too', () => {
    expect(told({ extensions: ['heroku_ext'] })).toBe('heroku');
    expect(told({ extensions: ['heroku_ext'] }, 'x.cluster-abcdefghijkl.us-east-1.rds.amazonaws.com')).toBe(
      'heroku',
    );
    expect(Object.values(tellingObjects)).toContain('heroku_ext');
  });

  it('is told by the host before settings and roles', () => {
    const host = 'shop.cluster-abcdefghijkl.eu-west-1.rds.amazonaws.com';
    expect(told({ settingPrefixes: ['rds'], roles: ['rds_superuser'] }, host)).toBe('aurora');
  });

  it.each([...new Set(Object.values(tellingSettings))])('is told by settings of %s', (prefix) => {
    expect(told({ settingPrefixes: ['plpgsql', prefix], roles: ['doadmin'] })).toBe(prefix);
  });

  it.each([
    ['neon_superuser', 'neon'],
    ['alloydbsuperuser', 'alloydb'],
    ['cloudsqlsuperuser', 'cloudsql'],
    ['azure_pg_admin', 'azure'],
    ['supabase_admin', 'supabase'],
    ['rds_superuser', 'rds'],
    ['tsdbadmin', 'timescale'],
    ['avnadmin', 'aiven'],
    ['doadmin', 'digitalocean'],
  ])('is told by the role %s', (role, provider) => {
    expect(told({ roles: ['postgres', role] })).toBe(provider);
    expect(tellingRoles).toContain(role);
  });

  it('is AlloyDB where it has the roles of Cloud SQL too', () => {
    expect(told({ roles: ['cloudsqlsuperuser', 'alloydbsuperuser'] })).toBe('alloydb');
  });

  it.each([
    ['timescaledb', 'timescale'],
    ['citus', 'citus'],
  ])('is told by the extension %s, after all else', (extension, provider) => {
    expect(told({ extensions: ['plpgsql', extension] })).toBe(provider);
    expect(told({ extensions: [extension], roles: ['rds_superuser'] })).toBe('rds');
    expect(Object.values(tellingObjects)).toContain(extension);
  });
});
