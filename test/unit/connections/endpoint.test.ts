import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Endpoint } from '../../../src/connections/connection.ts';
import {
  completeEndpoint,
  type EndpointInput,
  endpointDifferences,
  missingFlags,
  presetFor,
} from '../../../src/connections/endpoint.ts';
import { anEndpoint } from '../../support/connection-services.ts';
import { InMemoryConnector } from '../../support/in-memory-connector.ts';

const connector = new InMemoryConnector();
const least = { host: 'db.example.com', username: 'reader', database: 'shop' };

describe('completing an endpoint', () => {
  it("takes what is missing from the preset of the host's provider", () => {
    expect(completeEndpoint(connector, { host: 'a.cloud.example', username: 'reader' })).toEqual({
      connector: 'memory',
      host: 'a.cloud.example',
      port: 6543,
      database: 'clouddb',
      username: 'reader',
      schema: 'app',
      sslMode: 'require',
      sslRootCert: null,
      sslCert: null,
      sslKey: null,
      sslCrl: null,
      options: {},
    });
    expect(completeEndpoint(connector, least)).toMatchObject({
      port: 5432,
      schema: 'public',
      sslMode: 'prefer',
    });
  });

  it('keeps every field that was given', () => {
    const given = anEndpoint({
      host: 'a.cloud.example',
      port: 1,
      sslMode: 'verify-ca',
      sslRootCert: '/root.pem',
      sslCert: '/cert.pem',
      sslKey: '/key.pem',
      sslCrl: '/crl.pem',
      options: { application_name: 'nightly' },
    });
    const { connector: _connector, ...input } = given;
    expect(completeEndpoint(connector, input)).toEqual(given);
  });

  it('verifies fully with the roots of the system, as libpq does, unless told otherwise', () => {
    expect(completeEndpoint(connector, { ...least, sslRootCert: 'system' }).sslMode).toBe('verify-full');
    const told = { ...least, sslRootCert: 'system', sslMode: 'require' } as const;
    expect(completeEndpoint(connector, told).sslMode).toBe('require');
    expect(completeEndpoint(connector, { ...least, sslRootCert: '/root.pem' }).sslMode).toBe('prefer');
  });

  it.each<[EndpointInput, string]>([
    [{}, '--host, --username, --database are missing'],
    [{ host: 'db.example.com' }, '--username, --database are missing'],
    [{ host: 'db.example.com', username: 'reader' }, '--database is missing'],
    [{ host: 'a.cloud.example' }, '--username is missing'],
    [{ username: 'reader', database: 'shop' }, '--host is missing'],
  ])('%j lacks flags, all of which are named', (input, message) => {
    expect(() => completeEndpoint(connector, input)).toThrow(
      expect.objectContaining({ code: 'missing_flags', message }),
    );
  });

  it('has the connector look at the result', () => {
    expect(() => completeEndpoint(connector, { ...least, host: 'a b' })).toThrow(
      expect.objectContaining({ code: 'bad_host' }),
    );
  });

  it('knows the preset of a host, and the one for all others', () => {
    expect(presetFor(connector, 'a.cloud.example')?.provider).toBe('cloud');
    expect(presetFor(connector, 'localhost')?.provider).toBe('self-hosted');
    expect(presetFor(connector, undefined)?.provider).toBe('self-hosted');
  });

  it('says what to add', () => {
    expect(missingFlags(['host'])).toMatchObject({
      message: '--host is missing',
      fix: expect.stringMatching(/^add it, or give a URL/),
    });
    expect(missingFlags(['role', 'database'])).toMatchObject({
      fix: expect.stringMatching(/^add them, or give a URL/),
    });
    // No URL holds these.
    expect(missingFlags(['role'])).toMatchObject({ fix: 'add it' });
    expect(missingFlags(['role', 'name'])).toMatchObject({ fix: 'add them' });
  });
});

const text = fc.constantFrom('a', 'b', 'c');
const path = fc.option(text);
const endpoints: fc.Arbitrary<Endpoint> = fc.record({
  connector: fc.constantFrom('memory', 'other'),
  host: text,
  port: fc.integer({ min: 1, max: 3 }),
  database: text,
  username: text,
  schema: text,
  sslMode: fc.constantFrom('disable', 'prefer', 'require'),
  sslRootCert: path,
  sslCert: path,
  sslKey: path,
  sslCrl: path,
  options: fc.dictionary(fc.constantFrom('options', 'hostaddr', '__proto__', 'constructor'), text),
});

describe('the differences of two endpoints', () => {
  it.each<[Partial<Endpoint>, string[]]>([
    [{}, []],
    [{ host: 'other' }, ['host']],
    [{ port: 1, sslMode: 'disable' }, ['port', 'sslMode']],
    [{ sslCrl: '/crl.pem' }, ['sslCrl']],
    [{ options: { hostaddr: '::1' } }, ['options']],
    [{ options: {} }, []],
  ])('are the fields that differ: %j', (changes, fields) => {
    expect(endpointDifferences(anEndpoint(), anEndpoint(changes))).toEqual(fields);
  });

  it('of options do not depend on their order', () => {
    const [before, after] = [
      { a: '1', b: '2' },
      { b: '2', a: '1' },
    ];
    expect(endpointDifferences(anEndpoint({ options: before }), anEndpoint({ options: after }))).toEqual([]);
    expect(
      endpointDifferences(anEndpoint({ options: before }), anEndpoint({ options: { a: '1', c: '2' } })),
    ).toEqual(['options']);
  });

  it('are the same both ways, none of an endpoint with itself, and exactly what is to be changed', () => {
    fc.assert(
      fc.property(endpoints, endpoints, (before, after) => {
        const fields = endpointDifferences(before, after);
        expect(endpointDifferences(after, before)).toEqual(fields);
        expect(endpointDifferences(before, structuredClone(before))).toEqual([]);
        const entries = Object.entries(after).filter(([field]) => fields.includes(field));
        expect({ ...before, ...Object.fromEntries(entries) }).toEqual(after);
      }),
    );
  });
});
