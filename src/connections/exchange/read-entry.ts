import type { Endpoint, Role } from '../connection.ts';
import type { Connector } from '../connector.ts';
import { completeEndpoint, type EndpointInput } from '../endpoint.ts';
import { UsageError } from '../errors.ts';
import { checkTags } from '../names.ts';
import type { SecretInput } from '../secrets-of.ts';
import type { ConnectionServices } from '../services.ts';
import type { ImportedEntry } from './imported.ts';

/** What a file does not say of its entries. */
export interface EntryDefaults {
  /** The role of what does not say it. */
  readonly role: Role;
  /** Given to each that is new. */
  readonly tags: readonly string[];
  /** A path of a file as it is meant from where that is. */
  resolvePath(path: string): string;
}

/** An entry whose endpoint was read. */
export interface ReadEntry {
  readonly entry: ImportedEntry;
  readonly role: Role;
  /** What the file says, and nothing else. */
  readonly input: EndpointInput;
  readonly endpoint: Endpoint;
  readonly password: SecretInput | undefined;
  readonly sslKeyPassword: SecretInput | undefined;
  readonly tags: readonly string[];
  readonly message: string | null;
}

/** Reads and checks an entry. @throws UsageError */
export async function readEntry(
  services: ConnectionServices,
  entry: ImportedEntry,
  options: EntryDefaults,
): Promise<ReadEntry> {
  const { target } = entry;
  const name = target.kind === 'endpoint' ? target.input.connector : services.connectors.names[0];
  const connector = await services.connectors.load(name ?? '');
  const { input: said, password, sslKeyPassword, leftOut } = readTarget(connector, entry);
  const input = withWholePaths(said, options);
  const endpoint = completeFrom(connector, input);
  await connector.checkFiles(endpoint);
  const told = [...entry.leftOut, ...leftOut];
  return {
    entry,
    role: entry.role ?? options.role,
    input,
    endpoint,
    password: entry.password ?? password,
    sslKeyPassword: entry.sslKeyPassword ?? sslKeyPassword,
    tags: checkTags([...options.tags, ...(entry.tags ?? [])]),
    message: told.length === 0 ? null : `left out: ${told.join(', ')}`,
  };
}

function readTarget(connector: Connector, { target, schema }: ImportedEntry) {
  if (target.kind === 'endpoint') {
    return { input: target.input, password: undefined, sslKeyPassword: undefined, leftOut: [] };
  }
  const said = connector.readForeign(target.kind === 'url' ? target.url.reveal() : target.values);
  const asInput = (secret: typeof said.password): SecretInput | undefined =>
    secret ? { kind: 'secret', secret } : undefined;
  const input: EndpointInput = { ...said.endpoint, ...(schema !== undefined && { schema }) };
  return {
    input,
    password: asInput(said.password),
    sslKeyPassword: asInput(said.sslKeyPassword),
    leftOut: said.leftOut,
  };
}

function withWholePaths(input: EndpointInput, { resolvePath }: EntryDefaults): EndpointInput {
  const result = { ...input };
  for (const field of ['sslRootCert', 'sslCert', 'sslKey', 'sslCrl'] as const) {
    const path = input[field];
    if (path != null && path !== 'system') result[field] = resolvePath(path);
  }
  return result;
}

/** {@link completeEndpoint}, in words for a file. @throws UsageError */
function completeFrom(connector: Connector, input: EndpointInput): Endpoint {
  try {
    return completeEndpoint(connector, input);
  } catch (error) {
    if (!(error instanceof UsageError) || error.code !== 'missing_flags') throw error;
    const fields = (['host', 'username', 'database'] as const).filter((field) => input[field] === undefined);
    throw new UsageError({ code: 'bad_file', message: `it does not say: ${fields.join(', ')}` });
  }
}
