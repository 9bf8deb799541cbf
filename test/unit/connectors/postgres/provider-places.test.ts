import { describe, expect, it } from 'vitest';
import { Fault } from '../../../../src/connectors/postgres/faults.ts';
import {
  credentialsAt,
  letInAt,
  neonDirectHost,
  neonEndpoint,
} from '../../../../src/connectors/postgres/provider-places.ts';

describe('a provider that is told by its host', () => {
  it.each([
    ['ep-x-1.eu-central-1.aws.neon.tech', /IP Allow/, '5432'],
    ['shop.abcdefghijkl.eu-west-1.rds.amazonaws.com', /VPC security group/, '5432'],
    ['shop.cluster-abcdefghijkl.eu-west-1.rds.amazonaws.com', /VPC security group/, '5432'],
    ['shop.proxy-abcdefghijkl.eu-west-1.rds.amazonaws.com', /inside its VPC only/, '5432'],
    ['shop.abc.eu-west-1.redshift.amazonaws.com', /VPC security group/, '5439'],
    ['shop.postgres.database.azure.com', /Networking → add a firewall rule/, '5432'],
    ['aws-0-eu-central-1.pooler.supabase.com', /Network Restrictions/, '6543'],
    ['shop-1234.5xj.gcp-europe-west1.cockroachlabs.cloud', /IP Allowlist/, '26257'],
    ['us-west-2.1234.aws.ybdb.io', /IP Allow List/, '5433'],
    ['abc.def.tsdb.cloud.timescale.com', /IP Allow List/, '5432'],
    ['p.abcdef.db.postgresbridge.com', /firewall rules/, '5432'],
    ['dpg-abc123-a.frankfurt-postgres.render.com', /inbound IP rules/, '5432'],
    ['shop-do-user-1-0.b.db.ondigitalocean.com', /trusted sources/, '25060'],
    ['shop-team.a.aivencloud.com', /allowed addresses/, '5432'],
  ])('%s has a place where a machine is let in, and one where its port stands', (host, letIn, port) => {
    expect(letInAt(host)).toMatch(letIn);
    expect(credentialsAt(host)?.length).toBeGreaterThan(10);
    expect(new Fault('connect_timeout', { host }).fix).toMatch(letIn);
    expect(new Fault('address_not_allowed', { host }).fix).toMatch(letIn);
    expect(new Fault('connection_refused', { host }).fix).toContain(port);
  });

  it.each(['db.example.com', 'localhost', '/run/postgresql', undefined])('%s has none', (host) => {
    expect(letInAt(host)).toBeNull();
    expect(credentialsAt(host)).toBeNull();
  });
});

describe('a server that drops the packets', () => {
  const fix = (host: string) => new Fault('connect_timeout', { host, port: 5432 }).fix;

  it('may be Cloud SQL’s where its host is an address of the internet', () => {
    expect(fix('34.89.1.2')).toContain('Authorised networks');
  });

  it.each([
    '10.1.2.3',
    '172.20.0.1',
    '192.168.1.1',
    '127.0.0.1',
    '100.64.1.1',
    '169.254.1.1',
    '::1',
    'db.example.com',
  ])('is not where its host is %s', (host) => {
    expect(fix(host)).toBe(
      'a firewall or security group most likely drops the packets: allow this machine’s address',
    );
  });
});

describe('a host of Neon’s', () => {
  it.each([
    ['ep-cool-darkness-123456.eu-central-1.aws.neon.tech', 'ep-cool-darkness-123456', null],
    [
      'ep-cool-darkness-123456-pooler.us-east-2.aws.neon.tech',
      'ep-cool-darkness-123456',
      'ep-cool-darkness-123456.us-east-2.aws.neon.tech',
    ],
    ['ep-x-pooler.example.com', null, null],
    ['10.1.2.3', null, null],
    ['proxy.aws.neon.tech', null, null],
    [undefined, null, null],
  ])('%s is the endpoint %s, with the direct host %s', (host, endpoint, direct) => {
    expect(neonEndpoint(host)).toBe(endpoint);
    expect(neonDirectHost(host)).toBe(direct);
  });
});
