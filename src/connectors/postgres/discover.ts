import type { Endpoint } from '../../connections/connection.ts';
import type { DiscoverRequest } from '../../connections/connector.ts';
import { ServerError } from '../../connections/errors.ts';
import type { StructureFacts, StructureReading } from '../../metadata/structure.ts';
import { Deadline } from './deadline.ts';
import { sqlstateOf } from './diagnosis.ts';
import { fingerprintQuery, mostVisible, schemasQuery } from './discovery-queries.ts';
import { serverRefused, workError } from './fault-error.ts';
import { lockedError } from './locked-relations.ts';
import { openSession } from './open-session.ts';
import { NoSecondSession, readStructure } from './read-structure.ts';
import type { Session } from './session.ts';
import { readSessionFacts } from './session-facts.ts';
import { SharedSnapshot } from './shared-snapshot.ts';
import { StructureMovedError } from './structure-rows.ts';
import { readTlsFiles } from './tls-files.ts';
import { unchangedRelations } from './unchanged-relations.ts';

/** A comment may be long and the tables many; two gigabytes of them, which go to the disk, are not believed. */
const bounds = { maxMessage: 64 * 1024 * 1024, maxTotal: 2 * 1024 * 1024 * 1024 };

/** How often a reading is begun again when what it reads is dropped under its eyes. */
const tries = 5;

/**
 * Reads schemas, relations, columns, keys, indexes and types in one snapshot and a fixed number of
 * statements, row by row into the sink; where a former reading is given, only what was changed since.
 * @throws ServerError with the diagnosis of the probe; InterruptedError; UsageError for unreadable files
 */
export async function discover(request: DiscoverRequest): Promise<StructureReading> {
  const { secrets } = request;
  const endpoint = withConnectTimeout(request.endpoint);
  const deadline = new Deadline(request.timeoutMs, request.signal);
  const files = await readTlsFiles(endpoint);
  const open = async () => (await openSession({ endpoint, secrets, files, bounds }, deadline)).session;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const session = await open();
      const beside = new SharedSnapshot(session, attempt === 1 ? open : null);
      try {
        return await read(session, request, beside, attempt > 1);
      } finally {
        session.close();
        beside.close();
      }
    } catch (error) {
      if (attempt < tries && (isMoved(error) || error instanceof NoSecondSession)) continue;
      if (sqlstateOf(error) === '55P03') throw await lockedError(open, wantedOfLocked, error);
      throw toServerError(error, endpoint);
    }
  }
}

const wantedOfLocked = {
  relation: null,
  what: 'its checks and expressions',
  otherwise: 'what was read before is kept',
};

/** Reading may take minutes; that a host says nothing is known sooner. Seconds, where the endpoint has none. */
function withConnectTimeout(endpoint: Endpoint): Endpoint {
  return { ...endpoint, options: { connect_timeout: '15', ...endpoint.options } };
}

/** @param leavesOut whether what is dropped meanwhile is left out, rather than ending it */
async function read(
  session: Session,
  request: DiscoverRequest,
  shared: SharedSnapshot,
  leavesOut: boolean,
): Promise<StructureReading> {
  const takenAt = new Date().toISOString();
  const sessionFacts = await readSessionFacts(session, request.endpoint);
  const { server } = sessionFacts;
  const { former, sink, chooses = null } = request;
  // Of what is known already little is read, whatever may be seen.
  const looks = former === null && chooses === null;
  const { identity, isLarge, mostAreVisible } = await readIdentity(session, request.endpoint, looks);
  const known = former !== null && former.identity === identity ? former : null;
  const { fingerprint: found = null } = known === null ? {} : await session.queryRow(fingerprintQuery);
  const schemas = await session.query(schemasQuery);
  const shut = schemas.filter(({ usable }) => usable !== 't').length;
  const factsWith = (hiddenRelations: number, fingerprint: string | null): StructureFacts => ({
    server,
    takenAt,
    identity,
    fingerprint,
    schemas: schemas.filter(({ usable }) => usable === 't').map(({ schema }) => schema ?? ''),
    hidden: { schemas: shut, relations: hiddenRelations },
  });
  if (known !== null && found !== null && found === known.fingerprint) {
    return { facts: factsWith(known.hiddenRelations, found), unchanged: true };
  }
  // What is to be read whole has no time to lose; of what is known there is little to read.
  const beside = mostAreVisible && isLarge ? await shared.begin(sessionFacts) : null;
  await sink.begin();
  const retained = known === null ? new Set<number>() : await unchangedRelations(session, known);
  const choice = { retained, chooses, leavesOut, fingerprint: found, mostAreRead: mostAreVisible };
  const { hidden, fingerprint } = await readStructure(
    { main: session, opening: beside?.opening ?? null },
    sink,
    choice,
  );
  await sink.retain(retained);
  return { facts: factsWith(hidden, fingerprint), unchanged: false };
}

/** More than this of pg_attribute, in bytes, is worth a second session: some five thousand tables. */
const largeCatalog = 16 * 1024 * 1024;

const identityQuery = (
  looks: boolean,
) => `SELECT oid AS database, pg_relation_size('pg_catalog.pg_attribute') AS size,
  ${looks ? mostVisible : 'false'} AS visible, current_user::text AS "user",
  current_setting('server_version_num')::int / 10000 AS major,
  CASE WHEN has_function_privilege('pg_control_system()', 'EXECUTE')
    THEN (SELECT system_identifier FROM pg_control_system()) END AS system
  FROM pg_database WHERE datname = current_database()`;

/** Oids and sums of xmin mean nothing beyond one database of one server, which may be made anew in its place. */
async function readIdentity(
  session: Session,
  { host, port }: Endpoint,
  looks: boolean,
): Promise<{ identity: string; isLarge: boolean; mostAreVisible: boolean }> {
  const { database, user, major, system, size, visible } = await session.queryRow(identityQuery(looks));
  const identity = JSON.stringify([host, port, database, user, major, system]);
  return { identity, isLarge: Number(size) > largeCatalog, mostAreVisible: visible === 't' };
}

/**
 * Functions look at the present, rows at the snapshot: of what was dropped in between they raise
 * internal_error, of a label of an enum invalid_binary_representation.
 */
function isMoved(error: unknown): boolean {
  return error instanceof StructureMovedError || ['XX000', '22P03'].includes(sqlstateOf(error) ?? '');
}

function toServerError(error: unknown, endpoint: Endpoint): unknown {
  if (isMoved(error)) {
    return new ServerError({
      code: 'structure_moved',
      message: 'tables were dropped while they were read, each time it was tried',
      fix: 'try again when the work on the database is done',
      cause: error,
    });
  }
  return workError(error, endpoint, (refused, sqlstate) => serverRefused('the discovery', refused, sqlstate));
}
