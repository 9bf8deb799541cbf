import type { ChangeKind, PlacedPair, StructureChange } from './diff.ts';
import { columnToday, comparableText, noRenames, type Renames } from './diff-names.ts';
import { hasReplicationKey, replicaIdentityColumns, replicaIdentityText } from './diff-replication.ts';
import type { Relation } from './discovery.ts';
import type { PlacedRelation } from './view.ts';

type Texts = readonly [before: string | null, after: string | null];

/** How much row security filters. */
const strictness = ['off', 'on', 'forced'];

export function relationAdded(after: PlacedRelation): StructureChange {
  return {
    ...placeOf(after),
    kind: 'relation_added',
    reason: null,
    before: null,
    after: relationText(after.relation),
    subject: { of: 'relation', hidden: false, before: null, after },
  };
}

/** @param hidden whether more is hidden from the user than before: it may be there still */
export function relationDropped(before: PlacedRelation, hidden: boolean): StructureChange {
  return {
    ...placeOf(before),
    kind: 'relation_dropped',
    reason: hidden
      ? 'it was dropped, or this user may not see it any more: who reads or writes it fails'
      : 'who reads or writes it fails',
    before: relationText(before.relation),
    after: null,
    subject: { of: 'relation', hidden, before, after: null },
  };
}

/** What became of a relation itself, its columns, keys and indexes apart. */
export function compareRelation(
  pair: PlacedPair,
  renames: Renames,
  options: { readonly owners: boolean },
): StructureChange[] {
  const { before, after } = { before: pair.before.relation, after: pair.after.relation };
  const changes: StructureChange[] = [];
  const add = (kind: ChangeKind, reason: string | null, texts: Texts) => {
    changes.push({
      ...placeOf(pair.after),
      kind,
      reason,
      before: texts[0],
      after: texts[1],
      subject: { of: 'relation', hidden: false, ...pair },
    });
  };
  const formerName = 'who reads or writes it by its former name fails';
  const schemaToday = renames.schemas.get(pair.before.schema) ?? pair.before.schema;
  if (schemaToday !== pair.after.schema) {
    add('relation_moved', formerName, [pair.before.schema, pair.after.schema]);
  }
  if (before.name !== after.name) add('relation_renamed', formerName, [before.name, after.name]);
  if (before.kind !== after.kind) {
    add('relation_kind_changed', kindReason(before, after), [before.kind, after.kind]);
  }
  if (options.owners && before.owner !== after.owner) add('owner_changed', null, [before.owner, after.owner]);
  if (before.comment !== after.comment) add('comment_changed', null, [before.comment, after.comment]);
  if (before.unlogged !== after.unlogged) {
    const reason = after.unlogged ? 'CDC leaves it out, and a crash empties it' : null;
    add('persistence_changed', reason, [persistence(before), persistence(after)]);
  }
  if (before.rowSecurity !== after.rowSecurity) {
    const stricter = strictness.indexOf(after.rowSecurity) > strictness.indexOf(before.rowSecurity);
    const reason = stricter ? 'its rows are filtered for who they were not filtered for' : null;
    add('row_security_changed', reason, [before.rowSecurity, after.rowSecurity]);
  }
  addReplication(pair, renames, add);
  addPartitioning(pair, renames, add);
  return changes;
}

type Add = (kind: ChangeKind, reason: string | null, texts: Texts) => void;

function addReplication(pair: PlacedPair, renames: Renames, add: Add): void {
  const { before, after } = { before: pair.before.relation, after: pair.after.relation };
  const texts = [replicaIdentityText(before), replicaIdentityText(after)] as const;
  const former = { schema: pair.before.schema, name: before.name };
  const identity = (relation: Relation, names: Renames) => [
    relation.replicaIdentity,
    ...replicaIdentityColumns(relation).map((column) => columnToday(names, former, column)),
  ];
  if (identity(before, renames).join('\0') !== identity(after, noRenames).join('\0')) {
    const nothing = after.replicaIdentity === 'nothing';
    add('replica_identity_changed', nothing ? `with it, ${unidentified}` : null, texts);
  }
  if (after.replicaIdentity === 'nothing' || !isTable(before) || !isTable(after)) return;
  if (hasReplicationKey(before) && !hasReplicationKey(after)) {
    add('replication_key_lost', `no key identifies its rows any more: ${unidentified}`, [texts[0], null]);
  }
}

const unidentified = 'once it is published for CDC, its updates and deletes fail';

function addPartitioning(pair: PlacedPair, renames: Renames, add: Add): void {
  const [before, after] = [pair.before.relation.partitions, pair.after.relation.partitions];
  if (before === null || after === null) return;
  const former = { schema: pair.before.schema, name: pair.before.relation.name };
  if (comparableText(before.key, renames, former) !== comparableText(after.key, noRenames, null)) {
    add('partition_key_changed', null, [before.key, after.key]);
  }
  if (before.count !== after.count) {
    add('partition_count_changed', null, [String(before.count), String(after.count)]);
  }
}

function kindReason(before: Relation, after: Relation): string | null {
  if (!isTable(before)) return null;
  return isTable(after)
    ? 'CDC publishes the partitions of a table in other ways than a table'
    : 'it can not be written to as a table can, and CDC leaves it out';
}

function isTable({ kind }: Relation): boolean {
  return kind === 'table' || kind === 'partitioned table';
}

function persistence({ unlogged }: Relation): string {
  return unlogged ? 'unlogged' : 'logged';
}

function relationText({ kind, columns }: Relation): string {
  return `${kind}, ${columns.length} ${columns.length === 1 ? 'column' : 'columns'}`;
}

function placeOf({ schema, relation }: PlacedRelation) {
  return { schema, relation: relation.name, column: null, name: null };
}
