import { leftBehindByEdit } from '../cdc/left-behind.ts';
import type { SaveOutcome, TestBeforeSave } from './add.ts';
import { refuseTakenName } from './add.ts';
import { type Endpoint, endpointOf, type SavedConnection, type TestResult } from './connection.ts';
import { type EndpointInput, endpointDifferences, secretConsequence } from './endpoint.ts';
import { RefusedError, UsageError } from './errors.ts';
import { checkName, checkTags } from './names.ts';
import {
  noSecretInputs,
  type SecretInput,
  type SecretInputs,
  savedAsInput,
  secretsFromInput,
  storedSecretsOf,
} from './secrets-of.ts';
import type { ConnectionServices } from './services.ts';
import { removeRetired, type SecretPointers, storeThenSave } from './store-secrets.ts';
import { recordTest, type TestOptions, tablesOf, testAfterEdit, testEndpoint } from './test.ts';

/** What an edit changes; what it leaves out stays. */
export interface EditRequest {
  readonly name?: string;
  readonly endpoint: EndpointInput;
  readonly tags?: readonly string[];
  /** Of a source alone. */
  readonly allowWrite?: boolean;
  readonly password?: SecretInput;
  readonly sslKeyPassword?: SecretInput;
}

/** An edit that is thought through, before anything is asked, tested or saved. */
export interface EditPlan {
  readonly saved: SavedConnection;
  readonly request: EditRequest;
  readonly name: string;
  readonly endpoint: Endpoint;
  readonly tags: readonly string[];
  readonly allowWrite: boolean;
  /** The names of what differs from what is saved; empty when nothing does. */
  readonly changes: readonly string[];
  /** The stored secrets that must be entered again, as the endpoint they go to is another. */
  readonly asksAgain: readonly ('password' | 'sslKeyPassword')[];
}

/**
 * Thinks an edit through.
 * @throws UsageError for values that can't be; RefusedError not_for_role
 */
export async function planEdit(
  services: ConnectionServices,
  saved: SavedConnection,
  request: EditRequest,
): Promise<EditPlan> {
  const before = endpointOf(saved);
  const endpoint: Endpoint = { ...before, ...request.endpoint };
  const connector = await services.connectors.load(endpoint.connector);
  connector.checkEndpoint(endpoint);
  await connector.checkFiles(endpoint);
  const name = request.name === undefined ? saved.name : checkName(request.name);
  const tags = request.tags === undefined ? saved.tags : checkTags(request.tags);
  const allowWrite = request.allowWrite ?? saved.allowWrite;
  if (request.allowWrite !== undefined && saved.role === 'destination') throw allowedAnyway(saved);
  const changes: string[] = endpointDifferences(before, endpoint);
  if (name !== saved.name) changes.unshift('name');
  if (tags.join() !== saved.tags.join()) changes.push('tags');
  if (allowWrite !== saved.allowWrite) changes.push('allowWrite');
  if (request.password) changes.push('password');
  if (request.sslKeyPassword) changes.push('sslKeyPassword');
  const again = asksAgain(saved, endpoint, request);
  return { saved, request, name, endpoint, tags, allowWrite, changes, asksAgain: again };
}

function allowedAnyway({ name }: SavedConnection): RefusedError {
  return new RefusedError({
    code: 'not_for_role',
    message: `${name} is a destination, where query --write needs no permission`,
    fix: 'leave --allow-write and --no-allow-write out',
  });
}

function asksAgain(saved: SavedConnection, endpoint: Endpoint, request: EditRequest): EditPlan['asksAgain'] {
  if (secretConsequence(endpointOf(saved), endpoint) !== 'ask-again') return [];
  const asked: ('password' | 'sslKeyPassword')[] = [];
  if (saved.password.kind === 'stored' && !request.password) asked.push('password');
  // What opens a key goes nowhere: it is asked for again only when the key is another.
  const keyIsAnother = endpoint.sslKey !== null && endpoint.sslKey !== saved.sslKey;
  if (saved.sslKeyPassword.kind === 'stored' && !request.sslKeyPassword && keyIsAnother)
    asked.push('sslKeyPassword');
  return asked;
}

/**
 * Saves a planned edit, after a test where one is asked for.
 * @throws UsageError password_required when a secret must be entered again and was not; RefusedError
 * name_taken, changed_meanwhile; SecretError when the stored secret can't be had to be bound anew
 */
export async function editConnection(
  services: ConnectionServices,
  plan: EditPlan,
  test: TestBeforeSave | null,
): Promise<SaveOutcome> {
  if (plan.asksAgain.length > 0) throw passwordRequired(plan);
  const { saved, name } = plan;
  if (name !== saved.name) await refuseTakenName(services, name);
  const rewrites = rewritesSecrets(plan);
  const inputs = rewrites || test ? await secretsAfter(services, plan) : noSecretInputs;

  const result = test ? await testInputs(services, plan, inputs, test) : null;
  if (result) await test?.onResult?.(result);
  const isFailed = result?.status === 'failed' && !test?.saveAnyway;
  if (plan.changes.length === 0) {
    // What was tested is what is saved, so that the result is its own, whatever it says.
    if (result) await recordTest(services, saved, result);
    return { saved: isFailed ? null : saved, test: result };
  }
  if (isFailed) return { saved: null, test: result };
  const changed = await save(services, plan, rewrites ? inputs : null);
  if (changed.secretAccount !== saved.secretAccount) await removeRetired(services, saved.id);
  if (result) await recordTest(services, changed, result);
  return { saved: changed, test: result };
}

