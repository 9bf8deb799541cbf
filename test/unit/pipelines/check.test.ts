import { beforeEach, describe, expect, it } from 'vitest';
import { checkPipelines } from '../../../src/pipelines/check.ts';
import type { PipelineCheck } from '../../../src/pipelines/pipeline.ts';
import { pipelineCheckListSchema } from '../../../src/pipelines/schema.ts';
import { type InMemoryServices, inMemoryServices } from '../../support/connection-services.ts';
import { probed, untilAborted } from '../../support/in-memory-connector.ts';
import { saveConnection, savePipeline } from '../../support/saved-pipelines.ts';

const table = (name: string) => ({ schema: 'app', name });
const ends = ['shop', 'lake'] as const;

let services: InMemoryServices;

beforeEach(async () => {
  services = inMemoryServices();
  await saveConnection(services, 'shop', 'source');
  await saveConnection(services, 'lake', 'destination');
});

async function check(options: Partial<Parameters<typeof checkPipelines>[2]> = {}): Promise<PipelineCheck[]> {
  const { signal } = new AbortController();
  const pipelines = await services.inCatalog.pipelines.list();
  const all = { timeoutMs: 1000, signal, concurrency: 4, ...options };
  return pipelineCheckListSchema.parse(await checkPipelines(services, pipelines, all));
}

/** What was asked of whom: host, role and tables. */
const asked = () =>
  services.connector.probes.map(({ endpoint, role, tables }) => [
    endpoint.host,
    role,
    tables?.map(({ name }) => name) ?? null,
  ]);

const denied = () => probed('failed', { stage: 'privileges', code: 'select_denied', fix: 'GRANT …' });

