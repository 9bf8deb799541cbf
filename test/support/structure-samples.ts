import type { Column, RelationFacts, TypeFacts } from '../../src/metadata/discovery.ts';
import type {
  RawConstraint,
  RawIndex,
  StructureFacts,
  StructurePiece,
} from '../../src/metadata/structure.ts';

/* Pieces of a database's structure, as a connector tells them. */

export function theFacts(fields: Partial<StructureFacts> = {}): StructureFacts {
  return {
    server: { version: '18.1', provider: 'cloud', recovery: false, readOnly: false, tls: null },
    takenAt: '2026-03-01T12:00:00.000Z',
    identity: 'shop',
    fingerprint: 'f1',
    schemas: ['app'],
    hidden: { schemas: 0, relations: 0 },
    ...fields,
  };
}

export function aTable(oid: number, name: string, fields: Partial<RelationFacts> = {}): StructurePiece {
  const content: RelationFacts = {
    schema: 'app',
    oid,
    name,
    kind: 'table',
    owner: 'admin',
    comment: null,
    estimatedRows: 10,
    unlogged: false,
    populated: true,
    rowSecurity: 'off',
    replicaIdentity: 'default',
    extension: null,
    partitions: null,
    ...fields,
  };
  return { part: 'relation', oid, content, fingerprint: `1:${name}` };
}

export function aColumn(number: number, name: string, fields: Partial<Column> = {}): Column {
  return {
    number,
    name,
    type: 'text',
    nullable: true,
    default: null,
    identity: null,
    generated: null,
    collation: null,
    comment: null,
    ...fields,
  };
}

export function columns(oid: number, ...content: readonly Column[]): StructurePiece {
  return { part: 'columns', oid, content, fingerprint: content.map(({ name }) => name).join() };
}

export function aPrimaryKey(oid: number, ...numbers: readonly number[]): StructurePiece {
  const key: RawConstraint = {
    name: `pk_${oid}`,
    type: 'primary',
    columns: numbers,
    deferrable: false,
    initiallyDeferred: false,
    validated: true,
    definition: null,
    references: null,
  };
  return { part: 'constraints', oid, content: [key], fingerprint: `1:${numbers.join()}` };
}

export function aForeignKey(oid: number, schema: string, table: string): StructurePiece {
  const key: RawConstraint = {
    name: `fk_${oid}`,
    type: 'foreign',
    columns: [1],
    deferrable: false,
    initiallyDeferred: false,
    validated: true,
    definition: null,
    references: { schema, table, columns: ['id'], onUpdate: 'no action', onDelete: 'no action' },
  };
  return { part: 'constraints', oid, content: [key], fingerprint: `1:${schema}.${table}` };
}

export function anIndex(oid: number, name: string, numbers: readonly (number | null)[]): StructurePiece {
  const index: RawIndex = {
    name,
    unique: false,
    primary: false,
    valid: true,
    replicaIdentity: false,
    immediate: true,
    method: 'btree',
    columns: numbers,
    include: [],
    sortOrders: [],
    operatorClasses: [],
    collations: [],
    nullsNotDistinct: false,
    expressions: null,
    predicate: null,
  };
  return { part: 'indexes', oid, content: [index], fingerprint: `1:${name}` };
}

export function anEnum(oid: number, name: string, ...labels: readonly string[]): StructurePiece {
  const content: TypeFacts = {
    schema: 'app',
    oid,
    name,
    kind: 'enum',
    comment: null,
    labels: [...labels],
    base: null,
    nullable: true,
    default: null,
    checks: [],
    attributes: [],
  };
  return { part: 'type', oid, content, fingerprint: labels.join() };
}
