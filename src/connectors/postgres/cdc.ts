import type { CdcConnector } from '../../cdc/port.ts';
import { checkCdcNames, defaultCdcNames } from './cdc-names.ts';

/** CDC by logical replication. Each part is loaded when it is called. */
export const postgresCdc: CdcConnector = {
  defaultNames: defaultCdcNames,
  checkNames: checkCdcNames,
  async check(request) {
    const { checkCdc } = await import('./cdc-check.ts');
    return checkCdc(request);
  },
  async plan(request) {
    const { planCdc } = await import('./cdc-setup.ts');
    return planCdc(request);
  },
  async setup(request) {
    const { setupCdc } = await import('./cdc-setup.ts');
    return setupCdc(request);
  },
  async openStatus(request) {
    const { openCdcStatus } = await import('./cdc-status.ts');
    return openCdcStatus(request);
  },
  async planTeardown(request) {
    const { planTeardownOf } = await import('./cdc-teardown.ts');
    return planTeardownOf(request);
  },
  async teardown(request) {
    const { teardownCdc } = await import('./cdc-teardown.ts');
    return teardownCdc(request);
  },
  async traces(request) {
    const { tracesOf } = await import('./cdc-teardown.ts');
    return tracesOf(request);
  },
};
