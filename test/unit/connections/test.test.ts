import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { addConnection } from '../../../src/connections/add.ts';
import {
  neverTested,
  type SavedConnection,
  type TestResult,
  toConnection,
} from '../../../src/connections/connection.ts';
import { editConnection, planEdit, testEdit } from '../../../src/connections/edit.ts';
import { connectionSchema, testResultSchema } from '../../../src/connections/schema.ts';
import type { SecretInput } from '../../../src/connections/secrets-of.ts';
import {
  lastTestOf,
  testAfterEdit,
  testEndpoint,
  testOfFleet,
  testSaved,
} from '../../../src/connections/test.ts';
import { Secret } from '../../../src/secrets/secret.ts';
import { aDraft } from '../../support/connection-draft.ts';
import { anEndpoint, type InMemoryServices, inMemoryServices } from '../../support/connection-services.ts';
import { probed } from '../../support/in-memory-connector.ts';
import { aPipeline } from '../../support/pipeline-draft.ts';

const none = { kind: 'none' } as const;
const { host } = anEndpoint();
const options = { timeoutMs: 1000, signal: new AbortController().signal };
const now = new Date('2026-03-01T12:00:00.000Z');

async function save(services: InMemoryServices, name = 'orders', password: SecretInput = none) {
  const secrets = { password, sslKeyPassword: none };
  const request = { name, role: 'source', endpoint: anEndpoint(), tags: [], secrets } as const;
  const { saved } = await addConnection(services, request, null);
  if (!saved) throw new Error('it was not saved');
  return saved;
}

async function found(services: InMemoryServices, { id }: SavedConnection): Promise<SavedConnection> {
  const connection = await services.inCatalog.find(id);
  if (!connection) throw new Error('it is gone');
  return connection;
}

describe('what is kept of a test', () => {
  const result = (status: TestResult['status']): TestResult => ({ connection: 'orders', ...probed(status) });

  it('is its verdict, its time, and the server', () => {
    expect(lastTestOf(result('passed'), now)).toEqual({
      status: 'passed',
      at: '2026-03-01T12:00:00.000Z',
      durationMs: 12,
      code: null,
      message: null,
      serverVersion: '18.1',
    });
  });

  it('is the rung that made the verdict', () => {
    const telling = { code: 'telling', message: 'this rung decided' };
    expect(lastTestOf(result('failed'), now)).toMatchObject({
      ...telling,
      status: 'failed',
      serverVersion: null,
    });
    expect(lastTestOf(result('warned'), now)).toMatchObject({ ...telling, status: 'warned' });
  });

  it('is the first of several failures, before any warning', () => {
    const failed = result('failed');
    const stages = failed.stages.map((stage) => {
      if (stage.stage === 'resolve') return { ...stage, status: 'warned' as const, code: 'a_warning' };
      if (stage.stage === 'privileges') return { ...stage, status: 'failed' as const, code: 'later' };
      return stage;
    });
    expect(lastTestOf({ ...failed, stages }, now)).toMatchObject({ code: 'telling' });
  });

  it('says "changed" after an edit, with what it said before, unless there was none', () => {
    const former = lastTestOf(result('failed'), now);
    expect(testAfterEdit(former)).toEqual({ ...former, status: 'changed' });
    expect(testAfterEdit(testAfterEdit(former))).toEqual({ ...former, status: 'changed' });
    expect(testAfterEdit(neverTested)).toEqual(neverTested);
  });
});

