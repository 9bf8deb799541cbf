import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/connections/errors.ts';
import { parseConnectionFile } from '../../../src/connections/file.ts';

const least = { name: 'orders', role: 'source', host: 'db.example.com', username: 'reader' };

function refusal(content: unknown): UsageError {
  try {
    parseConnectionFile(content, 'connections.yaml');
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error('the file was accepted');
}

describe('a file of connections', () => {
  it('gives its entries, with nothing filled in but the connector', () => {
    expect(parseConnectionFile({ connections: [least] }, 'f')).toEqual([{ ...least, connector: 'postgres' }]);
    expect(parseConnectionFile({ connections: [] }, 'f')).toEqual([]);
    expect(parseConnectionFile({}, 'f')).toEqual([]);
  });

  it('keeps apart a secret that is not mentioned and one that is not to be', () => {
    const [silent, none] = parseConnectionFile(
      { connections: [least, { ...least, name: 'stock', secret: null }] },
      'f',
    );
    expect(silent).not.toHaveProperty('secret');
    expect(none).toHaveProperty('secret', null);
  });

  it.each<[unknown, string]>([
    [null, 'connections.yaml is empty'],
    [undefined, 'connections.yaml is empty'],
    ['text', 'the top level of'],
    [[], 'the top level of'],
    [{ connection: [] }, 'a key that is not known ("connection")'],
    [{ connections: {} }, 'connections of'],
    [{ connections: [{}] }, 'connections[0].name of'],
    [{ connections: [least, { ...least, port: 70000 }] }, 'connections[1].port of'],
    [{ connections: [{ ...least, role: 'both' }] }, 'connections[0].role of'],
    [{ connections: [{ ...least, sslMode: 'yes' }] }, 'connections[0].sslMode of'],
    [
      { connections: [{ ...least, sslMode: 'yes' }] },
      '("orders") is not one of disable, allow, prefer, require, verify-ca, verify-full',
    ],
    [{ connections: [{ ...least, host: undefined }] }, '("orders") is missing: it is a text'],
    [{ connections: [{ ...least, port: '5432' }] }, 'is not a number'],
    [{ connections: [{ ...least, port: 70000 }] }, 'is more than 65535'],
    [{ connections: [{ ...least, tags: 'eu' }] }, '("orders") is not a list'],
    [{ connections: [{ ...least, password: 'hunter2' }] }, 'it may hold name, role, connector, host'],
    [{ connections: [{ ...least, password: 'hunter2' }] }, 'a key that is not known ("password")'],
    [
      { connections: [{ ...least, options: { connect_timeout: 5 } }] },
      'connections[0].options.connect_timeout',
    ],
    [{ connections: [least, { ...least, name: ' orders ' }] }, 'names "orders" twice'],
    [
      {
        connections: [
          { ...least, name: 'cafe\u0301' },
          { ...least, name: 'café' },
        ],
      },
      'twice',
    ],
  ])('%j is refused, and the place is named', (content, message) => {
    expect(refusal(content)).toMatchObject({ code: 'bad_file', message: expect.stringContaining(message) });
    expect(refusal(content).fix).toMatch(/./);
  });

  it('never has a value repeated, wherever it stands and whatever is wrong with it', () => {
    const canary = 'hunter2-do-not-show';
    const fields = [
      'role',
      'connector',
      'host',
      'port',
      'username',
      'sslMode',
      'options',
      'tags',
      'secret',
      'extra',
    ];
    const values = fc.oneof(
      fc.constant(canary),
      fc.constant([canary]),
      fc.constant({ nested: canary }),
      fc.constant([{ nested: [canary, 5] }]),
      fc.constant(5),
    );
    const entries = fc.dictionary(fc.constantFrom(...fields), values, { minKeys: 1 });
    const contents = fc.oneof(
      entries.map((entry) => ({ connections: [{ ...least, ...entry }] })),
      entries.map((entry) => ({ connections: [least, entry] })),
      values.map((value) => ({ connections: value })),
      values,
    );
    fc.assert(
      fc.property(contents, (content) => {
        try {
          parseConnectionFile(content, 'connections.yaml');
        } catch (error) {
          const said =
            error instanceof UsageError ? `${error.message} ${error.fix} ${error.cause}` : String(error);
          expect(error).toBeInstanceOf(UsageError);
          expect(said).not.toContain(canary);
        }
      }),
      { numRuns: 500 },
    );
  });
});
