import type { Column, DiscoveredSchema, Discovery, Relation } from '../metadata/discovery.ts';
import { ago } from './age.ts';
import type { Answer, View } from './answer.ts';
import { displayWidth, padToWidth, terminalSafe, truncateToWidth } from './terminal-text.ts';

/** Types longer than this don't push the rest of the columns' lines aside. */
const widestType = 32;

/** The answer of `connections discover`: discoverySchema. CSV has a line a column. */
export function discoveryTree(discovery: Discovery): Answer {
  return {
    value: discovery,
    columns: ['schema', 'relation', 'kind', 'column', 'type', 'nullable', 'default', 'primaryKey', 'comment'],
    *records() {
      for (const { name: schema, relations } of discovery.schemas) {
        for (const relation of relations) {
          const { name, kind } = relation;
          const keys = keyPositions(relation);
          for (const column of relation.columns) {
            yield {
              schema,
              relation: name,
              kind,
              column: column.name,
              type: column.type,
              nullable: column.nullable,
              default: column.default,
              primaryKey: keys.get(column.name) ?? null,
              comment: column.comment,
            };
          }
          // PostgreSQL allows a table without columns; it keeps its line.
          if (relation.columns.length === 0)
            yield { schema, relation: name, kind, comment: relation.comment };
        }
      }
    },
    text(view) {
      const lines: string[] = [];
      const { server, takenAt, connection } = discovery;
      const from = `server ${server.version}, ${server.provider}, read ${ago(takenAt, view.now)}`;
      lines.push(heading(connection ?? 'Discovery', from, view));
      for (const schema of discovery.schemas) addSchema(lines, schema, view);
      lines.push('', ...counts(discovery));
      return `${lines.join('\n')}\n`;
    },
  };
}

function addSchema(lines: string[], schema: DiscoveredSchema, view: View): void {
  lines.push('', heading(schema.name, plural(schema.relations.length, 'relation'), view));
  for (const relation of schema.relations) {
    lines.push(`  ${heading(relation.name, relationFacts(relation), view, 2)}`);
    if (relation.comment !== null) lines.push(view.theme.faint(fitting(`    ${relation.comment}`, view)));
    addColumns(lines, relation, view);
  }
}

function addColumns(lines: string[], relation: Relation, view: View): void {
  const keys = keyPositions(relation);
  const cells = relation.columns.map((column) => ({
    name: terminalSafe(column.name),
    type: terminalSafe(column.type),
    facts: columnFacts(column, keys.has(column.name)),
  }));
  let names = 0;
  let types = 0;
  for (const { name, type } of cells) {
    names = Math.max(names, displayWidth(name));
    types = Math.max(types, Math.min(widestType, displayWidth(type)));
  }
  for (const { name, type, facts } of cells) {
    lines.push(
      fitting(`    ${padToWidth(name, names)}  ${padToWidth(type, types)}  ${facts}`.trimEnd(), view),
    );
  }
  for (const key of relation.foreignKeys) {
    const target = `${key.referencedSchema}.${key.referencedTable} (${key.referencedColumns.join(', ')})`;
    lines.push(fitting(`    foreign key (${key.columns.join(', ')}) → ${target}`, view));
  }
}

function relationFacts(relation: Relation): string {
  const { kind, estimatedRows, partitions } = relation;
  const facts: string[] = [kind];
  if (estimatedRows !== null)
    facts.push(`~${grouped(estimatedRows)} ${estimatedRows === 1 ? 'row' : 'rows'}`);
  if (partitions !== null) facts.push(`by ${partitions.key}, ${plural(partitions.count, 'partition')}`);
  return facts.join(', ');
}

function columnFacts(column: Column, primary: boolean): string {
  const facts: string[] = [];
  if (primary) facts.push('PK');
  if (!column.nullable) facts.push('not null');
  if (column.identity !== null) facts.push(`identity ${column.identity}`);
  if (column.generated !== null) facts.push(`generated ${column.generated}`);
  if (column.default !== null) {
    facts.push(column.generated === null ? `default ${column.default}` : `as ${column.default}`);
  }
  if (column.comment !== null) facts.push(`– ${column.comment}`);
  return facts.join(' ');
}

/** Where each column stands in the primary key, from 1. */
function keyPositions(relation: Relation): Map<string, number> {
  return new Map(relation.primaryKey?.columns.map((name, index) => [name, index + 1]));
}

function counts(discovery: Discovery): string[] {
  let relations = 0;
  let columns = 0;
  for (const schema of discovery.schemas) {
    relations += schema.relations.length;
    for (const relation of schema.relations) columns += relation.columns.length;
  }
  const { hidden } = discovery;
  const lines = [
    `${plural(discovery.schemas.length, 'schema')}, ${plural(relations, 'relation')}, ${plural(columns, 'column')}`,
  ];
  const unseen = [
    ...(hidden.schemas > 0 ? [plural(hidden.schemas, 'schema')] : []),
    ...(hidden.relations > 0 ? [plural(hidden.relations, 'relation')] : []),
  ];
  if (unseen.length > 0) lines.push(`Hidden: ${unseen.join(' and ')} that this user may not see.`);
  return lines;
}

/** A name and what is to be said of it, cut to the terminal as one. */
function heading(name: string, facts: string, view: View, indent = 0): string {
  const room = view.terminal ? Math.max(1, view.columns - indent) : Number.POSITIVE_INFINITY;
  const shown = truncateToWidth(terminalSafe(name), room);
  const rest = truncateToWidth(`  ${terminalSafe(facts)}`, Math.max(0, room - displayWidth(shown)));
  return view.theme.strong(shown) + view.theme.faint(rest.trimEnd());
}

function fitting(line: string, view: View): string {
  const safe = terminalSafe(line);
  return view.terminal ? truncateToWidth(safe, view.columns) : safe;
}

/** 1234567 → `1,234,567`; Intl's formatter takes milliseconds to start. */
function grouped(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

function plural(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
}
