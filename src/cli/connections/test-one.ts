import type { TestResult } from '../../connections/connection.ts';
import { testEdit } from '../../connections/edit.ts';
import { completeEndpoint, missingFlags } from '../../connections/endpoint.ts';
import { InterruptedError } from '../../connections/errors.ts';
import { fails } from '../../connections/fleet.ts';
import { secretsFromInput } from '../../connections/secrets-of.ts';
import { requireConnection } from '../../connections/services.ts';
import { type TestOptions, testEndpoint } from '../../connections/test.ts';
import { reportedTests, testResults, verdict } from '../../output/test-results.ts';
import type { App, Verdict } from '../app.ts';
import { readEndpointFlags } from '../endpoint-flags.ts';
import type { Reports } from '../reports.ts';
import { testTimeoutMs } from '../test-limits.ts';
import { planFromFlags } from './edit.ts';
import { liveLadder } from './saving.ts';
import type { TestFlags } from './test-flags.ts';

/** Tests the endpoint that flags describe, or the edit of a saved one, and saves nothing. */
export async function runUnsaved(
  app: App,
  name: string | undefined,
  flags: TestFlags,
  reports: Reports,
): Promise<Verdict> {
  if (name !== undefined) {
    const saved = await requireConnection(await app.services.catalog(), name);
    const plan = await planFromFlags(app, saved, flags);
    return runOne(app, flags, reports, (options) => testEdit(app.services, plan, options));
  }
  const { role } = flags;
  if (role === undefined) throw missingFlags(['role']);
  const connector = await app.services.connectors.load(flags.connector ?? 'postgres');
  const { input, password, sslKeyPassword } = await readEndpointFlags(app, connector, flags);
  const endpoint = completeEndpoint(connector, input);
  await connector.checkFiles(endpoint);
  const none = { kind: 'none' as const };
  const inputs = { password: password ?? none, sslKeyPassword: sslKeyPassword ?? none };
  const secrets = await secretsFromInput(app.services, inputs);
  const subject = { name: flags.name ?? null, savedAs: null, role, endpoint, secrets };
  return runOne(app, flags, reports, (options) => testEndpoint(app.services, subject, options));
}

/** Runs one test; on a terminal its ladder fills in as it is climbed. */
export async function runOne(
  app: App,
  flags: TestFlags,
  reports: Reports,
  test: (options: TestOptions) => Promise<TestResult>,
): Promise<Verdict> {
  const view = await app.view('stdout');
  const live = app.settings.output === 'table' && view.terminal;
  const ladder = live ? await liveLadder(app, 'stdout') : null;
  const result = await test({
    timeoutMs: testTimeoutMs(app, flags.timeout),
    signal: app.signal,
    ...(ladder && { onStage: ladder.onStage }),
  }).catch(async (error: unknown) => {
    ladder?.stop();
    if (error instanceof InterruptedError) await reports.write(reportedTests([]), 1);
    throw error;
  });
  const reporting = await reports.write(reportedTests([result]), 1).catch((error: unknown) => ({ error }));
  if (live) await app.write(verdict(result, view));
  else await app.print(testResults([result]));
  if (reporting) throw reporting.error;
  return fails([result], flags.failOn ?? 'failed') ? 'said-no' : 'done';
}
