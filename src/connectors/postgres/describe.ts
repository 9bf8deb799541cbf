import type { Endpoint, TableName } from '../../connections/connection.ts';
import type { DescribeRequest } from '../../connections/connector.ts';
import { ServerError } from '../../connections/errors.ts';
import type { RelationDetails } from '../../metadata/discovery.ts';
import { Deadline } from './deadline.ts';
import {
  describedQuery,
  grantsQuery,
  indexDefinitionsQuery,
  inheritanceQuery,
  leavesQuery,
  policiesQuery,
  sequencesQuery,
  sizesQuery,
  triggersQuery,
} from './describe-queries.ts';
import { sqlstateOf } from './diagnosis.ts';
import { serverRefused, workError } from './fault-error.ts';
import { qualified } from './identifiers.ts';
import { jsonArray } from './json-array.ts';
import { lockedError } from './locked-relations.ts';
import { openSession } from './open-session.ts';
import type { Session, TextRow } from './session.ts';
import { readSessionFacts } from './session-facts.ts';
import { readTlsFiles } from './tls-files.ts';

/** A view's query, or a policy, may be long; a relation has no more than this to tell. */
const bounds = { maxMessage: 64 * 1024 * 1024, maxTotal: 256 * 1024 * 1024 };

/** How often it is begun again when something is dropped under its eyes. */
const tries = 3;

/**
 * Asks for what is told of one relation when it is wanted, in one READ ONLY transaction.
 * @throws ServerError with the diagnosis of the probe, relation_gone, relation_locked, structure_moved;
 * InterruptedError; UsageError for unreadable files
 */
export async function describe(request: DescribeRequest): Promise<RelationDetails> {
  const { endpoint, secrets, relation } = request;
  const deadline = new Deadline(request.timeoutMs, request.signal);
  const files = await readTlsFiles(endpoint);
  const open = async () => (await openSession({ endpoint, secrets, files, bounds }, deadline)).session;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const session = await open();
      try {
        await readSessionFacts(session, endpoint);
        return await read(session, request);
      } finally {
        session.close();
      }
    } catch (error) {
      if (attempt < tries && isMoved(error)) continue;
      if (sqlstateOf(error) === '55P03') {
        const wanted = {
          relation: written(relation),
          what: 'its size and definitions',
          otherwise: 'without --details nobody is asked',
        };
        throw await lockedError(open, wanted, error);
      }
      throw toServerError(error, endpoint, relation);
    }
  }
}

async function read(session: Session, { relation, mostLeaves }: DescribeRequest): Promise<RelationDetails> {
  const readAt = new Date().toISOString();
  const { schema, name } = relation;
  const [found] = await session.query(describedQuery, [schema, name]);
  if (found === undefined) throw gone(relation);
  const of = [found.oid ?? ''];
  const [sizes] = await session.query(sizesQuery, of);
  const indexes = await session.query(indexDefinitionsQuery, of);
  const policies = await session.query(policiesQuery, of);
  const triggers = await session.query(triggersQuery, of);
  const sequences = await session.query(sequencesQuery, of);
  const grants = await session.query(grantsQuery, of);
  const family = await session.query(inheritanceQuery, of);
  const isPartitioned = found.relkind === 'p';
  const leaves = isPartitioned ? await session.query(leavesQuery, [...of, mostLeaves]) : [];
  return {
    readAt,
    sizes: sizes === undefined ? null : toSizes(sizes),
    statistics: toStatistics(found),
    definition: found.definition ?? null,
    foreignServer: found.server ?? null,
    indexes: indexes.map((row) => ({
      name: text(row.name),
      definition: stillThere(row.definition),
      bytes: numberOrNull(row.bytes),
    })),
    policies: policies.map(toPolicy),
    triggers: triggers.map((row) => ({
      name: text(row.name),
      definition: stillThere(row.definition),
      enabled: firings[text(row.enabled)] ?? 'origin',
    })),
    sequences: sequences.map((row) => ({
      ...toName(row),
      column: text(row.column),
      identity: row.identity === 't',
    })),
    grants: grants.map((row) => ({
      grantee: text(row.grantee),
      grantor: text(row.grantor),
      privileges: jsonArray(row.privileges).map(String),
      grantable: row.grantable === 't',
      column: row.column ?? null,
    })),
    inherits: family.filter(({ above }) => above === 't').map(toName),
    inheritedBy: family.filter(({ above }) => above !== 't').map(toName),
    leaves: leaves.map((row) => ({
      ...toName(row),
      bound: text(row.bound),
      parent: { schema: text(row.parent_schema), name: text(row.parent_name) },
      estimatedRows: numberOrNull(row.tuples),
      bytes: numberOrNull(row.bytes),
    })),
  };
}

