import type { CdcNames, CdcOperation, CdcProblem, CdcStep, CdcWish } from '../../cdc/cdc.ts';
import type { CdcClaim } from '../../cdc/port.ts';
import type { TableName } from '../../connections/connection.ts';
import { RefusedError } from '../../connections/errors.ts';
import { shellWord } from '../../connections/shell-word.ts';
import { hasKey, judgeTable, keyUnits, type PublishingWay, written } from './cdc-check-tables.ts';
import {
  endIdentities,
  formerOf,
  type IdentityEnds,
  isAmong,
  keptProblems,
  restoreSql,
} from './cdc-identities.ts';
import { type CdcMarker, type FormerIdentity, markerText } from './cdc-marker.ts';
import { otherOwner, setUpByOther } from './cdc-owner.ts';
import { type CdcState, type FoundPublication, type FoundSlot, isLost } from './cdc-state.ts';
import { byName, type CdcRelation, type Choice, type ChosenTable, without } from './cdc-tables.ts';
import { quoteIdentifier, quoteLiteral } from './identifiers.ts';

/** What a plan is made of: the server as it is, and what is wanted. */
export interface PlanSituation {
  readonly claim: CdcClaim;
  readonly names: CdcNames;
  readonly wish: CdcWish;
  readonly state: CdcState;
  readonly choice: Choice;
  /** What is published until now, with partitions. */
  readonly published: readonly ChosenTable[];
  /** Tables whose replica identity set-up changed, as they are now. */
  readonly changed: readonly CdcRelation[];
  /** server_version_num. */
  readonly version: number;
  readonly recovery: boolean;
  readonly database: string;
  readonly currentUser: string;
}

export interface MadePlan {
  readonly tables: readonly TableName[];
  readonly publish: readonly CdcOperation[];
  readonly steps: readonly CdcStep[];
  readonly problems: readonly CdcProblem[];
}

/** What PostgreSQL publishes where nothing is said. */
const everything: readonly CdcOperation[] = ['insert', 'update', 'delete', 'truncate'];

/**
 * The steps that bring a server to what is wanted; none where it is so already.
 * @throws RefusedError for what would break the application, belongs to somebody else or can't be
 */
export function planSetup(given: PlanSituation): MadePlan {
  const { state, choice } = given;
  const marker = ownMarker(given);
  // That the slot is on a standby is not forgotten because nobody says it again.
  const publicationOnly = given.wish.publicationOnly || (marker?.elsewhere === true && !given.recovery);
  const wish = { ...given.wish, publicationOnly };
  const situation = { ...given, wish };
  refuseSlot(situation, marker);
  const publish = wish.publish ?? state.publication?.publish ?? everything;
  const way: PublishingWay = {
    needsKey: publish.includes('update') || publish.includes('delete'),
    identityFull: wish.identityFull,
    currentUser: situation.currentUser,
    version: situation.version,
    recovery: situation.recovery,
  };
  const judged = choice.chosen.map((it) => ({ it, told: judgeTable(it, way) }));
  refuseTables(situation, judged);
  const problems = judged.flatMap(({ it, told }) =>
    told.problems.map((problem) => ({ ...problem, message: `${written(it.table)}: ${problem.message}` })),
  );
  const tables = choice.chosen.map(({ table }) => nameOnly(table));
  const ends = identityEnds(situation, marker);
  const steps = [...publicationSteps(situation, { marker, publish, way, ends }), ...slotSteps(situation)];
  return { tables, publish, steps, problems: [...problems, ...leftOut(choice), ...keptProblems(ends)] };
}

