import type { CdcNames, CdcOperation, CdcSlot } from '../../cdc/cdc.ts';
import type { TableName } from '../../connections/connection.ts';
import { walPosition } from './cdc-facts.ts';
import { type CdcMarker, readMarker } from './cdc-marker.ts';
import { nameOf } from './cdc-tables.ts';
import { Fault } from './faults.ts';
import type { Session, TextRow } from './session.ts';

/** A publication as the server has it. */
export interface FoundPublication {
  readonly owned: boolean;
  readonly owner: string;
  readonly allTables: boolean;
  readonly publish: readonly CdcOperation[];
  /** Null before PostgreSQL 13. */
  readonly viaRoot: boolean | null;
  readonly comment: string | null;
  readonly marker: CdcMarker | 'unreadable' | null;
  readonly tables: readonly TableName[];
}

/** A slot as the server has it. */
export interface FoundSlot {
  readonly isLogical: boolean;
  readonly database: string | null;
  readonly temporary: boolean;
  readonly facts: CdcSlot;
}

/** What bears the names of a set-up. */
export interface CdcState {
  readonly publication: FoundPublication | null;
  readonly slot: FoundSlot | null;
}

const publicationQuery = `SELECT p.oid, pg_has_role(p.pubowner, 'USAGE') AS owned,
  pg_get_userbyid(p.pubowner) AS owner, p.puballtables AS all_tables, p.pubinsert AS insert,
  p.pubupdate AS update, p.pubdelete AS delete, p.pubtruncate AS truncate,
  to_jsonb(p)->>'pubviaroot' AS via_root, obj_description(p.oid, 'pg_publication') AS comment
FROM pg_publication p WHERE p.pubname = $1`;

const publishedQuery = `SELECT n.nspname AS schema, c.relname AS name
FROM pg_publication_rel r JOIN pg_class c ON c.oid = r.prrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE r.prpubid = $1 ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`;

/** By to_jsonb a column that a version does not have is none, rather than an error. */
const slotQuery = `SELECT to_jsonb(s) AS slot,
  greatest(0, pg_wal_lsn_diff(${walPosition}, s.restart_lsn)) AS retained,
  greatest(0, pg_wal_lsn_diff(${walPosition}, s.confirmed_flush_lsn)) AS lag,
  age(s.catalog_xmin) AS xmin_age,
  (SELECT extract(epoch FROM coalesce(r.flush_lag, CASE WHEN r.pid IS NOT NULL AND r.state = 'streaming'
     AND pg_wal_lsn_diff(${walPosition}, s.confirmed_flush_lsn) <= 0 THEN interval '0' END)) * 1000
   FROM pg_stat_replication r WHERE r.pid = s.active_pid) AS lag_ms
FROM pg_replication_slots s WHERE s.slot_name = $1`;

/**
 * What is there just now: the slot first, since set-up makes it last, so that one of ours is not seen
 * without its publication while another set-up or tear-down is at work.
 * @throws Fault; pg's DatabaseError
 */
export async function readCdcState(session: Session, names: CdcNames): Promise<CdcState> {
  const slot = await readSlot(session, names.slot);
  const publication = await readPublication(session, names.publication);
  if (slot === null || publication !== null) return { publication, slot };
  // Tear-down takes the slot away first: it may have been on its way.
  return { publication, slot: await readSlot(session, names.slot) };
}

async function readPublication(session: Session, name: string): Promise<FoundPublication | null> {
  const [row] = await session.query(publicationQuery, [name]);
  if (row === undefined) return null;
  const tables = await session.query(publishedQuery, [row.oid ?? null]);
  return {
    owned: row.owned === 't',
    owner: row.owner ?? '',
    allTables: row.all_tables === 't',
    publish: (['insert', 'update', 'delete', 'truncate'] as const).filter((it) => row[it] === 't'),
    viaRoot: row.via_root == null ? null : row.via_root === 'true',
    comment: row.comment ?? null,
    marker: readMarker(row.comment ?? null),
    tables: tables.map(nameOf),
  };
}

async function readSlot(session: Session, name: string): Promise<FoundSlot | null> {
  const [row] = await session.query(slotQuery, [name]);
  if (row === undefined) return null;
  const slot = jsonObject(row.slot);
  return {
    isLogical: slot.slot_type === 'logical',
    database: textOrNull(slot.database),
    temporary: slot.temporary === true,
    facts: slotFacts(slot, row, name),
  };
}

function slotFacts(slot: Readonly<Record<string, unknown>>, row: TextRow, name: string): CdcSlot {
  const lost = slot.wal_status === 'lost';
  const since = textOrNull(slot.inactive_since);
  return {
    name,
    plugin: textOrNull(slot.plugin),
    active: slot.active === true,
    activePid: numberOrNull(slot.active_pid),
    walStatus: textOrNull(slot.wal_status),
    retainedBytes: numberOrNull(row.retained),
    lagBytes: lost ? null : numberOrNull(row.lag),
    lagMs: nonNegative(numberOrNull(row.lag_ms)),
    safeBytes: numberOrNull(slot.safe_wal_size),
    inactiveSince: since === null || Number.isNaN(Date.parse(since)) ? null : new Date(since).toISOString(),
    catalogXminAge: numberOrNull(row.xmin_age),
    restartPosition: textOrNull(slot.restart_lsn),
    confirmedPosition: textOrNull(slot.confirmed_flush_lsn),
    invalidation: textOrNull(slot.invalidation_reason) ?? (slot.conflicting === true ? 'conflict' : null),
    failover: typeof slot.failover === 'boolean' ? slot.failover : null,
  };
}

/** Whether a slot can't be read any more. */
export function isLost({ walStatus, invalidation }: CdcSlot): boolean {
  return walStatus === 'lost' || invalidation !== null;
}

function jsonObject(text: string | null | undefined): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text ?? '');
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Falls through to the fault.
  }
  throw new Fault('protocol_violation', { text: 'a slot that can not be read' });
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function numberOrNull(value: unknown): number | null {
  if (value === null || value === undefined || value === '') return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

function nonNegative(value: number | null): number | null {
  return value === null ? null : Math.max(0, value);
}
