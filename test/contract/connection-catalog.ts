import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resultsKept, type TestOutcome } from '../../src/connections/catalog.ts';
import {
  endpointOf,
  type LastTest,
  neverTested,
  type TableName,
  type TestResult,
} from '../../src/connections/connection.ts';
import { NotFoundError, RefusedError } from '../../src/connections/errors.ts';
import type { CatalogSetting, CatalogUnderTest } from '../support/catalogs-under-test.ts';
import { aDraft } from '../support/connection-draft.ts';
import { probed } from '../support/in-memory-connector.ts';
import { aPipeline } from '../support/pipeline-draft.ts';

const passed: LastTest = {
  status: 'passed',
  at: '2026-01-02T03:04:05.678Z',
  durationMs: 12.25,
  code: null,
  message: null,
  serverVersion: '16.4',
};
const failed: LastTest = {
  status: 'failed',
  at: '2026-02-02T00:00:00.000Z',
  durationMs: 7,
  code: 'connection_refused',
  message: 'nobody listens',
  serverVersion: null,
};
const changed: LastTest = { ...neverTested, status: 'changed' };

/** The outcome of a test that became this last test. */
function outcome(lastTest: LastTest, provider = 'neon'): TestOutcome {
  return { lastTest, provider, result: { connection: 'orders', ...probed('failed') } };
}

/** The outcome of a test with this result. */
function outcomeOf(result: TestResult, at = '2026-01-02T03:04:05.678Z'): TestOutcome {
  return { lastTest: { ...passed, at }, provider: 'neon', result };
}

/** A result that says its number. */
function numbered(durationMs: number): TestResult {
  return { connection: 'orders', ...probed(), durationMs };
}