describe('the test of a saved connection', () => {
  it('is made with its endpoint, role and secrets, and recorded with the provider it told', async () => {
    const services = inMemoryServices();
    const saved = await save(services, 'orders', { kind: 'secret', secret: new Secret('hunter2') });
    services.connector.willProbe(host, probed());
    const result = await testSaved(services, saved, options);
    expect(testResultSchema.parse(result)).toMatchObject({ connection: 'orders', status: 'passed' });
    const [probe] = services.connector.probes;
    expect(probe).toMatchObject({ endpoint: anEndpoint(), role: 'source', timeoutMs: 1000 });
    expect(probe?.secrets.password?.reveal()).toBe('hunter2');
    expect(await found(services, saved)).toMatchObject({
      provider: 'cloud',
      lastTest: { status: 'passed', serverVersion: '18.1' },
      lastPassedAt: now.toISOString(),
    });
  });

  it('is kept whole, beside the former ones', async () => {
    const services = inMemoryServices();
    const saved = await save(services);
    services.connector.willProbe(host, probed('warned'), probed('failed'));
    const first = await testSaved(services, saved, options);
    services.clock.time = new Date('2026-03-02T12:00:00.000Z');
    const second = await testSaved(services, saved, options);
    expect(await services.inCatalog.history(saved.id, 10)).toEqual([
      { at: '2026-03-02T12:00:00.000Z', result: second },
      { at: '2026-03-01T12:00:00.000Z', result: first },
    ]);
  });

  it('is of the tables that its pipelines use, where they name any', async () => {
    const services = inMemoryServices();
    const saved = await save(services);
    services.connector.willProbe(host, probed(), probed(), probed());
    const { id: target } = await services.inCatalog.add(
      randomUUID(),
      aDraft({ name: 'lake', role: 'destination' }),
    );
    await services.inCatalog.pipelines.add(randomUUID(), aPipeline('nightly', saved.id, target));
    await testSaved(services, saved, options);
    const named = { tables: [{ schema: 'sales', name: 'orders' }] };
    await services.inCatalog.pipelines.add(randomUUID(), aPipeline('hourly', saved.id, target, named));
    await testSaved(services, saved, options);
    await testOfFleet(services, saved, options);
    const tables = [{ schema: 'sales', name: 'orders' }];
    expect(services.connector.probes.map((probe) => probe.tables)).toEqual([null, tables, tables]);
  });

  it('that failed keeps the day of the last that passed', async () => {
    const services = inMemoryServices();
    const saved = await save(services);
    services.connector.willProbe(host, probed('warned'), probed('failed'));
    await testSaved(services, saved, options);
    services.clock.time = new Date('2026-03-02T12:00:00.000Z');
    await testSaved(services, await found(services, saved), options);
    expect(await found(services, saved)).toMatchObject({
      provider: 'cloud',
      lastTest: { status: 'failed', at: '2026-03-02T12:00:00.000Z' },
      lastPassedAt: '2026-03-01T12:00:00.000Z',
    });
  });

  it('is not recorded when the connection was edited meanwhile, and the user is told', async () => {
    const services = inMemoryServices();
    const saved = await save(services);
    services.connector.willProbe(host, async () => {
      await editConnection(services, await planEdit(services, saved, { endpoint: { port: 6432 } }), null);
      return probed();
    });
    expect(await testSaved(services, saved, options)).toMatchObject({ status: 'passed' });
    expect(await found(services, saved)).toMatchObject({
      port: 6432,
      lastTest: neverTested,
      lastPassedAt: null,
    });
    expect(services.notices).toEqual([expect.stringContaining('orders was changed meanwhile')]);
  });

  it('is not recorded when the connection is gone', async () => {
    const services = inMemoryServices();
    const saved = await save(services);
    services.connector.willProbe(host, async () => {
      await services.inCatalog.delete(saved.id);
      return probed();
    });
    await testSaved(services, saved, options);
    expect(services.notices).toHaveLength(1);
  });

  it('fails before anything is dialled when its secret can not be had; in a fleet that is its result', async () => {
    const services = inMemoryServices();
    const saved = await save(services, 'orders', { kind: 'env', reference: 'env:ORDERS' });
    await expect(testSaved(services, saved, options)).rejects.toMatchObject({ code: 'reference_missing' });
    expect(await found(services, saved)).toMatchObject({ lastTest: neverTested });

    const result = testResultSchema.parse(await testOfFleet(services, saved, options));
    expect(result).toMatchObject({ connection: 'orders', status: 'failed', server: null });
    const decisive = result.stages.filter(({ status }) => status !== 'skipped');
    expect(decisive).toMatchObject([{ stage: 'authenticate', status: 'failed', code: 'reference_missing' }]);
    expect(result.stages).toHaveLength(8);
    expect(await found(services, saved)).toMatchObject({
      lastTest: { status: 'failed', code: 'reference_missing' },
    });
    expect(services.connector.probes).toEqual([]);
  });
});

