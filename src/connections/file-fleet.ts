import { completeEndpoint } from './endpoint.ts';
import { SecretError } from './errors.ts';
import { endpointInputOf, type FileConnection, ofEntry, type ReadReference, secretInputsOf } from './file.ts';
import type { FleetSubject } from './fleet.ts';
import { checkName, checkTags } from './names.ts';
import { type SecretInputs, secretsFromInput } from './secrets-of.ts';
import type { ConnectionServices } from './services.ts';
import { secretFailure, testEndpoint } from './test.ts';

/**
 * The connections of a file as a fleet, in the file's order. All of it is checked; nothing of it is
 * saved, and the catalog is not asked for.
 * @throws UsageError for what `apply` would refuse too
 */
export async function fleetOfFile(
  services: ConnectionServices,
  entries: readonly FileConnection[],
  readReference: ReadReference,
): Promise<FleetSubject[]> {
  const fleet: FleetSubject[] = [];
  for (const entry of entries) {
    fleet.push(await ofEntry(entry, () => subjectOf(services, entry, readReference)));
  }
  return fleet;
}

async function subjectOf(
  services: ConnectionServices,
  entry: FileConnection,
  readReference: ReadReference,
): Promise<FleetSubject> {
  const connector = await services.connectors.load(entry.connector);
  const subject = {
    name: checkName(entry.name),
    role: entry.role,
    tags: checkTags(entry.tags ?? []),
    endpoint: completeEndpoint(connector, endpointInputOf(entry)),
  };
  const inputs = secretInputsOf(entry, readReference);
  return { ...subject, test: (options) => testEntry(services, subject, inputs, options) };
}

async function testEntry(
  services: ConnectionServices,
  subject: Omit<FleetSubject, 'test'>,
  inputs: SecretInputs,
  options: Parameters<FleetSubject['test']>[0],
) {
  const { name, role, endpoint } = subject;
  try {
    const secrets = await secretsFromInput(services, inputs);
    return await testEndpoint(services, { name, savedAs: null, role, endpoint, secrets }, options);
  } catch (error) {
    if (error instanceof SecretError) return secretFailure(name, error);
    throw error;
  }
}
