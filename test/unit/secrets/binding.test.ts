import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SecretOwner } from '../../../src/connections/secret-store.ts';
import { sslModes } from '../../../src/connections/vocabulary.ts';
import { bindingDigestOf, bindingOf } from '../../../src/secrets/binding.ts';
import { secretOwner } from '../../support/secret-owner.ts';

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', 'null', '","', '[]', '\\"'),
);
const textOrNull = fc.option(text, { nil: null });

/** Every field that a secret is bound to. */
const boundFields = fc.record({
  connectionId: text,
  connector: text,
  host: text,
  hostaddr: textOrNull,
  port: fc.integer({ min: 1, max: 65535 }),
  database: text,
  username: text,
  sslMode: fc.constantFrom(...sslModes),
  channelBinding: textOrNull,
  requireAuth: textOrNull,
  sslRootCert: fc.constantFrom(null, 'system'),
  sslCert: textOrNull,
  sslKey: textOrNull,
});
type BoundFields = typeof boundFields extends fc.Arbitrary<infer T> ? T : never;

function ownerOf(fields: BoundFields, unbound: Partial<SecretOwner['endpoint']> = {}): SecretOwner {
  const { connectionId, hostaddr, channelBinding, requireAuth, ...endpoint } = fields;
  const options = {
    ...unbound.options,
    ...(hostaddr === null ? {} : { hostaddr }),
    ...(channelBinding === null ? {} : { channel_binding: channelBinding }),
    ...(requireAuth === null ? {} : { require_auth: requireAuth }),
  };
  return secretOwner({ ...endpoint, ...unbound, options }, connectionId);
}

async function hex(owner: SecretOwner): Promise<string> {
  return Buffer.from(await bindingOf(owner)).toString('hex');
}

describe('the binding of a secret', () => {
  it('is the same for two owners exactly when all bound fields are', async () => {
    await fc.assert(
      fc.asyncProperty(boundFields, boundFields, async (one, other) => {
        const same = JSON.stringify(one) === JSON.stringify(other);
        expect((await hex(ownerOf(one))) === (await hex(ownerOf(other)))).toBe(same);
      }),
    );
  });

  it('changes with any one of the bound fields', async () => {
    const fields = Object.keys(sample()) as Array<keyof BoundFields>;
    expect(fields).toHaveLength(13);
    for (const field of fields) {
      await fc.assert(
        fc.asyncProperty(boundFields, boundFields, async (one, other) => {
          fc.pre(one[field] !== other[field]);
          const changed = { ...one, [field]: other[field] };
          expect(await hex(ownerOf(changed))).not.toBe(await hex(ownerOf(one)));
        }),
        { numRuns: 30 },
      );
    }
  });

  it('changes when a part of one field moves to the next', async () => {
    await fc.assert(
      fc.asyncProperty(boundFields, text, text, text, async (fields, a, b, c) => {
        fc.pre(b !== '');
        const one = ownerOf({ ...fields, database: a + b, username: c });
        const other = ownerOf({ ...fields, database: a, username: b + c });
        expect(await hex(one)).not.toBe(await hex(other));
      }),
    );
  });

  it('does not change with what is not bound', async () => {
    const names = text.filter(
      (name) => !['hostaddr', 'channel_binding', 'require_auth', '__proto__'].includes(name),
    );
    const unbound = fc.record({ schema: text, sslCrl: textOrNull, options: fc.dictionary(names, text) });
    await fc.assert(
      fc.asyncProperty(boundFields, unbound, async (fields, rest) => {
        expect(await hex(ownerOf(fields, rest))).toBe(await hex(ownerOf(fields)));
      }),
    );
  });

  it('has a digest of 32 bytes', async () => {
    expect(await bindingDigestOf(secretOwner())).toHaveLength(32);
  });
});

describe('the root certificate in the binding', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'jackfield-binding-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  it('counts by what is in the file at the time, not by its path', async () => {
    const [one, other] = [join(directory, 'one.pem'), join(directory, 'other.pem')];
    await writeFile(one, 'certificate');
    await writeFile(other, 'certificate');
    const before = await hex(secretOwner({ sslRootCert: one }));
    expect(await hex(secretOwner({ sslRootCert: other }))).toBe(before);
    await writeFile(one, 'certificate of an attacker');
    expect(await hex(secretOwner({ sslRootCert: one }))).not.toBe(before);
  });

  it('tells a file from none and from the system', async () => {
    const file = join(directory, 'empty.pem');
    await writeFile(file, '');
    const bindings = [null, 'system', file].map((sslRootCert) => hex(secretOwner({ sslRootCert })));
    expect(new Set(await Promise.all(bindings)).size).toBe(3);
  });

  it.each([
    ['is not there', '/nonexistent/root.pem', 'does not exist'],
    ['is a directory', '/', 'is not a regular file'],
    ['is a device', '/dev/zero', 'is not a regular file'],
  ])('can not be had when it %s', async (_what, sslRootCert, words) => {
    await expect(bindingOf(secretOwner({ sslRootCert }))).rejects.toMatchObject({
      code: 'root_certificate_unreadable',
      message: expect.stringContaining(words),
    });
  });
});

function sample(): BoundFields {
  const [fields] = fc.sample(boundFields, 1);
  if (fields === undefined) throw new Error('no sample');
  return fields;
}
