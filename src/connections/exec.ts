import { endpointOf, type SavedConnection } from './connection.ts';
import type { HandOver, ProgramRequest } from './hand-over.ts';
import { secretsOf } from './secrets-of.ts';
import type { ConnectionServices } from './services.ts';

/** What a program gets of a connection, and of the environment it would have had anyway. */
export interface HandOverOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The variable that is to hold a URL, with the password in it; null: none. */
  readonly urlVariable: string | null;
}

/**
 * The environment and files with which a program reaches a saved connection. Nothing of ours is left in
 * it, nor what would mix with the endpoint.
 * @throws SecretError; UsageError for a certificate or key that can't be read
 */
export async function handOver(
  services: ConnectionServices,
  saved: SavedConnection,
  { environment, urlVariable }: HandOverOptions,
): Promise<Omit<ProgramRequest, 'command'> & Pick<HandOver, 'complaint'>> {
  const endpoint = endpointOf(saved);
  const connector = await services.connectors.load(endpoint.connector);
  await connector.checkFiles(endpoint);
  const secrets = await secretsOf(services, saved);
  const { variables, files, complaint } = connector.handOver(endpoint, secrets);
  const withheld = new Set([...connector.environmentNames, ...(await referenceVariables(services))]);
  const url = urlVariable === null ? {} : { [urlVariable]: connector.formatUrl(endpoint, secrets).reveal() };
  return {
    environment: { ...withoutOurs(environment, withheld), ...variables, ...url },
    files,
    complaint,
  };
}

/** An environment without the variables of ours (`JACKFIELD_*`) and those that are withheld. */
function withoutOurs(
  environment: HandOverOptions['environment'],
  withheld: ReadonlySet<string>,
): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && !/^JACKFIELD_/i.test(name) && !withheld.has(name)) kept[name] = value;
  }
  return kept;
}

/** The variables that hold a password of any saved connection: a program gets that of one alone. */
async function referenceVariables(services: ConnectionServices): Promise<string[]> {
  const connections = await (await services.catalog()).list();
  return connections
    .flatMap(({ password, sslKeyPassword }) => [password, sslKeyPassword])
    .flatMap((source) => (source.kind === 'env' ? [source.reference.slice('env:'.length)] : []));
}