describe('a check of pipelines', () => {
  it('tests what several share once, with the tables of all, and records it', async () => {
    await savePipeline(services, 'a', ends, { tables: [table('x'), table('y')] });
    await savePipeline(services, 'b', ends, { tables: [table('y'), table('z')] });
    services.connector.willProbe('shop', probed());
    services.connector.willProbe('lake', probed());
    expect((await check()).map(({ pipeline, status }) => [pipeline, status])).toEqual([
      ['a', 'passed'],
      ['b', 'passed'],
    ]);
    expect(asked()).toEqual([
      ['shop', 'source', ['x', 'y', 'z']],
      ['lake', 'destination', ['x', 'y', 'z']],
    ]);
    expect(await services.inCatalog.find('shop')).toMatchObject({ lastTest: { status: 'passed' } });
  });

  it('asks again for each where the tables are not well, and blames none for those of another', async () => {
    await savePipeline(services, 'a', ends, { tables: [table('x')] });
    await savePipeline(services, 'b', ends, { tables: [table('y')] });
    await savePipeline(services, 'c', ends, { tables: [table('x')] });
    services.connector.willProbe('shop', denied(), probed(), denied());
    services.connector.willProbe('lake', probed());
    const results = await check();
    expect(results.map(({ status, source }) => [status, source.code, source.fix])).toEqual([
      ['passed', null, null],
      ['failed', 'select_denied', 'GRANT …'],
      ['passed', null, null],
    ]);
    expect(asked().filter(([host]) => host === 'shop')).toEqual([
      ['shop', 'source', ['x', 'y']],
      ['shop', 'source', ['x']],
      ['shop', 'source', ['y']],
    ]);
    // What is kept of the connection is what all of its tables came to.
    expect(await services.inCatalog.find('shop')).toMatchObject({ lastTest: { status: 'failed' } });
  });

  it('does not ask again where it was not let in at all', async () => {
    await savePipeline(services, 'a', ends, { tables: [table('x')] });
    await savePipeline(services, 'b', ends, { tables: [table('y')] });
    services.connector.willProbe('shop', probed('failed', { code: 'password_refused' }));
    services.connector.willProbe('lake', probed());
    expect((await check()).map(({ source }) => source.code)).toEqual([
      'password_refused',
      'password_refused',
    ]);
  });

  it('looks at the whole schema for those that name no tables', async () => {
    await savePipeline(services, 'a', ends, { tables: [table('x')] });
    await savePipeline(services, 'b', ends);
    services.connector.willProbe('shop', probed(), denied());
    services.connector.willProbe('lake', probed(), probed());
    expect((await check()).map(({ status }) => status)).toEqual(['passed', 'failed']);
    expect(asked().filter(([host]) => host === 'shop')).toEqual([
      ['shop', 'source', ['x']],
      ['shop', 'source', null],
    ]);
    expect(await services.inCatalog.find('shop')).toMatchObject({ lastTest: { status: 'passed' } });
  });

  it('does not record a test of fewer tables than the connection is used for', async () => {
    await savePipeline(services, 'a', ends, { tables: [table('x')] });
    const others = await savePipeline(services, 'b', ends, { tables: [table('y')] });
    services.connector.willProbe('shop', probed());
    services.connector.willProbe('lake', probed());
    const { signal } = new AbortController();
    await checkPipelines(services, [others], { timeoutMs: 1000, signal, concurrency: 1 });
    expect(await services.inCatalog.find('shop')).toMatchObject({ lastTest: { status: 'never' } });
  });

  it('warns of a paused one where an active one fails', async () => {
    await savePipeline(services, 'a', ends, { state: 'paused' });
    services.connector.willProbe('shop', probed('failed'));
    services.connector.willProbe('lake', probed('warned'));
    expect(await check()).toMatchObject([
      { status: 'warned', source: { status: 'failed' }, destination: { status: 'warned' } },
    ]);
  });

  it('fails without dialling for a side that is gone, and dials the other', async () => {
    await savePipeline(services, 'the night', ends);
    const shop = await services.inCatalog.find('shop');
    await services.inCatalog.delete(shop?.id ?? '', { force: true });
    services.connector.willProbe('lake', probed());
    expect(await check()).toMatchObject([
      {
        status: 'failed',
        source: {
          code: 'pipeline_disconnected',
          message: 'the source shop was deleted',
          fix: "jackfield pipelines retarget 'the night' --source NAME",
        },
        destination: { status: 'passed' },
      },
    ]);
  });

  it('is told of one that has lost both, too', async () => {
    await savePipeline(services, 'a', ends);
    for (const name of ends) {
      await services.inCatalog.delete((await services.inCatalog.find(name))?.id ?? '', { force: true });
    }
    const told: string[] = [];
    const results = await check({ onResult: ({ pipeline }) => void told.push(pipeline) });
    expect(results.map(({ status }) => status)).toEqual(['failed']);
    expect(told).toEqual(['a']);
  });

  it('makes a secret that can not be had the failure of its end', async () => {
    await savePipeline(services, 'a', ends);
    const shop = await services.inCatalog.find('shop');
    if (shop === null) throw new Error('it is gone');
    const password = { kind: 'env', reference: 'NOT_SET' } as const;
    await services.inCatalog.update(shop.id, 1, { ...shop, password }, shop.lastTest);
    services.connector.willProbe('lake', probed());
    expect(await check()).toMatchObject([{ status: 'failed', source: { code: 'reference_missing' } }]);
  });

  it('dials nobody where a named file can not be read', async () => {
    await savePipeline(services, 'a', ends);
    const lake = await services.inCatalog.find('lake');
    if (lake === null) throw new Error('it is gone');
    await services.inCatalog.update(lake.id, 1, { ...lake, sslRootCert: '/root.pem' }, lake.lastTest);
    services.connector.unreadableFiles.add('/root.pem');
    await expect(check()).rejects.toMatchObject({ code: 'bad_ssl_file' });
    expect(services.connector.probes).toEqual([]);
  });

  it('tells of each as its ends are done, and stops when it is interrupted', async () => {
    await saveConnection(services, 'slow', 'source');
    await savePipeline(services, 'a', ['slow', 'lake']);
    await savePipeline(services, 'b', ends);
    services.connector.willProbe('lake', probed());
    services.connector.willProbe('shop', probed());
    services.connector.willProbe('slow', untilAborted);
    const interruption = new AbortController();
    const told: string[] = [];
    const checking = check({
      signal: interruption.signal,
      onStart: (index) => void told.push(`started ${index}`),
      onResult: ({ pipeline }) => {
        told.push(`done ${pipeline}`);
        interruption.abort();
      },
    });
    await expect(checking).rejects.toMatchObject({ code: 'interrupted' });
    expect(told).toEqual(['started 0', 'started 1', 'done b']);
  });
});
