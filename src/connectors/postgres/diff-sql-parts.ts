import type { SqlStep } from '../../metadata/diff.ts';
import type { Column, Relation } from '../../metadata/discovery.ts';
import type { PlacedRelation } from '../../metadata/view.ts';
import { displayIdentifier, qualified, quoteLiteral } from './identifiers.ts';
import { divideSql } from './query-lexer.ts';

/**
 * When which steps are run. What goes is dropped by its former name before others take that name, and
 * what refers to something comes after it.
 */
export const orders = {
  dropForeignKeys: 10,
  dropMaterializedViews: 19,
  dropViews: 20,
  dropTables: 21,
  schemas: 30,
  nameTypes: 31,
  nameRelations: 32,
  createTypes: 40,
  alterTypes: 45,
  dropKeys: 50,
  dropColumns: 55,
  nameParts: 60,
  createSequences: 62,
  createTables: 65,
  addColumns: 70,
  clearColumns: 71,
  typeColumns: 72,
  nullability: 73,
  fillColumns: 74,
  addKeys: 80,
  addIndexes: 81,
  addForeignKeys: 85,
  createViews: 88,
  lastly: 90,
  dropTypes: 95,
  dropSchemas: 99,
} as const;

/**
 * A statement. Types and expressions in it are the server's own words, and a server is not trusted: what
 * is not one statement, or what psql would take for a command or a variable of its own, is no statement.
 */
export function step(order: number, statement: string): SqlStep {
  const text = `${statement};`;
  if (isOneStatement(text)) return { order, text };
  return byHand(order, `this is not run as it is: ${statement}`);
}

/** What has to be done by hand, as a comment of one line. */
export function byHand(order: number, what: string): SqlStep {
  const line = what.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, (char) => {
    return `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
  });
  return { order, text: `-- by hand: ${line}` };
}

/**
 * What is in quotes, whatever standard_conforming_strings is: a string with a backslash before a quote
 * ends elsewhere with it on than off, and is none here.
 */
const quotedParts = /"(?:[^"]|"")*"|(?<![\w$\u0080-\uffff])[EB]?'(?:[^'\\]|''|\\[^'])*'/g;

function isOneStatement(text: string): boolean {
  const { statements, complete } = divideSql(text);
  if (statements.length !== 1 || !complete) return false;
  const bare = text.replace(quotedParts, '""');
  return !/['$\\]|(?<!:):(?![:=])/.test(bare);
}

export function nameOf({ schema, relation }: PlacedRelation): string {
  return qualified(schema, relation.name);
}

export function listOf(names: readonly string[]): string {
  return `(${names.map(displayIdentifier).join(', ')})`;
}

/** A text as a literal, nothing as NULL. */
export function literalOrNull(text: string | null): string {
  return text === null ? 'NULL' : quoteLiteral(text);
}

const objectWords: Readonly<Record<Relation['kind'], string>> = {
  table: 'TABLE',
  'partitioned table': 'TABLE',
  view: 'VIEW',
  'materialized view': 'MATERIALIZED VIEW',
  'foreign table': 'FOREIGN TABLE',
};

/** What SQL calls such a relation. */
export function objectWord({ kind }: Relation): string {
  return objectWords[kind];
}

/** All views that go are dropped by one statement, since nothing here knows which of them stands on which. */
export function dropView(placed: PlacedRelation): SqlStep {
  const verb = `DROP ${objectWord(placed.relation)}`;
  const object = nameOf(placed);
  const order =
    placed.relation.kind === 'materialized view' ? orders.dropMaterializedViews : orders.dropViews;
  const dropped = step(order, `${verb} ${object}`);
  return dropped.text.startsWith(verb) ? { ...dropped, joined: { verb, object } } : dropped;
}

export function isView({ kind }: Relation): boolean {
  return kind === 'view' || kind === 'materialized view';
}

/** A column as CREATE TABLE and ADD COLUMN have it. */
export function columnDefinition(column: Column): string {
  const { name, type, collation, nullable, default: value, identity, generated } = column;
  const words = [displayIdentifier(name), type];
  if (collation !== null) words.push(`COLLATE ${collation}`);
  if (!nullable) words.push('NOT NULL');
  if (generated !== null) words.push(`GENERATED ALWAYS AS (${value ?? ''}) ${generated.toUpperCase()}`);
  else if (value !== null) words.push(`DEFAULT ${value}`);
  if (identity !== null) words.push(`GENERATED ${identity.toUpperCase()} AS IDENTITY`);
  return words.join(' ');
}

/** @param relation its name in SQL */
export function columnComment(relation: string, { name, comment }: Column): SqlStep {
  const target = `${relation}.${displayIdentifier(name)}`;
  return step(orders.lastly, `COMMENT ON COLUMN ${target} IS ${literalOrNull(comment)}`);
}

/** Makes the sequence that a serial column takes its values from, which no discovery tells of. */
export function sequenceSteps({ default: value }: Column): SqlStep[] {
  const [, sequence] = /^nextval\('((?:[^'\\]|'')+)'::regclass\)$/.exec(value ?? '') ?? [];
  if (sequence === undefined) return [];
  const name = sequence.replaceAll("''", "'");
  return [step(orders.createSequences, `CREATE SEQUENCE IF NOT EXISTS ${name}`)];
}
