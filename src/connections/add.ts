import type { Endpoint, Role, SavedConnection, TestResult } from './connection.ts';
import { checkName, checkTags } from './names.ts';
import { nameTaken } from './refusals.ts';
import { type SecretInputs, secretsFromInput } from './secrets-of.ts';
import type { ConnectionServices } from './services.ts';
import { storeThenSave } from './store-secrets.ts';
import { recordTest, type TestOptions, testEndpoint } from './test.ts';

/** A connection that is to be saved. */
export interface AddRequest {
  readonly name: string;
  readonly role: Role;
  readonly endpoint: Endpoint;
  readonly tags: readonly string[];
  readonly secrets: SecretInputs;
}

/** Whether an endpoint is tested before it is saved, and what then. */
export interface TestBeforeSave extends TestOptions {
  /** Save although the test failed. */
  readonly saveAnyway: boolean;
  /** Told what came of the test, before anything is saved. */
  readonly onResult?: (result: TestResult) => Promise<void>;
}

/** What came of an add or edit. */
export interface SaveOutcome {
  /** Null when a failed test kept it from being saved. */
  readonly saved: SavedConnection | null;
  /** Null when no test was asked for. */
  readonly test: TestResult | null;
}

/**
 * Saves a new connection, after a test where one is asked for.
 * @throws UsageError bad_name and what the connector refuses; RefusedError name_taken; SecretError
 */
export async function addConnection(
  services: ConnectionServices,
  request: AddRequest,
  test: TestBeforeSave | null,
): Promise<SaveOutcome> {
  const name = checkName(request.name);
  const tags = checkTags(request.tags);
  const { role, endpoint, secrets } = request;
  const connector = await services.connectors.load(endpoint.connector);
  connector.checkEndpoint(endpoint);
  await connector.checkFiles(endpoint);
  // Refused before a test is run for nothing; add itself decides between two at once.
  await refuseTakenName(services, name);

  const result = test ? await testUnsaved(services, { ...request, name }, test) : null;
  if (result) await test?.onResult?.(result);
  if (result?.status === 'failed' && !test?.saveAnyway) return { saved: null, test: result };

  const catalog = await services.catalog();
  const id = services.newId();
  const provider = result?.server?.provider ?? connector.providerOf(endpoint.host);
  const saved = await storeThenSave(services, { connectionId: id, endpoint }, secrets, (pointers) =>
    catalog.add(id, { ...endpoint, name, role, provider, tags, allowWrite: false, ...pointers }),
  );
  if (result) await recordTest(services, saved, result);
  return { saved, test: result };
}

/** @throws RefusedError name_taken */
export async function refuseTakenName(services: ConnectionServices, name: string): Promise<void> {
  const catalog = await services.catalog();
  const taken = await catalog.find(name);
  if (taken?.name === name) throw nameTaken(name);
}

async function testUnsaved(
  services: ConnectionServices,
  request: AddRequest,
  options: TestOptions,
): Promise<TestResult> {
  const { name, role, endpoint } = request;
  const secrets = await secretsFromInput(services, request.secrets);
  return testEndpoint(services, { name, savedAs: null, role, endpoint, secrets }, options);
}
