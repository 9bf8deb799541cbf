import type { ChangeKind, SqlStep, Subject } from '../../metadata/diff.ts';
import { keysOf } from '../../metadata/diff-keys.ts';
import type { Relation } from '../../metadata/discovery.ts';
import type { PlacedRelation } from '../../metadata/view.ts';
import { createIndex, createKey, dropForeignKey } from './diff-sql-key.ts';
import {
  byHand,
  columnComment,
  columnDefinition,
  dropView,
  isView,
  literalOrNull,
  nameOf,
  objectWord,
  orders,
  sequenceSteps,
  step,
} from './diff-sql-parts.ts';
import { displayIdentifier, qualified } from './identifiers.ts';

/** The steps of a change of a relation itself. */
export function relationSteps(kind: ChangeKind, subject: Extract<Subject, { of: 'relation' }>): SqlStep[] {
  const { before, after, hidden } = subject;
  if (after === null) return before === null ? [] : dropSteps(before, hidden);
  return before === null ? createSteps(after) : changeSteps(kind, before, after);
}

function dropSteps(placed: PlacedRelation, hidden: boolean): SqlStep[] {
  const { relation } = placed;
  const order = isView(relation) ? orders.dropViews : orders.dropTables;
  const drop = `DROP ${objectWord(relation)} ${nameOf(placed)}`;
  if (hidden) return [byHand(order, `${drop}, if it is gone and not just hidden from this user`)];
  if (relation.extension !== null)
    return [byHand(order, `${drop}, which belongs to the extension ${relation.extension}`)];
  return [
    ...keysOf(relation)
      .filter(({ type }) => type === 'foreign_key')
      .map((key) => dropForeignKey(placed, key)),
    isView(relation) ? dropView(placed) : step(order, drop),
  ];
}

function createSteps(placed: PlacedRelation): SqlStep[] {
  const { relation } = placed;
  const name = nameOf(placed);
  if (relation.extension !== null) {
    return [
      byHand(orders.createTables, `create the extension ${relation.extension}, which ${name} belongs to`),
    ];
  }
  if (relation.kind === 'foreign table' || isView(relation)) {
    const [unknown, order] = isView(relation)
      ? ['definition', orders.createViews]
      : ['server', orders.createTables];
    return [byHand(order, `create the ${relation.kind} ${name}, whose ${unknown} is not known here`)];
  }
  const columns = relation.columns.map((column) => `\n  ${columnDefinition(column)}`).join(',');
  const { partitions } = relation;
  const by = partitions === null ? '' : ` PARTITION BY ${partitions.key}`;
  const create = `CREATE ${relation.unlogged ? 'UNLOGGED ' : ''}TABLE ${name} (${columns}${columns === '' ? '' : '\n'})${by}`;
  return [
    ...relation.columns.flatMap(sequenceSteps),
    step(orders.createTables, create),
    ...(partitions === null || partitions.count === 0
      ? []
      : [byHand(orders.createTables, `create the partitions of ${name}, ${partitions.count} of them`)]),
    ...keysOf(relation).map((key) => createKey(placed, key)),
    ...relation.indexes
      .filter((index) => !keysOf(relation).some(({ name }) => name === index.name))
      .map((index) => createIndex(placed, index)),
    ...(relation.rowSecurity === 'off' ? [] : rowSecuritySteps(name, relation)),
    ...(relation.replicaIdentity === 'default' ? [] : [replicaIdentityStep(name, relation)]),
    ...(relation.comment === null ? [] : [commentStep(name, relation)]),
    ...relation.columns
      .filter(({ comment }) => comment !== null)
      .map((column) => columnComment(name, column)),
  ];
}

function changeSteps(kind: ChangeKind, before: PlacedRelation, after: PlacedRelation): SqlStep[] {
  const { relation } = after;
  const name = nameOf(after);
  const alter = `ALTER ${objectWord(relation)}`;
  switch (kind) {
    case 'relation_moved':
      return [
        step(
          orders.nameRelations,
          `${alter} ${nameOf(before)} SET SCHEMA ${displayIdentifier(after.schema)}`,
        ),
      ];
    case 'relation_renamed': {
      const former = qualified(after.schema, before.relation.name);
      return [step(orders.nameRelations, `${alter} ${former} RENAME TO ${displayIdentifier(relation.name)}`)];
    }
    case 'owner_changed':
      return [step(orders.lastly, `${alter} ${name} OWNER TO ${displayIdentifier(relation.owner)}`)];
    case 'comment_changed':
      return [commentStep(name, relation)];
    case 'persistence_changed':
      return [step(orders.lastly, `${alter} ${name} SET ${relation.unlogged ? 'UNLOGGED' : 'LOGGED'}`)];
    case 'row_security_changed':
      return rowSecuritySteps(name, relation, before.relation);
    case 'replica_identity_changed':
      return [replicaIdentityStep(name, relation)];
    case 'relation_kind_changed':
      return [byHand(orders.lastly, `make ${name} a ${relation.kind}; it is a ${before.relation.kind}`)];
    case 'partition_key_changed':
      return [byHand(orders.lastly, `partition ${name} by ${relation.partitions?.key ?? ''}`)];
    case 'partition_count_changed':
      return [
        byHand(
          orders.lastly,
          `make, attach or detach partitions of ${name}: it has ${relation.partitions?.count ?? 0}`,
        ),
      ];
    default:
      return [];
  }
}

function commentStep(name: string, relation: Relation): SqlStep {
  return step(
    orders.lastly,
    `COMMENT ON ${objectWord(relation)} ${name} IS ${literalOrNull(relation.comment)}`,
  );
}

function rowSecuritySteps(name: string, { rowSecurity }: Relation, before?: Relation): SqlStep[] {
  const alter = (what: string) => step(orders.lastly, `ALTER TABLE ${name} ${what} ROW LEVEL SECURITY`);
  const wasForced = before?.rowSecurity === 'forced';
  if (rowSecurity === 'off') return [...(wasForced ? [alter('NO FORCE')] : []), alter('DISABLE')];
  if (rowSecurity === 'on') return [alter(wasForced ? 'NO FORCE' : 'ENABLE')];
  return [...(before?.rowSecurity === 'on' ? [] : [alter('ENABLE')]), alter('FORCE')];
}

function replicaIdentityStep(name: string, { replicaIdentity, indexes }: Relation): SqlStep {
  const chosen = indexes.find((index) => index.replicaIdentity);
  const identity =
    replicaIdentity === 'index'
      ? `USING INDEX ${displayIdentifier(chosen?.name ?? '')}`
      : replicaIdentity.toUpperCase();
  return step(orders.lastly, `ALTER TABLE ${name} REPLICA IDENTITY ${identity}`);
}
