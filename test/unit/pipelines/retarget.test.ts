import { beforeEach, describe, expect, it } from 'vitest';
import { planRetarget, planRetargetAll, retarget } from '../../../src/pipelines/retarget.ts';
import { type InMemoryServices, inMemoryServices } from '../../support/connection-services.ts';
import { probed } from '../../support/in-memory-connector.ts';
import { saveConnection, savePipeline } from '../../support/saved-pipelines.ts';

const table = (name: string) => ({ schema: 'app', name });

let services: InMemoryServices;

beforeEach(async () => {
  services = inMemoryServices();
  for (const name of ['shop', 'replica']) await saveConnection(services, name, 'source');
  for (const name of ['lake', 'pond']) await saveConnection(services, name, 'destination');
  await savePipeline(services, 'a', ['shop', 'lake'], { tables: [table('x')] });
  await savePipeline(services, 'b', ['shop', 'lake'], { tables: [table('y')], state: 'paused' });
  await savePipeline(services, 'c', ['replica', 'lake']);
});

const options = { timeoutMs: 1000, signal: new AbortController().signal };

const routes = async () =>
  (await services.inCatalog.pipelines.list()).map(
    ({ name, source, destination }) => `${name}: ${source.name} → ${destination.name}`,
  );

const asked = () =>
  services.connector.probes.map(({ endpoint, tables }) => [
    endpoint.host,
    tables?.map(({ name }) => name) ?? null,
  ]);

async function deleteByForce(name: string): Promise<void> {
  await services.inCatalog.delete((await services.inCatalog.find(name))?.id ?? '', { force: true });
}

describe('retargeting one pipeline', () => {
  it('gives it either side, or both, after a test of each with its tables', async () => {
    services.connector.willProbe('replica', probed());
    services.connector.willProbe('pond', probed());
    const plan = await planRetarget(services, 'a', { source: 'replica', destination: 'pond' });
    await retarget(services, plan, options);
    expect((await routes())[0]).toBe('a: replica → pond');
    expect(asked()).toEqual([
      ['replica', ['x']],
      ['pond', ['x']],
    ]);
  });

  it('changes nothing where one of the new ends fails', async () => {
    services.connector.willProbe('replica', probed());
    services.connector.willProbe('pond', probed('failed'));
    const plan = await planRetarget(services, 'a', { source: 'replica', destination: 'pond' });
    const { changed, tests } = await retarget(services, plan, options);
    expect(changed).toBeNull();
    expect(tests.map(({ status }) => status)).toEqual(['passed', 'failed']);
    expect((await routes())[0]).toBe('a: shop → lake');
  });

  it('leaves the side that it has already alone, and does not test it', async () => {
    services.connector.willProbe('pond', probed());
    const plan = await planRetarget(services, 'a', { source: 'shop', destination: 'pond' });
    await retarget(services, plan, options);
    expect(asked()).toEqual([['pond', ['x']]]);
    expect((await planRetarget(services, 'a', { source: 'shop', destination: 'pond' })).moves).toEqual([]);
  });

  it('is refused what is no such side, and what was changed meanwhile', async () => {
    await expect(planRetarget(services, 'a', { source: 'lake' })).rejects.toMatchObject({
      code: 'wrong_role',
    });
    await expect(planRetarget(services, 'a', { destination: 'shop' })).rejects.toMatchObject({
      code: 'wrong_role',
    });
    const plan = await planRetarget(services, 'a', { source: 'replica' });
    await services.inCatalog.pipelines.update([{ id: plan.pipeline.id, revision: 1, owner: 'me' }]);
    await expect(retarget(services, plan, null)).rejects.toMatchObject({
      code: 'pipeline_changed_meanwhile',
    });
    const gone = await planRetarget(services, 'a', { source: 'replica' });
    await deleteByForce('replica');
    await expect(retarget(services, gone, null)).rejects.toMatchObject({ code: 'no_such_connection' });
    expect((await routes())[0]).toBe('a: shop → lake');
  });

  it('records the test as the last one only where it looked at all that the connection is used for', async () => {
    services.connector.willProbe('replica', probed());
    services.connector.willProbe('pond', probed());
    await savePipeline(services, 'd', ['replica', 'lake'], { tables: [table('z')] });
    const plan = await planRetarget(services, 'a', { source: 'replica', destination: 'pond' });
    await retarget(services, plan, options);
    expect(await services.inCatalog.find('replica')).toMatchObject({ lastTest: { status: 'never' } });
  });
});

describe('retargeting every pipeline of a connection', () => {
  it('moves all at once, the paused ones too, after one test with the tables of all', async () => {
    services.connector.willProbe('replica', probed());
    const { changed } = await retarget(services, await planRetargetAll(services, 'shop', 'replica'), options);
    expect(changed?.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(await routes()).toEqual(['a: replica → lake', 'b: replica → lake', 'c: replica → lake']);
    expect(asked()).toEqual([['replica', ['x', 'y']]]);
  });

  it('moves none where one was changed meanwhile', async () => {
    const plan = await planRetargetAll(services, 'shop', 'replica');
    const b = await services.inCatalog.pipelines.find('b');
    await services.inCatalog.pipelines.update([{ id: b?.id ?? '', revision: 1, state: 'active' }]);
    await expect(retarget(services, plan, null)).rejects.toMatchObject({
      code: 'pipeline_changed_meanwhile',
    });
    expect(await routes()).toEqual(['a: shop → lake', 'b: shop → lake', 'c: replica → lake']);
  });

  it('finds those that have lost one of that name, which may be saved anew', async () => {
    await deleteByForce('shop');
    await retarget(services, await planRetargetAll(services, 'shop', 'replica'), null);
    expect(await routes()).toEqual(['a: replica → lake', 'b: replica → lake', 'c: replica → lake']);
    await deleteByForce('lake');
    await saveConnection(services, 'lake', 'destination');
    await retarget(services, await planRetargetAll(services, 'lake', 'lake'), null);
    expect(await services.inCatalog.find('lake')).toMatchObject({ usedBy: ['a', 'b', 'c'] });
  });

  it('tells a slip from a connection that is not used, and the roles apart', async () => {
    await expect(planRetargetAll(services, 'shp', 'replica')).rejects.toMatchObject({
      code: 'no_such_connection',
    });
    await expect(planRetargetAll(services, 'shop', 'replca')).rejects.toMatchObject({
      code: 'no_such_connection',
    });
    await expect(planRetargetAll(services, 'shop', 'lake')).rejects.toMatchObject({ code: 'wrong_role' });
    expect((await planRetargetAll(services, 'pond', 'lake')).moves).toEqual([]);
    await deleteByForce('shop');
    await expect(planRetargetAll(services, 'shop', 'lake')).rejects.toMatchObject({ code: 'wrong_role' });
  });
});