/** What every catalog of connections does. */
export function describeConnectionCatalog(
  name: string,
  open: (setting: CatalogSetting) => Promise<CatalogUnderTest>,
): void {
  describe(`${name} as a catalog of connections`, () => {
    let opened: CatalogUnderTest;
    let catalog: CatalogUnderTest['catalog'];
    let another: CatalogUnderTest['catalog'];
    let time: Date;

    beforeEach(async () => {
      time = new Date('2026-01-01T00:00:00.000Z');
      opened = await open({ now: () => time, owner: 'host:4711' });
      ({ catalog, another } = opened);
    });
    afterEach(() => opened.close());

    function laterBy(seconds: number): string {
      time = new Date(time.getTime() + seconds * 1000);
      return time.toISOString();
    }

    async function withSecret(
      connectionId: string,
      backend: 'keychain' | 'vault' = 'vault',
    ): Promise<string> {
      const account = randomUUID();
      await catalog.beginSecret(account, backend, connectionId);
      return account;
    }

    async function ledger(): Promise<Record<string, string>> {
      const entries = await another.secretLedger();
      return Object.fromEntries(entries.map(({ account, state }) => [account, state]));
    }

    const addPipeline = (
      name: string,
      source: { readonly id: string },
      destination: { readonly id: string },
      rest: Parameters<typeof aPipeline>[3] = {},
    ) => catalog.pipelines.add(randomUUID(), aPipeline(name, source.id, destination.id, rest));

    const stored = { kind: 'stored' } as const;

    describe('version', () => {
      it('is another one after each change of what is saved that was made elsewhere', async () => {
        const id = randomUUID();
        const seen = [await another.version()];
        const saved = await catalog.add(id, aDraft({ name: 'orders' }));
        seen.push(await another.version());
        await catalog.recordTest(id, saved.revision, outcome(failed));
        seen.push(await another.version());
        await catalog.update(id, saved.revision, aDraft({ name: 'stock' }), failed);
        seen.push(await another.version());
        await catalog.delete(id);
        seen.push(await another.version());
        expect(new Set(seen).size).toBe(seen.length);
        expect(await another.version()).toBe(seen.at(-1));
      });

      it('is the same while nothing is changed', async () => {
        await catalog.add(randomUUID(), aDraft({ name: 'orders' }));
        const before = await another.version();
        await catalog.list();
        await another.list();
        expect(await another.version()).toBe(before);
      });
    });

    describe('add', () => {
      it('saves what a draft holds and fills in the rest', async () => {
        const id = randomUUID();
        const draft = aDraft({
          name: 'orders',
          role: 'destination',
          provider: 'neon',
          tags: ['prod', 'eu'],
          allowWrite: true,
          password: { kind: 'env', reference: 'ORDERS_PASSWORD' },
          sslKeyPassword: { kind: 'cmd', reference: 'pass show key' },
          host: 'a.example.com,b.example.com',
          port: 65535,
          sslMode: 'verify-ca',
          sslRootCert: '/etc/ca.pem',
          sslCert: '/etc/me.pem',
          sslKey: '/etc/me.key',
          sslCrl: '/etc/crl.pem',
          options: { channel_binding: 'require', target_session_attrs: 'read-write' },
        });
        const saved = await catalog.add(id, draft);
        expect(saved).toEqual({
          ...draft,
          id,
          secretBackend: null,
          usedBy: [],
          lastTest: neverTested,
          lastPassedAt: null,
          createdAt: '2026-01-01T00:00:00.000Z',
          updatedAt: '2026-01-01T00:00:00.000Z',
          revision: 1,
        });
        expect(await another.find('orders')).toEqual(saved);
        expect(await another.find(id)).toEqual(saved);
        expect(await another.list()).toEqual([saved]);
      });

      it('takes no more from what it is given than a draft has', async () => {
        const former = await catalog.add(randomUUID(), aDraft({ name: 'one' }));
        const copy = await catalog.add(randomUUID(), { ...former, name: 'two' });
        expect(copy).toEqual({ ...former, id: copy.id, name: 'two' });
        expect(copy.id).not.toBe(former.id);
      });

      it('refuses a name that is taken, by its exact text', async () => {
        await catalog.add(randomUUID(), aDraft({ name: 'Orders' }));
        const refused = another.add(randomUUID(), aDraft({ name: 'Orders', host: 'elsewhere' }));
        await expect(refused).rejects.toMatchObject({ code: 'name_taken' });
        await expect(refused).rejects.toBeInstanceOf(RefusedError);
        for (const name of ['orders', 'Orders ', ' Orders', 'Ördërs', 'Orders\u0301']) {
          await catalog.add(randomUUID(), aDraft({ name }));
        }
        expect(await catalog.list()).toHaveLength(6);
      });

      it('leaves the secret pending when the name is taken', async () => {
        await catalog.add(randomUUID(), aDraft({ name: 'orders' }));
        const id = randomUUID();
        const account = await withSecret(id);
        const draft = aDraft({ name: 'orders', password: stored, secretAccount: account });
        await expect(catalog.add(id, draft)).rejects.toMatchObject({ code: 'name_taken' });
        expect(await ledger()).toEqual({ [account]: 'pending' });
      });

      it('keeps two connections to one endpoint apart', async () => {
        const source = await catalog.add(randomUUID(), aDraft({ name: 'a', role: 'source' }));
        const destination = await catalog.add(randomUUID(), aDraft({ name: 'b', role: 'destination' }));
        expect(endpointOf(source)).toEqual(endpointOf(destination));
        expect((await catalog.list()).map(({ name, role }) => [name, role])).toEqual([
          ['a', 'source'],
          ['b', 'destination'],
        ]);
      });

      it('does not take an id twice', async () => {
        const id = randomUUID();
        await catalog.add(id, aDraft({ name: 'a' }));
        await expect(catalog.add(id, aDraft({ name: 'b' }))).rejects.toThrow();
        expect(await catalog.find('b')).toBeNull();
      });

      it('is not changed by what the caller does with the draft or the answer', async () => {
        const tags = ['one'];
        const options: Record<string, string> = { application_name: 'etl' };
        const saved = await catalog.add(randomUUID(), aDraft({ tags, options }));
        tags.push('two');
        options.application_name = 'other';
        expect((await catalog.find('orders'))?.tags).toEqual(['one']);
        expect((await catalog.find(saved.id))?.options).toEqual({ application_name: 'etl' });
      });

      it.each([
        'it\'s "quoted"',
        "'); DROP TABLE connections; --",
        '%_*?[a]',
        '__proto__',
        'constructor',
        '$$',
        'back\\slash',
        'tab\tline\nreturn\r',
        '𝒪𝓇𝒹𝑒𝓇𝓈 🗝️',
        'e\u0301',
        '\u202egnp',
        '\u001b[31m',
        'x'.repeat(10_000),
      ])('keeps %j as a name, a tag, an option and a reference', async (text) => {
        const options = JSON.parse(`{${JSON.stringify(text)}: ${JSON.stringify(text)}, "__proto__": "own"}`);
        const draft = aDraft({
          name: text,
          tags: [text, text],
          options,
          database: text,
          password: { kind: 'file', reference: text },
        });
        const { id } = await catalog.add(randomUUID(), draft);
        const found = await another.find(text);
        expect(found).toMatchObject({ id, name: text, tags: [text, text], database: text });
        expect(found?.password).toEqual({ kind: 'file', reference: text });
        expect(JSON.stringify(found?.options)).toBe(JSON.stringify(options));
        expect(Object.getPrototypeOf(found?.options)).toBe(Object.prototype);
      });

      it('keeps any well-formed text', async () => {
        const text = fc.string({ unit: 'binary', minLength: 1 });
        await fc.assert(
          fc.asyncProperty(text, fc.array(text), fc.dictionary(text, text), async (name, tags, options) => {
            const id = randomUUID();
            const saved = await catalog.add(id, aDraft({ name, tags, options: { ...options } }));
            expect(saved).toMatchObject({ name, tags });
            expect(JSON.stringify(saved.options)).toBe(JSON.stringify({ ...options }));
            expect((await another.find(name))?.id).toBe(id);
            await catalog.delete(id);
          }),
          { numRuns: 50 },
        );
      });
    });

    describe('list', () => {
      it('is empty at first', async () => {
        expect(await catalog.list()).toEqual([]);
      });

      it('orders by the code points of the names', async () => {
        // By UTF-16 units U+1F5DD would come before U+FF5E; by language ä would come before b.
        const names = ['B', 'a', 'a b', 'aa', 'b', 'ä', '\uff5e', '\u{1f5dd}'];
        for (const name of names.toReversed()) await catalog.add(randomUUID(), aDraft({ name }));
        expect((await another.list()).map(({ name }) => name)).toEqual(names);
      });

      it('names the pipelines of each connection, in order and each once', async () => {
        const a = await catalog.add(randomUUID(), aDraft({ name: 'a' }));
        const b = await catalog.add(randomUUID(), aDraft({ name: 'b', role: 'destination' }));
        await catalog.add(randomUUID(), aDraft({ name: 'c' }));
        const other = await catalog.add(randomUUID(), aDraft({ name: 'd', role: 'destination' }));
        await addPipeline('nightly', a, b);
        await addPipeline('Hourly', a, other, { state: 'paused' });
        expect((await catalog.list()).map(({ name, usedBy }) => [name, usedBy])).toEqual([
          ['a', ['Hourly', 'nightly']],
          ['b', ['nightly']],
          ['c', []],
          ['d', ['Hourly']],
        ]);
        expect((await another.find('b'))?.usedBy).toEqual(['nightly']);
        await catalog.delete(b.id, { force: true });
        expect((await catalog.find('a'))?.usedBy).toEqual(['Hourly', 'nightly']);
      });
    });

    describe('find', () => {
      it('has no answer for what is not there', async () => {
        await catalog.add(randomUUID(), aDraft({ name: 'orders' }));
        for (const text of ['', 'order', 'ORDERS', randomUUID()]) expect(await catalog.find(text)).toBeNull();
      });

      it('takes a name before an id', async () => {
        const first = await catalog.add(randomUUID(), aDraft({ name: 'orders' }));
        expect((await catalog.find(first.id))?.name).toBe('orders');
        const second = await catalog.add(randomUUID(), aDraft({ name: first.id }));
        expect((await catalog.find(first.id))?.id).toBe(second.id);
      });
    });

    describe('update', () => {
      it('replaces what the draft holds and counts the revision up', async () => {
        const { id, createdAt } = await catalog.add(randomUUID(), aDraft());
        const updatedAt = laterBy(60);
        const draft = aDraft({ name: 'renamed', host: 'other.example.com', tags: ['x'], provider: 'rds' });
        const saved = await catalog.update(id, 1, draft, changed);
        expect(saved).toMatchObject({ ...draft, id, createdAt, updatedAt, revision: 2, lastTest: changed });
        expect(await another.find('renamed')).toEqual(saved);
        expect(await another.find('orders')).toBeNull();
        expect((await catalog.update(id, 2, draft, changed)).revision).toBe(3);
      });

      it('keeps whether query --write is allowed, and takes it back', async () => {
        const id = randomUUID();
        expect((await catalog.add(id, aDraft())).allowWrite).toBe(false);
        expect((await catalog.update(id, 1, aDraft({ allowWrite: true }), neverTested)).allowWrite).toBe(
          true,
        );
        expect((await another.find(id))?.allowWrite).toBe(true);
        await catalog.update(id, 2, aDraft(), neverTested);
        expect((await another.list()).map(({ allowWrite }) => allowWrite)).toEqual([false]);
      });

      it('refuses an edit of an older revision, and writes nothing', async () => {
        const { id } = await catalog.add(randomUUID(), aDraft());
        const current = await catalog.update(id, 1, aDraft({ host: 'first' }), changed);
        const account = await withSecret(id);
        const late = another.update(
          id,
          1,
          aDraft({ host: 'second', password: stored, secretAccount: account }),
          changed,
        );
        await expect(late).rejects.toMatchObject({ code: 'changed_meanwhile' });
        await expect(late).rejects.toBeInstanceOf(RefusedError);
        expect(await catalog.find(id)).toEqual(current);
        expect(await ledger()).toEqual({ [account]: 'pending' });
      });

      it('lets one of two edits of the same revision through', async () => {
        const { id } = await catalog.add(randomUUID(), aDraft());
        const edits = await Promise.allSettled([
          catalog.update(id, 1, aDraft({ host: 'a' }), changed),
          another.update(id, 1, aDraft({ host: 'b' }), changed),
        ]);
        expect(edits.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      });

      it('refuses a name that another has, and lets it keep its own', async () => {
        await catalog.add(randomUUID(), aDraft({ name: 'taken' }));
        const { id } = await catalog.add(randomUUID(), aDraft({ name: 'mine' }));
        const refused = catalog.update(id, 1, aDraft({ name: 'taken' }), neverTested);
        await expect(refused).rejects.toMatchObject({ code: 'name_taken' });
        expect((await catalog.update(id, 1, aDraft({ name: 'mine' }), neverTested)).name).toBe('mine');
      });

      it('knows no connection that is gone', async () => {
        const { id } = await catalog.add(randomUUID(), aDraft());
        await another.delete(id);
        const refused = catalog.update(id, 1, aDraft(), neverTested);
        await expect(refused).rejects.toMatchObject({ code: 'no_such_connection' });
        await expect(refused).rejects.toBeInstanceOf(NotFoundError);
        expect(await catalog.list()).toEqual([]);
      });

      it('keeps the former test where it is passed on, and when it last passed', async () => {
        const { id } = await catalog.add(randomUUID(), aDraft());
        await catalog.recordTest(id, 1, outcome(passed));
        expect(await catalog.update(id, 1, aDraft({ name: 'b' }), passed)).toMatchObject({
          lastTest: passed,
          lastPassedAt: passed.at,
        });
        expect(await catalog.update(id, 2, aDraft({ host: 'b' }), changed)).toMatchObject({
          lastTest: changed,
          lastPassedAt: passed.at,
        });
      });

      it('takes a test of the edit that passed as its last pass', async () => {
        const { id } = await catalog.add(randomUUID(), aDraft());
        const saved = await catalog.update(id, 1, aDraft({ host: 'b' }), { ...passed, status: 'warned' });
        expect(saved.lastPassedAt).toBe(passed.at);
      });
    });

    describe('delete', () => {
      it('deletes once', async () => {
        const { id } = await catalog.add(randomUUID(), aDraft());
        const other = await catalog.add(randomUUID(), aDraft({ name: 'other' }));
        expect(await catalog.delete(id)).toBe(true);
        expect(await another.delete(id)).toBe(false);
        expect(await catalog.list()).toEqual([other]);
      });

      it('goes by id, not by name', async () => {
        await catalog.add(randomUUID(), aDraft({ name: 'orders' }));
        expect(await catalog.delete('orders')).toBe(false);
        expect(await catalog.list()).toHaveLength(1);
      });

      it('frees the name', async () => {
        const { id } = await catalog.add(randomUUID(), aDraft());
        await catalog.delete(id);
        await expect(catalog.add(randomUUID(), aDraft())).resolves.toMatchObject({ revision: 1 });
      });
    });

    describe('recordTest', () => {
      it.each(['passed', 'warned'] as const)('remembers when one %s', async (status) => {
        const { id, updatedAt } = await catalog.add(randomUUID(), aDraft());
        laterBy(5);
        expect(await catalog.recordTest(id, 1, outcome({ ...passed, status }, 'supabase'))).toBe(true);
        expect(await another.find(id)).toMatchObject({
          lastTest: { ...passed, status },
          lastPassedAt: passed.at,
          provider: 'supabase',
          revision: 1,
          updatedAt,
        });
      });

      it('keeps the last pass when one failed', async () => {
        const { id } = await catalog.add(randomUUID(), aDraft());
        expect(await catalog.recordTest(id, 1, outcome(failed))).toBe(true);
        expect(await catalog.find(id)).toMatchObject({ lastTest: failed, lastPassedAt: null });
        await catalog.recordTest(id, 1, outcome(passed));
        await catalog.recordTest(id, 1, outcome(failed));
        expect(await catalog.find(id)).toMatchObject({ lastTest: failed, lastPassedAt: passed.at });
      });

      it('writes nothing for one that was edited since', async () => {
        const { id } = await catalog.add(randomUUID(), aDraft());
        const edited = await another.update(id, 1, aDraft({ host: 'other' }), neverTested);
        expect(await catalog.recordTest(id, 1, outcome(passed))).toBe(false);
        expect(await catalog.find(id)).toEqual(edited);
        expect(await catalog.recordTest(id, 2, outcome(passed))).toBe(true);
      });

      it('writes nothing for one that is gone', async () => {
        const { id } = await catalog.add(randomUUID(), aDraft());
        await another.delete(id);
        expect(await catalog.recordTest(id, 1, outcome(passed))).toBe(false);
        expect(await catalog.list()).toEqual([]);
      });
    });

    describe('history', () => {
      async function durations(id: string, limit = resultsKept): Promise<number[]> {
        return (await another.history(id, limit)).map(({ result }) => result.durationMs);
      }

      it('keeps each result whole, with its time', async () => {
        const { id } = await catalog.add(randomUUID(), aDraft());
        const tls = {
          protocol: 'TLSv1.3',
          cipher: 'TLS_AES_256_GCM_SHA384',
          verified: 'full',
          subject: 'CN=db.example.com',
          issuer: null,
          validTo: '2026-12-01T00:00:00.000Z',
        } as const;
        const server = { version: '16.4', provider: 'neon', recovery: true, readOnly: false, tls };
        const first: TestResult = { connection: null, ...probed('warned'), durationMs: 0.1 + 0.2, server };
        const second: TestResult = { connection: 'orders', ...probed('failed') };
        expect(await catalog.history(id, resultsKept)).toEqual([]);
        await catalog.recordTest(id, 1, outcomeOf(first, '2026-01-02T00:00:00.000Z'));
        await another.recordTest(id, 1, outcomeOf(second, '2026-01-03T00:00:00.000Z'));
        expect(await another.history(id, resultsKept)).toEqual([
          { at: '2026-01-03T00:00:00.000Z', result: second },
          { at: '2026-01-02T00:00:00.000Z', result: first },
        ]);
      });

      it('takes the clock for a test without a time', async () => {
        const { id } = await catalog.add(randomUUID(), aDraft());
        const at = laterBy(5);
        await catalog.recordTest(id, 1, outcome({ ...passed, at: null }));
        expect(await catalog.history(id, 1)).toMatchObject([{ at }]);
      });

      it('is in the order of recording, whatever the times say, and ends at the limit', async () => {
        const { id } = await catalog.add(randomUUID(), aDraft());
        const times = ['2026-03-01', '2026-01-01', '2026-02-01', '2026-02-01'];
        for (const [index, date] of times.entries()) {
          await catalog.recordTest(id, 1, outcomeOf(numbered(index), `${date}T00:00:00.000Z`));
        }
        expect(await durations(id)).toEqual([3, 2, 1, 0]);
        expect(await durations(id, 3)).toEqual([3, 2, 1]);
        expect(await durations(id, 1)).toEqual([3]);
      });

      it('keeps the newest of each connection, and no more', async () => {
        const { id } = await catalog.add(randomUUID(), aDraft());
        const other = await catalog.add(randomUUID(), aDraft({ name: 'other' }));
        for (let n = 0; n < resultsKept + 5; n += 1) {
          await catalog.recordTest(id, 1, outcomeOf(numbered(n)));
          if (n < 2) await catalog.recordTest(other.id, 1, outcomeOf(numbered(n)));
        }
        const kept = await durations(id, resultsKept * 2);
        expect(kept).toHaveLength(resultsKept);
        expect([kept[0], kept.at(-1)]).toEqual([resultsKept + 4, 5]);
        expect(await durations(other.id)).toEqual([1, 0]);
      });

      it('has nothing of a result that was made of another revision', async () => {
        const { id } = await catalog.add(randomUUID(), aDraft());
        await catalog.recordTest(id, 1, outcomeOf(numbered(1)));
        await catalog.update(id, 1, aDraft({ host: 'other' }), neverTested);
        expect(await catalog.recordTest(id, 1, outcomeOf(numbered(2)))).toBe(false);
        expect(await catalog.recordTest(id, 3, outcomeOf(numbered(3)))).toBe(false);
        expect(await catalog.recordTest(id, 2, outcomeOf(numbered(4)))).toBe(true);
        expect(await durations(id)).toEqual([4, 1]);
      });

      it('goes with its connection, and no other', async () => {
        const { id } = await catalog.add(randomUUID(), aDraft());
        const other = await catalog.add(randomUUID(), aDraft({ name: 'other' }));
        await catalog.recordTest(id, 1, outcomeOf(numbered(1)));
        await catalog.recordTest(other.id, 1, outcomeOf(numbered(2)));
        await catalog.delete(id);
        expect(await durations(id)).toEqual([]);
        expect(await durations(other.id)).toEqual([2]);
        expect(await catalog.recordTest(id, 1, outcomeOf(numbered(3)))).toBe(false);
        await catalog.add(id, aDraft());
        expect(await durations(id)).toEqual([]);
      });

      it('is not changed by what the caller does with a result', async () => {
        const { id } = await catalog.add(randomUUID(), aDraft());
        const result = numbered(1);
        await catalog.recordTest(id, 1, outcomeOf(result));
        result.stages.length = 0;
        const [kept] = await catalog.history(id, 1);
        kept?.result.stages.pop();
        expect((await catalog.history(id, 1))[0]?.result.stages).toHaveLength(8);
      });

      it.each([
        'it\'s "quoted"',
        "'); DROP TABLE test_results; --",
        '\0\u0001\u001b[31m\r\n',
        '\u2028\u202e\ufeff',
        '\ud800 alone',
        '𝒪𝓇𝒹𝑒𝓇𝓈 🗝️',
        'x'.repeat(100_000),
      ])('keeps %j of a server as it is', async (text) => {
        const { id } = await catalog.add(randomUUID(), aDraft());
        const server = { version: text, provider: text, recovery: false, readOnly: false, tls: null };
        const result = {
          connection: text,
          ...probed('warned', { message: text, code: text, fix: text }),
          server,
        };
        await catalog.recordTest(id, 1, outcomeOf(result));
        expect((await another.history(id, 1))[0]?.result).toEqual(result);
      });
    });

    describe('tablesUsed', () => {
      it('is empty where no pipeline names a table', async () => {
        const { id } = await catalog.add(randomUUID(), aDraft());
        expect(await catalog.tablesUsed(id)).toEqual([]);
        const target = await catalog.add(randomUUID(), aDraft({ name: 'target', role: 'destination' }));
        await addPipeline('nightly', { id }, target);
        expect(await catalog.tablesUsed(id)).toEqual([]);
        expect(await catalog.tablesUsed(randomUUID())).toEqual([]);
      });

      it('has those of all its pipelines, as either end, each once and in order', async () => {
        const a = await catalog.add(randomUUID(), aDraft({ name: 'a' }));
        const b = await catalog.add(randomUUID(), aDraft({ name: 'b', role: 'destination' }));
        const table = (schema: string, name: string): TableName => ({ schema, name });
        const c = await catalog.add(randomUUID(), aDraft({ name: 'c', role: 'destination' }));
        await addPipeline('nightly', a, b, {
          tables: [table('sales', 'Orders'), table('sales', 'items'), table('\uff5e', 'x'), table('🗝️', 'x')],
        });
        await addPipeline('hourly', a, c, {
          tables: [
            table('sales', 'Orders'),
            table('a.b', "c'\n"),
            table('a', 'b.c'),
            table('sales', 'orders'),
          ],
        });
        const d = await catalog.add(randomUUID(), aDraft({ name: 'd' }));
        // There they are called otherwise.
        const e = await catalog.add(randomUUID(), aDraft({ name: 'e', role: 'destination' }));
        const landing = { tables: [table('x', 'y'), table('z', 'y')], destinationSchema: 'landing' };
        await addPipeline('landing', d, e, landing);
        expect(await another.tablesUsed(e.id)).toEqual([table('landing', 'y')]);
        expect(await another.tablesUsed(d.id)).toEqual([table('x', 'y'), table('z', 'y')]);
        await addPipeline('other', d, b, { tables: [table('x', 'y')] });
        expect(await another.tablesUsed(a.id)).toEqual([
          table('a', 'b.c'),
          table('a.b', "c'\n"),
          table('sales', 'Orders'),
          table('sales', 'items'),
          table('sales', 'orders'),
          table('\uff5e', 'x'),
          table('🗝️', 'x'),
        ]);
        expect(await another.tablesUsed(b.id)).toEqual([
          table('sales', 'Orders'),
          table('sales', 'items'),
          table('x', 'y'),
          table('\uff5e', 'x'),
          table('🗝️', 'x'),
        ]);
        await catalog.delete(b.id, { force: true });
        expect(await catalog.tablesUsed(b.id)).toEqual([]);
        expect(await catalog.tablesUsed(a.id)).toHaveLength(7);
      });
    });

    describe('the CDC set-up of a connection', () => {
      const record = {
        publication: 'Öffentlich "x"',
        slot: 'changes',
        host: 'db.example.com,/run/x',
        hostaddr: '10.0.0.1',
        port: 6432,
        database: "o'shop",
        since: '2026-01-02T03:04:05.678Z',
      };

      it('is kept, replaced, forgotten, and gone with its connection', async () => {
        const { id } = await catalog.add(randomUUID(), aDraft({ name: 'orders' }));
        expect(await catalog.cdcRecord(id)).toBeNull();
        await catalog.saveCdcRecord(id, record);
        expect(await another.cdcRecord(id)).toEqual(record);
        await another.saveCdcRecord(id, { ...record, since: 'later' });
        expect(await catalog.cdcRecord(id)).toEqual({ ...record, since: 'later' });
        // A set-up under other names would forget the first one's slot.
        await expect(another.saveCdcRecord(id, { ...record, slot: 'other' })).rejects.toMatchObject({
          code: 'cdc_set_up_otherwise',
        });
        // And one in another place the slot that is left there.
        for (const place of [{ host: 'x' }, { hostaddr: null }, { port: 1 }, { database: 'x' }]) {
          await expect(another.saveCdcRecord(id, { ...record, ...place })).rejects.toMatchObject({
            code: 'cdc_set_up_elsewhere',
            message: expect.stringContaining("db.example.com,/run/x:6432/o'shop (hostaddr 10.0.0.1)"),
          });
        }
        expect(await catalog.cdcRecord(id)).toEqual({ ...record, since: 'later' });
        await catalog.forgetCdcRecord(id);
        await catalog.forgetCdcRecord(id);
        expect(await another.cdcRecord(id)).toBeNull();
        await catalog.saveCdcRecord(id, record);
        await expect(another.delete(id)).rejects.toMatchObject({ code: 'cdc_set_up' });
        expect(await catalog.delete(id, { force: true })).toBe(true);
        expect(await catalog.cdcRecord(id)).toBeNull();
      });

      it('shares no slot or publication with that of another connection in the same place', async () => {
        const b = await catalog.add(randomUUID(), aDraft({ name: 'b' }));
        const a = await catalog.add(randomUUID(), aDraft({ name: 'a' }));
        await catalog.saveCdcRecord(b.id, record);
        for (const names of [{}, { slot: 'other' }, { publication: 'other' }]) {
          await expect(another.saveCdcRecord(a.id, { ...record, ...names })).rejects.toMatchObject({
            code: 'cdc_of_other_connection',
            fix: expect.stringContaining('cdc teardown b;'),
          });
        }
        expect(await another.cdcRecord(a.id)).toBeNull();
        const elsewhere = { ...record, hostaddr: null };
        await another.saveCdcRecord(a.id, elsewhere);
        const known = [
          { connection: { id: a.id, name: 'a' }, record: elsewhere },
          { connection: { id: b.id, name: 'b' }, record },
        ];
        expect(await catalog.cdcRecords()).toEqual(known);
        await catalog.forgetCdcRecord(a.id);
        await another.saveCdcRecord(a.id, { ...record, publication: 'other', slot: 'other' });
        expect((await catalog.cdcRecords()).map(({ record }) => record.slot)).toEqual(['other', 'changes']);
      });

      it('needs a connection', async () => {
        await expect(catalog.saveCdcRecord(randomUUID(), record)).rejects.toMatchObject({
          code: 'no_such_connection',
        });
        expect(await catalog.cdcRecord(randomUUID())).toBeNull();
      });
    });

    describe('the configuration of its discovery', () => {
      const config = { refreshEveryMs: 3_600_000, include: ['app.*'], exclude: ['*.tmp_?', 'ä"'] };

      it('is kept, replaced, and gone with its connection', async () => {
        const { id } = await catalog.add(randomUUID(), aDraft({ name: 'orders' }));
        expect(await catalog.sourceConfig(id)).toBeNull();
        await catalog.saveSourceConfig(id, config);
        expect(await another.sourceConfig(id)).toEqual(config);
        await another.saveSourceConfig(id, { ...config, refreshEveryMs: null, include: [] });
        expect(await catalog.sourceConfig(id)).toEqual({ ...config, refreshEveryMs: null, include: [] });
        await catalog.delete(id);
        expect(await catalog.sourceConfig(id)).toBeNull();
      });

      it('needs a connection', async () => {
        await expect(catalog.saveSourceConfig(randomUUID(), config)).rejects.toMatchObject({
          code: 'no_such_connection',
        });
      });
    });

    describe('the ledger of secrets', () => {
      it('is in the order of writing, with who wrote it and when', async () => {
        const [first, second] = [randomUUID(), randomUUID()];
        const connectionId = randomUUID();
        await catalog.beginSecret(second, 'keychain', connectionId);
        const later = laterBy(1);
        await catalog.beginSecret(first, 'vault', connectionId);
        const common = { state: 'pending', connectionId, owner: 'host:4711', rotation: false };
        expect(await another.secretLedger()).toEqual([
          { ...common, account: second, backend: 'keychain', createdAt: '2026-01-01T00:00:00.000Z' },
          { ...common, account: first, backend: 'vault', createdAt: later },
        ]);
      });

      it('has one pending rotation of a connection, which a live item ends', async () => {
        const saved = await catalog.add(randomUUID(), aDraft());
        const [first, second, other] = [randomUUID(), randomUUID(), randomUUID()];
        await catalog.beginSecret(first, 'vault', saved.id, { rotation: true });
        await catalog.beginSecret(other, 'vault', randomUUID(), { rotation: true });
        await expect(
          another.beginSecret(second, 'vault', saved.id, { rotation: true }),
        ).rejects.toMatchObject({ code: 'rotation_under_way', message: expect.stringContaining(saved.name) });
        expect((await another.secretLedger()).map(({ account, rotation }) => [account, rotation])).toEqual([
          [first, true],
          [other, true],
        ]);
        const stored = { ...saved, password: { kind: 'stored' as const }, secretAccount: first };
        await catalog.update(saved.id, saved.revision, stored, saved.lastTest);
        expect(await another.secretLedger()).toContainEqual(
          expect.objectContaining({ account: first, state: 'live', rotation: false }),
        );
        await another.beginSecret(second, 'vault', saved.id, { rotation: true });
      });

      it('takes an account once', async () => {
        const account = await withSecret(randomUUID());
        await expect(catalog.beginSecret(account, 'keychain', randomUUID())).rejects.toThrow();
        expect(await catalog.secretLedger()).toMatchObject([{ account, backend: 'vault' }]);
      });

      it.each(['keychain', 'vault'] as const)(
        'makes an entry live with its connection (%s)',
        async (backend) => {
          const id = randomUUID();
          const account = await withSecret(id, backend);
          const saved = await catalog.add(id, aDraft({ password: stored, secretAccount: account }));
          expect(saved).toMatchObject({ secretAccount: account, secretBackend: backend, password: stored });
          expect((await another.list())[0]).toMatchObject({ secretBackend: backend });
          expect(await ledger()).toEqual({ [account]: 'live' });
        },
      );

      it('retires the former secret when an edit brings another', async () => {
        const id = randomUUID();
        const former = await withSecret(id);
        await catalog.add(id, aDraft({ password: stored, secretAccount: former }));
        const next = await withSecret(id, 'keychain');
        const draft = aDraft({ sslKeyPassword: stored, secretAccount: next });
        expect(await catalog.update(id, 1, draft, neverTested)).toMatchObject({ secretBackend: 'keychain' });
        expect(await ledger()).toEqual({ [former]: 'retired', [next]: 'live' });
      });

      it('retires the former secret when an edit takes it away', async () => {
        const id = randomUUID();
        const former = await withSecret(id);
        await catalog.add(id, aDraft({ password: stored, secretAccount: former }));
        const draft = aDraft({ password: { kind: 'env', reference: 'PW' } });
        expect(await catalog.update(id, 1, draft, neverTested)).toMatchObject({
          secretAccount: null,
          secretBackend: null,
        });
        expect(await ledger()).toEqual({ [former]: 'retired' });
      });

      it('leaves a secret that an edit keeps', async () => {
        const id = randomUUID();
        const account = await withSecret(id);
        await catalog.add(id, aDraft({ password: stored, secretAccount: account }));
        const draft = aDraft({ name: 'b', password: stored, secretAccount: account });
        await catalog.update(id, 1, draft, neverTested);
        expect(await ledger()).toEqual({ [account]: 'live' });
      });

      it('retires the secret of a connection that is deleted, and no other', async () => {
        const [id, other] = [randomUUID(), randomUUID()];
        const [account, kept] = [await withSecret(id), await withSecret(other)];
        await catalog.add(id, aDraft({ name: 'a', password: stored, secretAccount: account }));
        await catalog.add(other, aDraft({ name: 'b', password: stored, secretAccount: kept }));
        await catalog.delete(id);
        expect(await ledger()).toEqual({ [account]: 'retired', [kept]: 'live' });
      });

      it('forgets pending and retired entries, never a live one', async () => {
        const id = randomUUID();
        const retired = await withSecret(id);
        await catalog.add(id, aDraft({ password: stored, secretAccount: retired }));
        const live = await withSecret(id);
        await catalog.update(id, 1, aDraft({ password: stored, secretAccount: live }), neverTested);
        const pending = await withSecret(id);
        for (const account of [retired, live, pending, randomUUID()]) await another.forgetSecret(account);
        expect(await ledger()).toEqual({ [live]: 'live' });
      });

      it('holds a draft whose secret is not pending for it for a defect', async () => {
        const id = randomUUID();
        const account = await withSecret(id);
        const drafts = (secretAccount: string) => aDraft({ name: 'b', password: stored, secretAccount });
        const saved = await catalog.add(id, aDraft({ name: 'a', password: stored, secretAccount: account }));
        const anothers = await withSecret(randomUUID());
        // One that never was, one that is live, one that is pending for another connection.
        for (const wrong of [randomUUID(), account, anothers]) {
          await expect(catalog.add(randomUUID(), drafts(wrong))).rejects.toThrow(wrong);
        }
        for (const wrong of [randomUUID(), anothers]) {
          await expect(catalog.update(id, 1, drafts(wrong), neverTested)).rejects.toThrow(wrong);
        }
        expect(await catalog.list()).toEqual([saved]);
        expect(await ledger()).toEqual({ [account]: 'live', [anothers]: 'pending' });
      });

      it('holds a draft with a stored secret and no account, or the reverse, for a defect', async () => {
        const id = randomUUID();
        const account = await withSecret(id);
        await expect(catalog.add(id, aDraft({ password: stored }))).rejects.toThrow();
        await expect(catalog.add(id, aDraft({ secretAccount: account }))).rejects.toThrow();
        expect(await catalog.list()).toEqual([]);
        expect(await ledger()).toEqual({ [account]: 'pending' });
      });
    });

    describe('moveSecret', () => {
      it('points to another item, retires the former one and counts as an edit', async () => {
        const id = randomUUID();
        const [from, to] = [await withSecret(id), await withSecret(id, 'keychain')];
        const saved = await catalog.add(id, aDraft({ password: stored, secretAccount: from }));
        laterBy(1);
        expect(await another.moveSecret(id, from, to)).toBe(true);
        const expected = { ...saved, secretAccount: to, secretBackend: 'keychain', revision: 2 };
        expect(await catalog.find(id)).toEqual(expected);
        expect(await ledger()).toEqual({ [from]: 'retired', [to]: 'live' });
        await expect(catalog.update(id, 1, saved, neverTested)).rejects.toMatchObject({
          code: 'changed_meanwhile',
        });
      });

      it('does nothing to a connection that has another item, or is gone', async () => {
        const id = randomUUID();
        const [from, to] = [await withSecret(id), await withSecret(id)];
        const saved = await catalog.add(id, aDraft({ password: stored, secretAccount: from }));
        expect(await catalog.moveSecret(id, randomUUID(), to)).toBe(false);
        expect(await catalog.moveSecret(randomUUID(), from, to)).toBe(false);
        expect(await catalog.find(id)).toEqual(saved);
        expect(await ledger()).toEqual({ [from]: 'live', [to]: 'pending' });
      });
    });

    describe('the backend of its secrets', () => {
      it('is chosen once', async () => {
        expect(await catalog.secretBackend()).toBeNull();
        expect(await catalog.chooseSecretBackend('vault')).toBe('vault');
        expect(await another.chooseSecretBackend('keychain')).toBe('vault');
        expect(await another.secretBackend()).toBe('vault');
      });

      it('is changed where that is asked for', async () => {
        await catalog.changeSecretBackend('vault');
        await another.changeSecretBackend('keychain');
        expect(await catalog.secretBackend()).toBe('keychain');
      });
    });

    describe("the vault's storage", () => {
      it('keeps the header of who came first, byte for byte', async () => {
        expect(await catalog.readHeader()).toBeNull();
        const header = '{ "v": 1,\n"salt": "ä🗝️" }';
        expect(await catalog.createHeader(header)).toBe(header);
        expect(await another.createHeader('{}')).toBe(header);
        expect(await another.readHeader()).toBe(header);
      });

      it('keeps items byte for byte, replaces and removes them', async () => {
        const account = randomUUID();
        expect(await catalog.readItem(account)).toBeNull();
        const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
        const header = await catalog.createHeader('{}');
        expect(await catalog.writeItem(account, bytes, header)).toBe(true);
        expect(Uint8Array.from((await another.readItem(account)) ?? [])).toEqual(bytes);
        await another.writeItem(account, new Uint8Array(), header);
        expect(await catalog.readItem(account)).toHaveLength(0);
        await catalog.deleteItem(account);
        await catalog.deleteItem(account);
        expect(await another.readItem(account)).toBeNull();
      });

      it('takes an item under the header in force alone', async () => {
        expect(await catalog.writeItem('a', Uint8Array.of(1), 'none is there')).toBe(false);
        await catalog.createHeader('first');
        expect(await another.writeItem('a', Uint8Array.of(1), 'second')).toBe(false);
        expect(await catalog.readItem('a')).toBeNull();
      });

      it('replaces header and items together, or nothing', async () => {
        await catalog.createHeader('first');
        await catalog.writeItem('a', Uint8Array.of(1), 'first');
        await catalog.writeItem('b', Uint8Array.of(2), 'first');
        const counted = (_account: string, sealed: Uint8Array) => Uint8Array.of(10 + (sealed[0] ?? 0));
        expect(await another.replaceHeader('another', 'second', counted)).toBeNull();
        const failing = (account: string) => {
          if (account === 'b') throw new Error('no');
          return Uint8Array.of(9);
        };
        await expect(catalog.replaceHeader('first', 'second', failing)).rejects.toThrow('no');
        expect(await another.readHeader()).toBe('first');
        expect(Uint8Array.from((await another.readItem('a')) ?? [])).toEqual(Uint8Array.of(1));

        expect(await catalog.replaceHeader('first', 'second', counted)).toBe(2);
        expect(await another.readHeader()).toBe('second');
        expect(Uint8Array.from((await another.readItem('a')) ?? [])).toEqual(Uint8Array.of(11));
        expect(Uint8Array.from((await another.readItem('b')) ?? [])).toEqual(Uint8Array.of(12));
      });

      it('is removed when it is empty, and only then', async () => {
        await catalog.createHeader('first');
        await catalog.writeItem('a', Uint8Array.of(1), 'first');
        await catalog.removeEmptyVault();
        expect(await another.readHeader()).toBe('first');
        await catalog.deleteItem('a');
        await catalog.removeEmptyVault();
        expect(await another.readHeader()).toBeNull();
      });

      it('is not changed through the bytes it gave or took', async () => {
        const account = randomUUID();
        const given = Uint8Array.of(1, 2, 3);
        await catalog.writeItem(account, given, await catalog.createHeader('{}'));
        given.fill(9);
        (await catalog.readItem(account))?.fill(8);
        expect(Uint8Array.from((await catalog.readItem(account)) ?? [])).toEqual(Uint8Array.of(1, 2, 3));
      });
    });

    it('closes as often as asked', async () => {
      await catalog.close();
      await expect(catalog.close()).resolves.toBeUndefined();
    });
  });
}