/**
 * An edit among several, whose outcome nobody looks at: what it leaves behind is a notice.
 * @throws as {@link editConnection}
 */
export async function carryOutEdit(services: ConnectionServices, plan: EditPlan): Promise<void> {
  const { saved } = await editConnection(services, plan, null);
  if (saved === null) return;
  const left = await leftBehindByEdit(await services.catalog(), plan.saved, saved);
  if (left !== null) services.notice(`${left.message}; ${left.fix}`);
}

/**
 * Reads the stored secrets that a planned edit has to bind anew, and does nothing with them: whoever
 * saves several things at once learns before the first that one of them can't be.
 * @throws SecretError
 */
export async function requireSecrets(services: ConnectionServices, plan: EditPlan): Promise<void> {
  if (rewritesSecrets(plan)) await secretsAfter(services, plan);
}

/** Whether the item with the stored secrets must be written again: something new was given, or it is bound elsewhere now. */
function rewritesSecrets({ saved, request, endpoint }: EditPlan): boolean {
  const given = request.password !== undefined || request.sslKeyPassword !== undefined;
  return given || secretConsequence(endpointOf(saved), endpoint) !== 'none';
}

/** The secrets a connection has after an edit; the stored ones are read only where the edit keeps one. */
async function secretsAfter(
  services: ConnectionServices,
  { saved, request }: EditPlan,
): Promise<SecretInputs> {
  const keepsStored =
    (saved.password.kind === 'stored' && !request.password) ||
    (saved.sslKeyPassword.kind === 'stored' && !request.sslKeyPassword);
  const stored = keepsStored ? await storedSecretsOf(services, saved) : null;
  return {
    password: request.password ?? savedAsInput(saved.password, stored?.password),
    sslKeyPassword: request.sslKeyPassword ?? savedAsInput(saved.sslKeyPassword, stored?.sslKeyPassword),
  };
}

async function testInputs(
  services: ConnectionServices,
  plan: EditPlan,
  inputs: SecretInputs,
  options: TestOptions,
): Promise<TestResult> {
  const { name, saved, endpoint } = plan;
  const secrets = await secretsFromInput(services, inputs);
  const tables = await tablesOf(services, saved);
  const subject = { name, savedAs: saved.name, role: saved.role, endpoint, secrets, tables };
  return testEndpoint(services, subject, options);
}

/**
 * Tests a planned edit and saves nothing, not the test either.
 * @throws as {@link editConnection}
 */
export async function testEdit(
  services: ConnectionServices,
  plan: EditPlan,
  options: TestOptions,
): Promise<TestResult> {
  if (plan.asksAgain.length > 0) throw passwordRequired(plan);
  return testInputs(services, plan, await secretsAfter(services, plan), options);
}

/** @param inputs the secrets to write; null to leave the stored item as it is */
async function save(
  services: ConnectionServices,
  plan: EditPlan,
  inputs: SecretInputs | null,
): Promise<SavedConnection> {
  const { saved, name, endpoint, tags, allowWrite } = plan;
  const catalog = await services.catalog();
  const connector = await services.connectors.load(endpoint.connector);
  const provider = endpoint.host === saved.host ? saved.provider : connector.providerOf(endpoint.host);
  const lastTest = keepsLastTest(plan) ? saved.lastTest : testAfterEdit(saved.lastTest);
  const row = { ...endpoint, name, role: saved.role, provider, tags, allowWrite };
  const write = (pointers: SecretPointers) =>
    catalog.update(saved.id, saved.revision, { ...row, ...pointers }, lastTest);
  return inputs
    ? storeThenSave(services, { connectionId: saved.id, endpoint }, inputs, write)
    : write(pointersOf(saved));
}

/** Whether the last test still says something of it: nothing that a test looks at is changed. */
export function keepsLastTest({ changes }: EditPlan): boolean {
  return changes.every((change) => change === 'name' || change === 'tags' || change === 'allowWrite');
}

function pointersOf({ password, sslKeyPassword, secretAccount }: SavedConnection): SecretPointers {
  return { password, sslKeyPassword, secretAccount };
}

function passwordRequired(plan: EditPlan): UsageError {
  const flag = plan.asksAgain.includes('password') ? 'password' : 'ssl-key-password';
  return new UsageError({
    code: 'password_required',
    message: `this edit sends the saved password of ${plan.saved.name} to another endpoint, so it must be given again`,
    fix: `add --${flag}-stdin, --${flag}-env, --${flag}-file or --${flag}-ref`,
  });
}