describe('the fix of a rung', () => {
  const edit = 'check the password, then: jackfield connections edit NAME';
  const failing = () => probed('failed', { fix: edit });
  const fixOf = ({ stages }: TestResult) => stages.find(({ status }) => status === 'failed')?.fix;

  it.each([
    ['orders', 'orders'],
    ['the orders', "'the orders'"],
    ['a$&b', "'a$&b'"],
    ['$1$$', "'$1$$'"],
    ["it's", "'it'\\''s'"],
  ])('names the connection %j as a shell reads it', async (name, word) => {
    const services = inMemoryServices();
    const saved = await save(services, name);
    services.connector.willProbe(host, failing());
    const live: (string | null)[] = [];
    const onStage = ({ fix }: TestResult['stages'][number]) => void live.push(fix);
    const result = await testSaved(services, saved, { ...options, onStage });
    const expected = `check the password, then: jackfield connections edit ${word}`;
    expect(fixOf(result)).toBe(expected);
    expect(live).toContain(expected);
  });

  it('names no command where there is nothing to edit', async () => {
    const services = inMemoryServices();
    services.connector.willProbe(host, failing(), probed('failed', { fix: 'ask the owner' }));
    const secrets = { password: null, sslKeyPassword: null };
    const subject = {
      name: 'orders',
      savedAs: null,
      role: 'source',
      endpoint: anEndpoint(),
      secrets,
    } as const;
    expect(fixOf(await testEndpoint(services, subject, options))).toBe('check the password');
    expect(fixOf(await testEndpoint(services, subject, options))).toBe('ask the owner');
  });
});

describe('the test of an edit that is not saved', () => {
  it('is of what would be saved, and nothing is recorded', async () => {
    const services = inMemoryServices();
    const saved = await save(services, 'orders', { kind: 'secret', secret: new Secret('hunter2') });
    services.connector.willProbe(host, probed());
    const plan = await planEdit(services, saved, { endpoint: { database: 'other' } });
    expect(await testEdit(services, plan, options)).toMatchObject({ connection: 'orders', status: 'passed' });
    expect(services.connector.probes).toMatchObject([{ endpoint: { database: 'other' } }]);
    expect(services.connector.probes[0]?.secrets.password?.reveal()).toBe('hunter2');
    expect(await found(services, saved)).toEqual(saved);
  });

  it('is of the tables that pipelines use, tried or before it is saved', async () => {
    const services = inMemoryServices();
    const saved = await save(services);
    const tables = [{ schema: 'sales', name: 'orders' }];
    const { id: target } = await services.inCatalog.add(
      randomUUID(),
      aDraft({ name: 'lake', role: 'destination' }),
    );
    await services.inCatalog.pipelines.add(randomUUID(), aPipeline('nightly', saved.id, target, { tables }));
    services.connector.willProbe(host, probed(), probed());
    const plan = await planEdit(services, saved, { endpoint: { database: 'other' } });
    await testEdit(services, plan, options);
    await editConnection(services, plan, { ...options, saveAnyway: false });
    expect(services.connector.probes.map((probe) => probe.tables)).toEqual([tables, tables]);
  });

  it('sends no password elsewhere', async () => {
    const services = inMemoryServices();
    const saved = await save(services, 'orders', { kind: 'secret', secret: new Secret('hunter2') });
    const plan = await planEdit(services, saved, { endpoint: { host: 'other' } });
    await expect(testEdit(services, plan, options)).rejects.toMatchObject({ code: 'password_required' });
    expect(services.connector.probes).toEqual([]);
  });
});

describe('the read model', () => {
  it('is the contract, and has no place for a secret', async () => {
    const services = inMemoryServices();
    const saved = await save(services, 'orders', { kind: 'secret', secret: new Secret('hunter2') });
    const shown = toConnection(saved);
    expect(connectionSchema.parse(shown)).toEqual(shown);
    expect(shown.secret).toEqual({ kind: 'keychain' });
    expect(JSON.stringify(shown)).not.toContain(saved.secretAccount);
  });
});
