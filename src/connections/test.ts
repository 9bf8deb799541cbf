import {
  type Endpoint,
  endpointOf,
  type LastTest,
  type Role,
  type SavedConnection,
  type StageResult,
  type TableName,
  type TestResult,
} from './connection.ts';
import { SecretError } from './errors.ts';
import type { SecretItem } from './secret-store.ts';
import { secretsOf } from './secrets-of.ts';
import type { ConnectionServices } from './services.ts';
import { shellWord } from './shell-word.ts';
import { stages } from './vocabulary.ts';

/** How a test is run. */
export interface TestOptions {
  /** The whole of one connection, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly onStage?: (result: StageResult) => void;
}

/** What is tested. */
export interface TestSubject {
  /** What the result is called; null for an endpoint without a name. */
  readonly name: string | null;
  /** The connection that is there to be edited when the test fails; null where none is saved. */
  readonly savedAs: string | null;
  readonly role: Role;
  readonly endpoint: Endpoint;
  readonly secrets: SecretItem;
  /** The tables that pipelines use, which alone are judged then; absent: all that the schema holds. */
  readonly tables?: readonly TableName[] | null;
}

/**
 * Tests an endpoint without saving anything.
 * @throws UsageError for files that can't be read; InterruptedError
 */
export async function testEndpoint(
  services: ConnectionServices,
  subject: TestSubject,
  options: TestOptions,
): Promise<TestResult> {
  const { name, savedAs, role, endpoint, secrets, tables = null } = subject;
  const connector = await services.connectors.load(endpoint.connector);
  const { onStage } = options;
  const result = await connector.probe({
    endpoint,
    secrets,
    role,
    tables,
    timeoutMs: options.timeoutMs,
    signal: options.signal,
    ...(onStage && { onStage: (stage: StageResult) => onStage(nameFix(stage, savedAs)) }),
  });
  return { connection: name, ...result, stages: result.stages.map((stage) => nameFix(stage, savedAs)) };
}

/**
 * Tests a saved connection and records the outcome, unless it was edited meanwhile.
 * @throws SecretError when its secret can't be had; UsageError; InterruptedError
 */
export async function testSaved(
  services: ConnectionServices,
  saved: SavedConnection,
  options: TestOptions,
): Promise<TestResult> {
  const secrets = await secretsOf(services, saved);
  const subject = {
    name: saved.name,
    savedAs: saved.name,
    role: saved.role,
    endpoint: endpointOf(saved),
    secrets,
    tables: await tablesOf(services, saved),
  };
  const result = await testEndpoint(services, subject, options);
  await recordTest(services, saved, result);
  return result;
}

/** As {@link testSaved}, but a secret that can't be had is the result's failure: for fleets. */
export async function testOfFleet(
  services: ConnectionServices,
  saved: SavedConnection,
  options: TestOptions,
): Promise<TestResult> {
  try {
    return await testSaved(services, saved, options);
  } catch (error) {
    if (!(error instanceof SecretError)) throw error;
    const result = secretFailure(saved.name, error);
    await recordTest(services, saved, result);
    return result;
  }
}

/** The tables that the pipelines of a connection use; null when none names any. */
export async function tablesOf(
  services: ConnectionServices,
  { id }: SavedConnection,
): Promise<readonly TableName[] | null> {
  const tables = await (await services.catalog()).tablesUsed(id);
  return tables.length === 0 ? null : tables;
}

/** Records a test's outcome with the connection it was made of. */
export async function recordTest(
  services: ConnectionServices,
  saved: SavedConnection,
  result: TestResult,
): Promise<void> {
  const catalog = await services.catalog();
  const recorded = await catalog.recordTest(saved.id, saved.revision, {
    lastTest: lastTestOf(result, services.now()),
    provider: result.server?.provider ?? saved.provider,
    result,
  });
  if (!recorded) services.notice(`${saved.name} was changed meanwhile: this result was not recorded`);
}

/** What is kept of a test: its verdict and the rung that made it. */
export function lastTestOf(result: TestResult, now: Date): LastTest {
  const telling = tellingRung(result);
  return {
    status: result.status,
    at: now.toISOString(),
    durationMs: result.durationMs,
    code: telling?.code ?? null,
    message: telling?.message ?? null,
    serverVersion: result.server?.version ?? null,
  };
}

/** The rung that made a verdict; none where all passed. */
export function tellingRung<Rung extends { readonly status: string }>({
  status,
  stages,
}: {
  readonly status: string;
  readonly stages: readonly Rung[];
}): Rung | undefined {
  return status === 'passed' ? undefined : stages.find((rung) => rung.status === status);
}

/** What a test becomes after an edit that it does not cover. */
export function testAfterEdit(former: LastTest): LastTest {
  return former.status === 'never' ? former : { ...former, status: 'changed' };
}

/** The result of a test whose secret can't be had: nothing was dialled. */
export function secretFailure(name: string, error: SecretError): TestResult {
  const failed = stages.indexOf('authenticate');
  return {
    connection: name,
    status: 'failed',
    durationMs: 0,
    server: null,
    stages: stages.map((stage, index) =>
      index === failed
        ? { stage, status: 'failed', durationMs: 0, code: error.code, message: error.message, fix: error.fix }
        : {
            stage,
            status: 'skipped',
            durationMs: 0,
            code: null,
            message: 'not tried: its secret can not be had',
            fix: null,
          },
    ),
  };
}

/**
 * Puts the name of a saved connection into a fix that ends in the command that edits it, or takes
 * that command off where there is nothing to edit yet.
 */
function nameFix(result: StageResult, savedAs: string | null): StageResult {
  if (result.fix === null) return result;
  const command = (_match: string, then = '') =>
    savedAs === null ? '' : `${then}: jackfield connections edit ${shellWord(savedAs)}`;
  return { ...result, fix: result.fix.replace(/(, then)?: jackfield connections edit NAME$/, command) };
}