/** The marker of the publication, where there is one of ours. @throws RefusedError */
function ownMarker({ claim, names, state, recovery }: PlanSituation): CdcMarker | null {
  const { publication } = state;
  if (publication === null) return null;
  const name = quoteIdentifier(names.publication);
  if (publication.marker === 'unreadable') {
    throw refused(
      'marker_unreadable',
      `the comment of the publication ${name} is of a jackfield that this one does not understand`,
      'use the version that made it, or another --publication',
    );
  }
  if (publication.marker === null) {
    throw refused(
      'publication_not_ours',
      `there is a publication ${name} already, of ${publication.owner}, and jackfield did not make it`,
      'choose another name with --publication',
    );
  }
  const { marker } = publication;
  const owner = otherOwner(marker, claim, recovery);
  if (owner !== null) throw setUpByOther(owner, { ...names, slot: marker.slot });
  if (marker.slot !== names.slot) {
    const known = claim.recordedSlot === marker.slot ? ', which this connection has' : '';
    throw refused(
      'publication_of_other_slot',
      `the publication ${name} was made for the slot ${marker.slot}${known}`,
      `use --slot ${shellWord(marker.slot)}, or another --publication`,
    );
  }
  return marker;
}

/** A slot that is there must be what we would make. @throws RefusedError */
function refuseSlot({ claim, names, state, database, wish }: PlanSituation, marker: CdcMarker | null): void {
  const { slot } = state;
  if (slot === null || wish.publicationOnly) return;
  const complaint = foreignSlot(slot, database);
  if (complaint !== null) {
    throw refused(
      'slot_not_ours',
      `there is a slot ${names.slot} already, ${complaint}`,
      'choose another name with --slot',
    );
  }
  if (marker === null && claim.recordedSlot !== names.slot) {
    throw refused(
      'slot_not_ours',
      `there is a slot ${names.slot} already, and nothing says that jackfield made it`,
      `choose another name with --slot, or drop it where nobody needs it: SELECT pg_drop_replication_slot(${quoteLiteral(names.slot)});`,
    );
  }
  if (isLost(slot.facts)) {
    throw refused(
      'slot_lost',
      `the slot ${names.slot} is lost${slot.facts.invalidation === null ? '' : ` (${slot.facts.invalidation})`}: changes are missing, and all tables must be copied anew`,
      'take it down and set it up again: jackfield connections cdc teardown NAME, then cdc setup NAME --table …',
    );
  }
  if (wish.failover && slot.facts.failover === false) {
    throw refused(
      'slot_without_failover',
      `the slot ${names.slot} is there already, without failover`,
      `over a replication connection: ALTER_REPLICATION_SLOT ${names.slot} (FAILOVER true)`,
    );
  }
}

/** Why a slot can't be ours; null where it can. */
export function foreignSlot(
  { isLogical, temporary, database, facts }: FoundSlot,
  ours: string,
): string | null {
  if (!isLogical) return 'a physical one';
  if (temporary) return 'a temporary one';
  if (database !== ours) return `of the database ${database ?? ''}`;
  // One that is just being made has none yet.
  return facts.plugin === 'pgoutput' || facts.plugin === '' ? null : `with the plugin ${facts.plugin ?? ''}`;
}

/** @throws RefusedError for all that can't be published, at once */
function refuseTables(
  { choice, names, wish }: PlanSituation,
  judged: readonly { it: ChosenTable; told: ReturnType<typeof judgeTable> }[],
): void {
  const never = new Set(['not_publishable', 'not_permanent', 'no_key']);
  const wrong = [
    ...choice.missing.map((text) => ({
      code: 'cdc_tables_missing',
      said: `there is no table ${JSON.stringify(text)}`,
      fix: 'check the names: --table takes schema.table, or globs in quotes; jackfield connections discover NAME --refresh shows what is there',
    })),
    ...judged.flatMap(({ it, told }) =>
      told.problems
        .filter(({ code }) => never.has(code))
        .map(({ code, message, fix }) => ({
          code,
          said: `${written(it.table)}: ${message}`,
          fix: fix ?? '',
        })),
    ),
  ];
  const [first] = wrong;
  if (first !== undefined) {
    const told = wrong.slice(0, 5).map(({ said }) => said);
    const more = wrong.length > 5 ? `; and ${wrong.length - 5} more` : '';
    throw refused(first.code, `${told.join('; ')}${more}`, first.fix);
  }
  if (judged.length > 0) return;
  throw refused(
    'cdc_tables_missing',
    wish.tables.length === 0
      ? `nothing is set up as ${quoteIdentifier(names.publication)} yet, so that the tables must be named`
      : 'no table that can be published is among those',
    "name them: --table 'sales.*', or --table sales.orders --table sales.lines",
  );
}