function toSizes(row: TextRow): RelationDetails['sizes'] {
  const [table, indexes, toast] = [row.table, row.indexes, row.toast].map((it) => numberOrNull(it) ?? 0);
  return {
    total: (table ?? 0) + (indexes ?? 0) + (toast ?? 0),
    table: table ?? 0,
    indexes: indexes ?? 0,
    toast: toast ?? 0,
  };
}

function toStatistics({ live, dead, changed, analyzed, vacuumed }: TextRow): RelationDetails['statistics'] {
  if (live == null) return null;
  return {
    liveRows: Number(live),
    deadRows: Number(dead),
    changedSinceAnalyze: Number(changed),
    lastAnalyze: analyzed ?? null,
    lastVacuum: vacuumed ?? null,
  };
}

type Policy = RelationDetails['policies'][number];

const commands: Readonly<Record<string, Policy['command']>> = {
  '*': 'all',
  r: 'select',
  a: 'insert',
  w: 'update',
  d: 'delete',
};

function toPolicy(row: TextRow): Policy {
  return {
    name: text(row.name),
    command: commands[text(row.command)] ?? 'all',
    permissive: row.permissive === 't',
    roles: jsonArray(row.roles).map(String),
    using: row.using ?? null,
    check: row.check ?? null,
  };
}

const firings: Readonly<Record<string, RelationDetails['triggers'][number]['enabled']>> = {
  O: 'origin',
  D: 'disabled',
  R: 'replica',
  A: 'always',
};

function toName(row: TextRow): TableName {
  return { schema: text(row.schema), name: text(row.name) };
}

function text(value: string | null | undefined): string {
  return value ?? '';
}

function numberOrNull(value: string | null | undefined): number | null {
  return value == null ? null : Number(value);
}

class GoneWhileReadError extends Error {}

/** The row was there, and what its definition is made of no more. */
function stillThere(definition: string | null | undefined): string {
  if (definition == null) throw new GoneWhileReadError();
  return definition;
}

/** Functions look at the present: of what was dropped since the snapshot they say nothing, or raise. */
function isMoved(error: unknown): boolean {
  return error instanceof GoneWhileReadError || ['XX000', '42P01'].includes(sqlstateOf(error) ?? '');
}

function written({ schema, name }: TableName): string {
  return qualified(schema, name);
}

function gone(relation: TableName): ServerError {
  return new ServerError({
    code: 'relation_gone',
    message: `${written(relation)} is no longer in the database`,
    fix: 'read the database anew: jackfield connections discover NAME --refresh',
  });
}

function toServerError(error: unknown, endpoint: Endpoint, relation: TableName): unknown {
  if (isMoved(error)) return moved(relation, error);
  return workError(error, endpoint, (refused, sqlstate) => serverRefused('the details', refused, sqlstate));
}

function moved(relation: TableName, cause: unknown): ServerError {
  return new ServerError({
    code: 'structure_moved',
    message: `something of ${written(relation)} was dropped while it was read`,
    fix: 'try again when the work on the database is done',
    cause,
  });
}
