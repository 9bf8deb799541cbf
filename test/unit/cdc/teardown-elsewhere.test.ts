import { expect, it } from 'vitest';
import { planTeardown } from '../../../src/cdc/teardown.ts';
import { aDraft } from '../../support/connection-draft.ts';
import { anEndpoint, inMemoryServices } from '../../support/connection-services.ts';

const limits = { timeoutMs: 1000, signal: new AbortController().signal };
const wish = { publication: null, slot: null, force: true };

it('of a connection that leads elsewhere by now only forgets, and touches no server', async () => {
  const services = inMemoryServices();
  await services.inCatalog.add('id', aDraft({ ...anEndpoint(), name: 'shop' }));
  const record = {
    publication: 'p',
    slot: 's',
    host: 'former.example.com',
    hostaddr: null,
    port: 5432,
    database: 'shop',
    since: '',
  };
  await services.inCatalog.saveCdcRecord('id', record);
  const { cdc } = services.connector;
  cdc.planTeardown = cdc.teardown = () => Promise.reject(new Error('a server was asked'));
  await expect(planTeardown(services, 'shop', { ...wish, force: false }, limits)).rejects.toMatchObject({
    code: 'cdc_set_up_elsewhere',
  });
  const planned = await planTeardown(services, 'shop', wish, limits);
  expect(planned.plan).toMatchObject({ steps: [], left: [{ code: 'cdc_set_up_elsewhere' }] });
  expect(await services.inCatalog.cdcRecord('id')).toEqual(record);
  expect(await planned.run()).toMatchObject({ publication: 'p', slot: 's', steps: [] });
  expect(await services.inCatalog.cdcRecord('id')).toBeNull();
});