interface PublicationWay {
  readonly marker: CdcMarker | null;
  readonly publish: readonly CdcOperation[];
  readonly way: PublishingWay;
  readonly ends: IdentityEnds;
}

/** What becomes of the identities of tables that are not among those that are wanted, nor partitions of one. */
function identityEnds(
  { names, choice, published, changed }: PlanSituation,
  marker: CdcMarker | null,
): IdentityEnds {
  const unneeded = (marker?.identities ?? []).filter((it) => !isAmong(choice.chosen, it));
  return endIdentities({ publication: names.publication, published, changed }, unneeded);
}

/** What the publication needs; all of it is one transaction. */
function publicationSteps(
  situation: PlanSituation,
  { marker, publish, way, ends }: PublicationWay,
): CdcStep[] {
  const { names, state, choice, version, recovery, wish } = situation;
  const { publication } = state;
  const wanted = choice.chosen.flatMap((it) => published(it, version)).sort(byName);
  const full = way.needsKey && wish.identityFull ? choice.chosen.flatMap((it) => keyless(it, version)) : [];
  const dropped = without(publication?.tables ?? [], wanted);
  const needed = (marker?.identities ?? []).filter((it) => isAmong(choice.chosen, it));
  const kept = [...needed, ...ends.kept.map(({ former }) => former)];
  const desired: CdcMarker = {
    id: marker?.id ?? situation.claim.connection.id,
    connection: marker?.connection ?? situation.claim.connection.name,
    slot: names.slot,
    elsewhere: wish.publicationOnly && (marker?.elsewhere ?? true),
    tables: choice.chosen.map(({ table }) => nameOnly(table)),
    identities: [...kept, ...without(full, kept).map(formerOf)],
  };
  const name = quoteIdentifier(names.publication);
  const steps: CdcStep[] = [];
  const add = (step: CdcStep['step'], sql: string, effect: string) =>
    void steps.push({ step, transaction: 1, sql, effect });
  for (const table of full) {
    add(
      'replica_identity',
      `ALTER TABLE ${written(table)} REPLICA IDENTITY FULL;`,
      `${written(table)} writes whole old rows to the WAL from now on; it was ${table.identity}`,
    );
  }
  if (publication === null) {
    const options = [`publish = ${quoteLiteral(publish.join(', '))}`];
    if (version >= 130_000) options.push('publish_via_partition_root = true');
    add(
      'create_publication',
      `CREATE PUBLICATION ${name} FOR TABLE ${listed(wanted)} WITH (${options.join(', ')});`,
      `publishes ${publish.join(', ')} of ${wanted.length === 1 ? 'one table' : `${wanted.length} tables`}`,
    );
  } else {
    steps.push(...changedTables(publication, wanted, dropped, ends.restored, name));
    steps.push(...changedOptions(publication, publish, choice, name));
  }
  // A standby has the publication of its primary, whose marker says what it says.
  const isMarked = recovery && marker !== null && sameTables(marker.tables, desired.tables);
  if (!isMarked && publication?.comment !== markerText(desired)) {
    add(
      'mark_publication',
      `COMMENT ON PUBLICATION ${name} IS ${quoteLiteral(markerText(desired))};`,
      'marks it as jackfield’s, with its slot, its tables and what their replica identities were',
    );
  }
  if (recovery && steps.length > 0) {
    throw refused(
      'publication_on_primary',
      `this is a standby: the publication ${name} must be made, or changed, on its primary`,
      `jackfield connections cdc setup PRIMARY --publication-only --publication ${shellWord(names.publication)} --slot ${names.slot} --table …`,
    );
  }
  return steps;
}

