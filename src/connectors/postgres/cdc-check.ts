import { type CdcCheck, type CdcCheckResult, worst } from '../../cdc/cdc.ts';
import type { CdcCheckRequest, CdcDial } from '../../cdc/port.ts';
import { judgeServer, type ServerSituation } from './cdc-check-server.ts';
import { judgeTable } from './cdc-check-tables.ts';
import { type CdcFacts, readCdcFacts, reading } from './cdc-facts.ts';
import { type ReplicationTrial, tryReplication } from './cdc-replication.ts';
import { type CdcSession, inCdcSession } from './cdc-session.ts';
import { type CdcState, readCdcState } from './cdc-state.ts';
import { type Choice, chooseTables } from './cdc-tables.ts';
import { readSessionFacts, type SessionFacts } from './session-facts.ts';

/** What everything else is judged by, read in one transaction that can not write. */
export interface CdcSurvey {
  readonly sessionFacts: SessionFacts;
  readonly facts: CdcFacts;
  readonly state: CdcState;
  readonly choice: Choice;
}

/** Everything that is in the way, all at once; it changes nothing. @throws ServerError; InterruptedError; UsageError */
export async function checkCdc(request: CdcCheckRequest): Promise<Omit<CdcCheck, 'connection'>> {
  const started = performance.now();
  return inCdcSession(request, async (opened) => {
    const { session } = opened;
    const { endpoint, names, tables } = request;
    const sessionFacts = await readSessionFacts(session, endpoint);
    const facts = await readCdcFacts(session);
    await session.query('COMMIT');
    const state = await reading(session, () => readCdcState(session, names));
    const choice = await reading(session, () => chooseTables(session, tables, endpoint.schema));
    const survey = { sessionFacts, facts, state, choice };
    const checks = await checkServer(opened, request, survey, names.slot);
    const judged = choice.chosen.map((it) =>
      judgeTable(it, {
        needsKey: true,
        identityFull: false,
        currentUser: facts.currentUser,
        version: sessionFacts.versionNumber,
        recovery: sessionFacts.server.recovery,
      }),
    );
    const all = [...checks, tableCheck(choice, judged)];
    const { version, provider, recovery } = sessionFacts.server;
    return {
      status: worst(all.map(({ status }) => status)),
      durationMs: Math.round((performance.now() - started) * 10) / 10,
      server: { version, provider, recovery },
      checks: all,
      tables: judged,
    };
  });
}

/** The checks of the server and the role, the replication connection among them. @throws InterruptedError */
export async function checkServer(
  { deadline }: CdcSession,
  dial: CdcDial,
  survey: CdcSurvey,
  slot: string,
): Promise<CdcCheckResult[]> {
  // One time for both connections.
  const replication: ReplicationTrial = await tryReplication({ ...dial, timeoutMs: deadline.left });
  const { sessionFacts, facts, state, choice } = survey;
  const situation: ServerSituation = {
    host: dial.endpoint.host,
    session: sessionFacts,
    facts,
    replication,
    slot: { name: slot, exists: state.slot !== null },
    tableBytes: choice.chosen
      .flatMap(({ table, leaves }) => [table, ...leaves])
      .reduce((sum, { pages }) => sum + pages * 8192, 0),
  };
  return judgeServer(situation);
}

function tableCheck(choice: Choice, judged: CdcCheck['tables']): CdcCheckResult {
  const base = { check: 'tables' as const };
  if (choice.missing.length > 0) {
    return {
      ...base,
      status: 'failed',
      code: 'cdc_tables_missing',
      message: `there is no table ${choice.missing.map((it) => JSON.stringify(it)).join(', ')}`,
      fix: 'check the names: --table takes schema.table, or globs in quotes',
    };
  }
  const count = (status: string) => judged.filter((it) => it.status === status).length;
  const [failed, warned] = [count('failed'), count('warned')];
  const odd =
    choice.leftOut.length === 0 ? '' : `; left out, being unlogged or temporary: ${choice.leftOut.length}`;
  const message = `${judged.length} looked at: ${judged.length - failed - warned} passed, ${warned} warned, ${failed} failed${odd}`;
  if (judged.length === 0) {
    return {
      ...base,
      status: 'warned',
      code: 'no_tables',
      message: 'no table was found',
      fix: "name some: --table 'sales.*'",
    };
  }
  const status = worst(judged.map((it) => it.status));
  const first = judged.flatMap(({ problems }) => problems).find((it) => it.status === status);
  return { ...base, status, code: first?.code ?? null, message, fix: null };
}
