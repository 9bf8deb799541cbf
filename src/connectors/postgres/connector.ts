import type { Connector } from '../../connections/connector.ts';
import { parseConninfo } from './conninfo.ts';
import { checkEndpoint } from './options.ts';
import { presets } from './presets.ts';
import { providerOfHost } from './providers.ts';
import { readTlsFiles } from './tls-files.ts';

/** PostgreSQL 12 and newer, and what speaks its protocol. What dials is loaded when it is called. */
export const postgres: Connector = {
  name: 'postgres',
  presets,
  parseUrl: parseConninfo,
  providerOf: providerOfHost,
  checkEndpoint,
  async checkFiles(endpoint) {
    await readTlsFiles(endpoint);
  },
  async probe(request) {
    const { probe } = await import('./probe.ts');
    return probe(request);
  },
  async discover(request) {
    const { discover } = await import('./discover.ts');
    return discover(request);
  },
};
