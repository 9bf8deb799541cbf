import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Endpoint } from '../../../src/connections/connection.ts';
import { type SecretConsequence, secretConsequence } from '../../../src/connections/endpoint.ts';
import { sslModes } from '../../../src/connections/vocabulary.ts';
import { bindingDigestOf } from '../../../src/secrets/binding.ts';
import { anEndpoint } from '../../support/connection-services.ts';

type Row = [
  what: string,
  before: Partial<Endpoint>,
  after: Partial<Endpoint>,
  consequence: SecretConsequence,
  /** Of the way back; the same when left out. */
  back?: SecretConsequence,
];

const options = (before: Record<string, string>, after: Record<string, string>) =>
  [{ options: before }, { options: after }] as const;

/** What an edit means for a stored secret, and what the edit back means. */
const rows: readonly Row[] = [
  ['nothing', {}, {}, 'none'],
  // It would go elsewhere.
  ['the host', {}, { host: 'other' }, 'ask-again'],
  ['one more host', {}, { host: 'db.example.com,other' }, 'ask-again'],
  ['the address of the host', ...options({}, { hostaddr: '192.0.2.1' }), 'ask-again'],
  ['another address', ...options({ hostaddr: '192.0.2.1' }, { hostaddr: '192.0.2.2' }), 'ask-again'],
  ['the port', {}, { port: 6432 }, 'ask-again'],
  ['the user', {}, { username: 'writer' }, 'ask-again'],
  ['the connector', {}, { connector: 'other' }, 'ask-again'],
  // It would go there under another client identity.
  ['the client certificate', {}, { sslCert: '/cert.pem', sslKey: '/key.pem' }, 'ask-again'],
  ['another certificate', { sslCert: '/a.pem' }, { sslCert: '/b.pem' }, 'ask-again'],
  ['another key', { sslKey: '/a.pem' }, { sslKey: '/b.pem' }, 'ask-again'],
  // TLS gets stronger, and on the way back weaker.
  ...sslModes.slice(1).map((mode, index): Row => {
    const weaker = sslModes[index] ?? 'disable';
    return [
      `sslMode from ${weaker} to ${mode}`,
      { sslMode: weaker },
      { sslMode: mode },
      'bind-anew',
      'ask-again',
    ];
  }),
  [
    'sslMode from the weakest to the strongest',
    { sslMode: 'disable' },
    { sslMode: 'verify-full' },
    'bind-anew',
    'ask-again',
  ],
  ['the root certificate', {}, { sslRootCert: '/root.pem' }, 'bind-anew', 'ask-again'],
  [
    'channel_binding from nothing to require',
    ...options({}, { channel_binding: 'require' }),
    'bind-anew',
    'ask-again',
  ],
  [
    'channel_binding from disable to nothing',
    ...options({ channel_binding: 'disable' }, {}),
    'bind-anew',
    'ask-again',
  ],
  [
    'channel_binding from prefer to require',
    ...options({ channel_binding: 'prefer' }, { channel_binding: 'require' }),
    'bind-anew',
    'ask-again',
  ],
  [
    'channel_binding from nothing to prefer, which is the default',
    ...options({}, { channel_binding: 'prefer' }),
    'bind-anew',
  ],
  ['require_auth', ...options({}, { require_auth: 'scram-sha-256' }), 'bind-anew', 'ask-again'],
  [
    'require_auth to other methods',
    ...options({ require_auth: 'scram-sha-256' }, { require_auth: 'md5' }),
    'ask-again',
  ],
  ['the revocation list, which is not bound', {}, { sslCrl: '/crl.pem' }, 'none', 'ask-again'],
  [
    'a higher TLS version, which is not bound',
    ...options({}, { ssl_min_protocol_version: 'TLSv1.3' }),
    'none',
    'ask-again',
  ],
  [
    'a TLS version below the default',
    ...options({}, { ssl_min_protocol_version: 'TLSv1' }),
    'ask-again',
    'none',
  ],
  // Neither elsewhere nor weaker, but bound.
  ['the database', {}, { database: 'other' }, 'bind-anew'],
  ['another root certificate', { sslRootCert: '/a.pem' }, { sslRootCert: '/b.pem' }, 'bind-anew'],
  // Not bound.
  ['the schema', {}, { schema: 'sales' }, 'none'],
  ['another revocation list', { sslCrl: '/a.pem' }, { sslCrl: '/b.pem' }, 'none'],
  ['an option that is not bound', ...options({}, { application_name: 'nightly' }), 'none'],
  // Something of each: the strictest counts.
  ['the database and weaker TLS', {}, { database: 'other', sslMode: 'disable' }, 'ask-again', 'bind-anew'],
  ['stronger TLS and another host', {}, { sslMode: 'verify-full', host: 'other' }, 'ask-again'],
];

