import { randomBytes } from 'node:crypto';
import type { Connector } from '../../connections/connector.ts';
import { Secret } from '../../secrets/secret.ts';
import { postgresCdc } from './cdc.ts';
import { parseConninfo, readForeign } from './conninfo.ts';
import { formatKeywords } from './conninfo-keywords.ts';
import { formatUri } from './format-uri.ts';
import { handOver } from './hand-over.ts';
import { displayIdentifier } from './identifiers.ts';
import { libpqParameters, libpqVariables } from './libpq-parameters.ts';
import { checkEndpoint, plainOptions, readOptions } from './options.ts';
import { presets } from './presets.ts';
import { providerOfHost } from './providers.ts';
import { readTlsFiles } from './tls-files.ts';

/** PostgreSQL 12 and newer, and what speaks its protocol. What dials is loaded when it is called. */
export const postgres: Connector = {
  name: 'postgres',
  cdc: postgresCdc,
  passwords: {
    // 192 bits: 32 characters of base64url (RFC 4648, section 5).
    generate: () => new Secret(randomBytes(24).toString('base64url')),
    async logsIn(login) {
      const { logsIn } = await import('./role-password.ts');
      return logsIn(login);
    },
    async open(login) {
      const { openPasswordSession } = await import('./role-password.ts');
      return openPasswordSession(login);
    },
  },
  presets,
  parseUrl: parseConninfo,
  readForeign,
  readOptions,
  formatOptions: formatKeywords,
  plainOptions,
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
  async describe(request) {
    const { describe } = await import('./describe.ts');
    return describe(request);
  },
  async diffSql(changes) {
    const { sqlOfChange } = await import('./diff-sql.ts');
    return changes.map(sqlOfChange);
  },
  async readScript(source, parameters) {
    const { readSqlScript } = await import('./query-script.ts');
    return readSqlScript(source, parameters);
  },
  quoteName: displayIdentifier,
  async isOpen(source) {
    const { divideSql } = await import('./query-lexer.ts');
    return !divideSql(source).complete;
  },
  async openQuery(request) {
    const { openQuery } = await import('./query.ts');
    return openQuery(request);
  },
  environmentNames: libpqVariables,
  handOver,
  formatUrl: formatUri,
  parametersOf: libpqParameters,
};