function changedTables(
  publication: FoundPublication,
  wanted: readonly CdcRelation[],
  dropped: readonly TableName[],
  restored: readonly FormerIdentity[],
  name: string,
): CdcStep[] {
  const steps: CdcStep[] = [];
  const added = without(wanted, publication.tables);
  if (added.length > 0) {
    steps.push({
      step: 'add_tables',
      transaction: 1,
      sql: `ALTER PUBLICATION ${name} ADD TABLE ${listed(added)};`,
      effect: `publishes ${namesOf(added)} too; a consumer must copy what is in them`,
    });
  }
  if (dropped.length > 0) {
    steps.push({
      step: 'drop_tables',
      transaction: 1,
      sql: `ALTER PUBLICATION ${name} DROP TABLE ${dropped.map((table) => `ONLY ${written(table)}`).join(', ')};`,
      effect: `${namesOf(dropped)} not published any more: ${dropped.length === 1 ? 'it is' : 'they are'} not among the tables that were named`,
    });
  }
  for (const former of restored) {
    steps.push({
      step: 'replica_identity',
      transaction: 1,
      sql: restoreSql(former),
      effect: `gives ${written(former)} back its former replica identity`,
    });
  }
  return steps;
}

function changedOptions(
  publication: FoundPublication,
  publish: readonly CdcOperation[],
  { chosen }: Choice,
  name: string,
): CdcStep[] {
  const options: string[] = [];
  if (publish.join() !== publication.publish.join())
    options.push(`publish = ${quoteLiteral(publish.join(', '))}`);
  if (publication.viaRoot === false && chosen.some(({ table }) => table.kind === 'p')) {
    options.push('publish_via_partition_root = true');
  }
  if (options.length === 0) return [];
  return [
    {
      step: 'publish_options',
      transaction: 1,
      sql: `ALTER PUBLICATION ${name} SET (${options.join(', ')});`,
      effect: `publishes ${publish.join(', ')}; partitions as their table`,
    },
  ];
}

function slotSteps({ names, state, version, recovery, wish }: PlanSituation): CdcStep[] {
  if (state.slot !== null || wish.publicationOnly) return [];
  if (wish.failover && (version < 170_000 || recovery)) {
    throw refused(
      'failover_unsupported',
      recovery
        ? 'a slot on a standby can not fail over'
        : 'slots that fail over are there since PostgreSQL 17',
      'leave --failover out',
    );
  }
  const failover = wish.failover ? ', failover => true' : '';
  const slot = quoteLiteral(names.slot);
  return [
    {
      step: 'create_slot',
      // A slot can't be made in a transaction that has written.
      transaction: 2,
      sql: `SELECT lsn FROM pg_catalog.pg_create_logical_replication_slot(${slot}, 'pgoutput'${failover});`,
      effect:
        'keeps all WAL from now on until a consumer confirms it: an abandoned slot fills the disk; it waits for transactions that are under way',
    },
  ];
}

/** What is named to the publication: before 13 it takes no partitioned table, and each partition is one. */
export function published({ table, leaves }: ChosenTable, version: number): readonly CdcRelation[] {
  return table.kind === 'p' && version < 130_000 ? leaves : [table];
}

function keyless(chosen: ChosenTable, version: number): CdcRelation[] {
  return keyUnits(chosen, version).filter((it) => !hasKey(it));
}

function listed(tables: readonly CdcRelation[]): string {
  // Without ONLY those that inherit from it come with it.
  return tables.map((it) => `${it.kind === 'r' && it.inherited ? 'ONLY ' : ''}${written(it)}`).join(', ');
}

function namesOf(tables: readonly TableName[]): string {
  const names = tables.slice(0, 3).map(written).join(', ');
  return tables.length > 3 ? `${names} and ${tables.length - 3} more` : names;
}

function leftOut({ leftOut: tables }: Choice): CdcProblem[] {
  if (tables.length === 0) return [];
  return [
    {
      code: 'left_out',
      status: 'warned',
      message: `left out, being unlogged or temporary: ${namesOf(tables)}`,
      fix: `ALTER TABLE ${written(tables[0])} SET LOGGED;`,
    },
  ];
}

function sameTables(some: readonly TableName[], others: readonly TableName[]): boolean {
  return some.length === others.length && without(some, others).length === 0;
}

function nameOnly({ schema, name }: TableName): TableName {
  return { schema, name };
}

function refused(code: string, message: string, fix: string): RefusedError {
  return new RefusedError({ code, message, fix });
}