describe('an edit of the endpoint and the stored secret', () => {
  it.each(rows)('%s', (_what, before, after, consequence, back = consequence) => {
    const [from, to] = [anEndpoint(before), anEndpoint(after)];
    expect(secretConsequence(from, to)).toBe(consequence);
    expect(secretConsequence(to, from)).toBe(back);
  });

  const text = fc.constantFrom('a', 'b');
  const path = fc.option(fc.constantFrom('/a.pem', '/b.pem'));
  const endpoints: fc.Arbitrary<Endpoint> = fc.record({
    connector: fc.constant('memory'),
    host: fc.constantFrom('a', 'b', 'a,b'),
    port: fc.integer({ min: 1, max: 2 }),
    database: text,
    username: text,
    schema: text,
    sslMode: fc.constantFrom(...sslModes),
    // Not read by these tests' bindings: a path that is not there would fail.
    sslRootCert: fc.constantFrom(null, 'system'),
    sslCert: path,
    sslKey: path,
    sslCrl: path,
    options: fc.record(
      {
        hostaddr: fc.constantFrom('192.0.2.1', '192.0.2.2'),
        channel_binding: fc.constantFrom('disable', 'prefer', 'require'),
        require_auth: fc.constantFrom('md5', 'scram-sha-256'),
        ssl_min_protocol_version: fc.constantFrom('TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'),
        application_name: text,
      },
      { requiredKeys: [] },
    ),
  });
  /** A few fields of an endpoint changed: two drawn apart would differ in too much. */
  const edits = fc
    .tuple(
      endpoints,
      endpoints,
      fc.subarray(Object.keys(anEndpoint()) as (keyof Endpoint)[], { maxLength: 3 }),
    )
    .map(([before, other, fields]) => {
      const changed = Object.fromEntries(fields.map((field) => [field, other[field]]));
      return [before, { ...before, ...changed }] as const;
    });

  it('is never "none" when something that the secret is bound to changes', async () => {
    await fc.assert(
      fc.asyncProperty(edits, async ([before, after]) => {
        const connectionId = 'the-same';
        const was = await bindingDigestOf({ connectionId, endpoint: before });
        const is = await bindingDigestOf({ connectionId, endpoint: after });
        if (!was.equals(is)) expect(secretConsequence(before, after)).not.toBe('none');
      }),
      { numRuns: 1000 },
    );
  });

  it('is "ask again" both ways wherever the secret would go to someone else', () => {
    const elsewhere = ['host', 'port', 'username', 'sslCert', 'sslKey'] as const;
    fc.assert(
      fc.property(edits, ([before, after]) => {
        const moves =
          elsewhere.some((field) => before[field] !== after[field]) ||
          before.options.hostaddr !== after.options.hostaddr;
        if (!moves) return;
        expect(secretConsequence(before, after)).toBe('ask-again');
        expect(secretConsequence(after, before)).toBe('ask-again');
      }),
      { numRuns: 1000 },
    );
  });

  it('can not be got around in steps that ask nothing', () => {
    fc.assert(
      fc.property(endpoints, endpoints, endpoints, (first, second, third) => {
        const asks = (a: Endpoint, b: Endpoint) => secretConsequence(a, b) === 'ask-again';
        if (!asks(first, second) && !asks(second, third)) expect(asks(first, third)).toBe(false);
      }),
    );
    fc.assert(
      fc.property(edits, endpoints, ([first, second], other) => {
        const third = { ...second, sslMode: other.sslMode, options: other.options };
        const asks = (a: Endpoint, b: Endpoint) => secretConsequence(a, b) === 'ask-again';
        if (!asks(first, second) && !asks(second, third)) expect(asks(first, third)).toBe(false);
      }),
      { numRuns: 3000 },
    );
  });

  it('is "none" for an endpoint and itself', () => {
    fc.assert(
      fc.property(endpoints, (endpoint) => {
        expect(secretConsequence(endpoint, structuredClone(endpoint))).toBe('none');
      }),
    );
  });
});
