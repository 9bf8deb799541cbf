import type { Relation } from '../metadata/discovery.ts';
import { indexKeysText } from '../metadata/index-keys.ts';
import type { StructureView } from '../metadata/view.ts';
import { markdownText } from './markdown-text.ts';
import { foreignKeyText, hiddenText, keyPositions, referencesOf, relationFacts } from './relation-words.ts';
import { terminalSafe } from './terminal-text.ts';

/** A data dictionary: a section a schema, a table of columns a relation (GitHub's Markdown). */
export async function* discoveryMarkdown(found: StructureView): AsyncGenerator<string> {
  const { connection, server, takenAt } = found;
  const about = `PostgreSQL ${server.version}, ${server.provider}, read ${takenAt}`;
  yield `# ${markdownText(connection ?? 'Discovery')}\n\n${markdownText(about)}\n`;
  let current: string | null = null;
  for await (const page of found.relations()) {
    let text = '';
    for (const { schema, relation } of page) {
      if (schema !== current) text += `\n## ${markdownText(schema)}\n`;
      current = schema;
      text += section(relation);
    }
    yield text;
  }
  const hidden = hiddenText(found.hidden);
  if (hidden !== null) yield `\n${hidden}\n`;
}

/** A relation's section of a data dictionary. */
export function section(relation: Relation): string {
  const keys = keyPositions(relation);
  const references = referencesOf(relation);
  let text = `\n### ${markdownText(relation.name)}\n\n${markdownText(relationFacts(relation))}\n`;
  if (relation.comment !== null) text += `\n${markdownText(relation.comment)}\n`;
  if (relation.columns.length > 0) {
    text +=
      '\n| column | type | nullable | default | key | comment |\n| --- | --- | --- | --- | --- | --- |\n';
  }
  for (const column of relation.columns) {
    const position = keys.get(column.name);
    const reference = references.get(column.name);
    const key = [
      position === undefined ? null : keys.size > 1 ? `PK ${position}` : 'PK',
      reference === undefined ? null : `FK → ${reference}`,
    ].filter((part) => part !== null);
    const fallback = column.identity === null ? column.default : `identity ${column.identity}`;
    const cells = [
      column.name,
      column.type,
      column.nullable ? 'yes' : 'no',
      fallback === null ? '' : column.generated === null ? fallback : `generated: ${fallback}`,
      key.join(', '),
      column.comment ?? '',
    ];
    text += `| ${cells.map(markdownText).join(' | ')} |\n`;
  }
  const lists: [string, string[]][] = [
    ['Foreign keys', relation.foreignKeys.map((key) => `${key.name}: ${foreignKeyText(key)}`)],
    ['Unique', relation.uniques.map(({ name, columns }) => `${name}: (${columns.join(', ')})`)],
    [
      'Checks',
      [...relation.checks, ...relation.exclusions].map(({ name, definition }) => `${name}: ${definition}`),
    ],
    ['Indexes', relation.indexes.map(indexText)],
  ];
  for (const [title, entries] of lists) {
    if (entries.length === 0) continue;
    text += `\n${title}:\n\n${entries.map((entry) => `- ${markdownText(entry)}\n`).join('')}`;
  }
  return text;
}

/** `orders_by_day: btree (day desc, lower(name)), unique`. */
export function indexText(index: Relation['indexes'][number]): string {
  const facts = [
    `${index.method} ${indexKeysText(index)}`,
    ...(index.primary ? ['primary'] : index.unique ? ['unique'] : []),
    ...(index.valid ? [] : ['INVALID']),
  ];
  return `${index.name}: ${facts.join(', ')}`;
}

/** An ER diagram as Mermaid draws it in a README: entities, their columns, a line a foreign key. */
export async function* discoveryMermaid(found: Pick<StructureView, 'relations'>): AsyncGenerator<string> {
  yield 'erDiagram\n';
  let lines = '';
  const known = new Set<string>();
  for await (const page of found.relations()) {
    let text = '';
    for (const { schema, relation } of page) {
      const name = entityName(schema, relation.name);
      known.add(name);
      const keys = keyPositions(relation);
      const foreign = new Set(relation.foreignKeys.flatMap(({ columns }) => columns));
      text += `  ${name} {\n`;
      for (const column of relation.columns) {
        const marks = [keys.has(column.name) && 'PK', foreign.has(column.name) && 'FK']
          .filter(Boolean)
          .join(', ');
        const comment = column.comment === null ? '' : ` "${quoted(column.comment)}"`;
        text += `    ${attribute(column.type)} ${attribute(column.name)}${marks === '' ? '' : ` ${marks}`}${comment}\n`;
      }
      text += '  }\n';
      for (const key of relation.foreignKeys) {
        const nullable = relation.columns.some((it) => key.columns.includes(it.name) && it.nullable);
        const one = nullable ? '|o' : '||';
        const target = entityName(key.referencedSchema, key.referencedTable);
        lines += `  ${target} ${one}--o{ ${name} : "${quoted(key.columns.join(', '))}"\n`;
      }
    }
    yield text;
  }
  yield lines;
}

function entityName(schema: string, name: string): string {
  return `"${quoted(`${schema}.${name}`)}"`;
}

/** Mermaid knows no escape within quotes. */
function quoted(text: string): string {
  return terminalSafe(text).replaceAll('"', "'");
}

/** Mermaid's attribute words: letters, digits, `_`, `-`, brackets; others would end the diagram. */
function attribute(text: string): string {
  const word = text.replace(/[^\p{L}\p{N}_\-()[\]]+/gu, '_');
  return /^[\p{L}_]/u.test(word) ? word : `_${word}`;
}
