import { expect } from 'vitest';
import type { Endpoint, Role, StageResult, TableName } from '../../src/connections/connection.ts';
import type { ProbeResult } from '../../src/connections/connector.ts';
import { quoteIdentifier } from '../../src/connectors/postgres/identifiers.ts';
import { anEndpoint, probeEndpoint } from './endpoint.ts';
import type { TestServer } from './postgres.ts';

/** What a rung says: its status, and the code where it has one. */
type Said = 'passed' | 'skipped' | readonly ['warned' | 'failed', string];

/** A database and a role in it, what a probe says of them, and the statements it gives. */
export interface Situation {
  readonly what: string;
  readonly role: Role;
  /** Run as the superuser in a fresh database. `<user>` and `<database>` stand for their names, quoted. */
  readonly setUp: string;
  /** Of the user; a fresh plain name when left out. */
  readonly userName?: string;
  /** More of CREATE ROLE. */
  readonly attributes?: string;
  readonly superuser?: true;
  /** `shop` when left out. */
  readonly schema?: string;
  readonly tables?: readonly TableName[];
  readonly says: readonly [schema: Said, privileges: Said];
  /** The sentence of the rung schema, where it is looked at. */
  readonly schemaMessage?: string;
  /** The sentence of the rung privileges, where it is looked at. */
  readonly message?: string;
  /** The lines of the fixes of both rungs, with the same words for names; they are run, and then all passes. */
  readonly fix?: readonly string[];
}

export interface Scene {
  readonly database: string;
  /** A member of nothing but what the set-up says. */
  readonly user: string;
  readonly endpoint: Endpoint;
  probe(): Promise<ProbeResult>;
  /** Puts the names in. */
  named(text: string): string;
}

/** Makes the database and the role, and nothing else. */
export async function setTheScene(server: TestServer, situation: Situation): Promise<Scene> {
  const { userName, attributes, superuser, schema = 'shop', tables, role } = situation;
  const user = superuser
    ? server.superuser
    : await server.createRole({ ...(userName && { name: userName }), ...(attributes && { attributes }) });
  const database = await server.createDatabase();
  const plain = /^[a-z_][a-z0-9_]*$/.test(user.name);
  const named = (text: string) =>
    text
      .replaceAll('<user>', plain ? user.name : quoteIdentifier(user.name))
      .replaceAll('<database>', database.name);
  await server.run(named(situation.setUp), database.name);
  const endpoint = anEndpoint({
    host: '127.0.0.1',
    port: server.port,
    username: user.name,
    database: database.name,
    schema,
  });
  const probe = () =>
    probeEndpoint(endpoint, { password: user.password, role, ...(tables && { tables }), timeoutMs: 20_000 });
  return { database: database.name, user: user.name, endpoint, probe, named };
}

export function rung({ stages }: ProbeResult, stage: StageResult['stage']): StageResult {
  const result = stages.find((candidate) => candidate.stage === stage);
  if (!result) throw new Error(`no rung ${stage}`);
  return result;
}

/** Probes the situation, holds what is said against it, runs the fixes as the superuser, and probes again. */
export async function expectSituation(server: TestServer, situation: Situation): Promise<void> {
  const scene = await setTheScene(server, situation);
  const first = await scene.probe();
  const rungs = [rung(first, 'schema'), rung(first, 'privileges')] as const;
  const said = rungs.map(({ status, code }) => (code === null ? status : [status, code]));
  expect(said, JSON.stringify(rungs, null, 2)).toEqual(situation.says);
  for (const { status, code, fix } of rungs) {
    expect(
      [code, fix].every((text) => (text !== null) === (status === 'warned' || status === 'failed')),
    ).toBe(true);
  }
  if (situation.schemaMessage !== undefined) {
    expect(rungs[0].message).toBe(scene.named(situation.schemaMessage));
  }
  if (situation.message !== undefined) expect(rungs[1].message).toBe(scene.named(situation.message));

  const fixes = rungs.flatMap(({ fix }) => (fix === null ? [] : [fix]));
  if (situation.fix === undefined) return;
  expect(fixes.flatMap((fix) => fix.split('\n'))).toEqual(situation.fix.map(scene.named));
  for (const fix of fixes) await server.run(fix, scene.database);
  const second = await scene.probe();
  expect(rung(second, 'schema')).toMatchObject({ status: 'passed' });
  expect(rung(second, 'privileges')).toMatchObject({ status: 'passed', fix: null });
}
