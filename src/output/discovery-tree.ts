import type { Relation } from '../metadata/discovery.ts';
import type { StructureView } from '../metadata/view.ts';
import { ago } from './age.ts';
import type { View } from './answer.ts';
import {
  columnFacts,
  foreignKeyText,
  hiddenText,
  keyPositions,
  plural,
  relationFacts,
} from './relation-words.ts';
import { displayWidth, padToWidth, terminalSafe, truncateToWidth } from './terminal-text.ts';

/** Types longer than this don't push the rest of the columns' lines aside. */
const widestType = 32;

/** Schemas, relations, columns and foreign keys, a line each, relation by relation. */
export async function* discoveryTree(found: StructureView, view: View): AsyncGenerator<string> {
  yield `${structureHeading(found, view)}\n`;
  const waiting = [...found.schemas];
  const counts = { schemas: 0, relations: 0, columns: 0 };
  const open = (name: string) => {
    counts.schemas += 1;
    return `\n${heading(name, '', view)}\n`;
  };
  let current: string | null = null;
  for await (const page of found.relations()) {
    let text = '';
    for (const { schema, relation } of page) {
      if (schema !== current) {
        // Schemas come in their order, those without a relation in between.
        while (waiting.length > 0 && waiting[0] !== schema) text += emptySchema(waiting.shift(), found, open);
        waiting.shift();
        text += open(schema);
        current = schema;
      }
      counts.relations += 1;
      counts.columns += relation.columns.length;
      text += `${relationLines(relation, view).join('\n')}\n`;
    }
    yield text;
  }
  let rest = '';
  for (const name of waiting) rest += emptySchema(name, found, open);
  yield rest + closing(found, counts);
}

/** Where it was read from, and when. */
export function structureHeading(
  { connection, server, takenAt, checkedAt }: StructureView,
  view: View,
): string {
  const seen = checkedAt === takenAt ? '' : `, unchanged ${ago(checkedAt, view.now)}`;
  const from = `server ${server.version}, ${server.provider}, read ${ago(takenAt, view.now)}${seen}`;
  return heading(connection ?? 'Discovery', from, view);
}

/** A filter by table or text shows no schema for its own sake. */
function emptySchema(name: string | undefined, found: StructureView, open: (name: string) => string): string {
  return name === undefined || found.narrowed ? '' : open(name);
}

export function closing(
  found: StructureView,
  counts: { readonly schemas: number; readonly relations: number; readonly columns: number },
): string {
  const { schemas, relations, columns } = counts;
  const summary = `\n${plural(schemas, 'schema')}, ${plural(relations, 'relation')}, ${plural(columns, 'column')}\n`;
  const hidden = hiddenText(found.hidden);
  return hidden === null ? summary : `${summary}${hidden}\n`;
}

/** A relation with its columns and foreign keys. */
function relationLines(relation: Relation, view: View): string[] {
  const lines = [`  ${heading(relation.name, relationFacts(relation), view, 2)}`];
  if (relation.comment !== null) lines.push(view.theme.faint(fitting(`    ${relation.comment}`, view)));
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
  for (const key of relation.foreignKeys) lines.push(fitting(`    foreign key ${foreignKeyText(key)}`, view));
  return lines;
}

/** A name and what is to be said of it, cut to the terminal as one. */
export function heading(name: string, facts: string, view: View, indent = 0): string {
  const room = view.terminal ? Math.max(1, view.columns - indent) : Number.POSITIVE_INFINITY;
  const shown = truncateToWidth(terminalSafe(name), room);
  const rest = truncateToWidth(`  ${terminalSafe(facts)}`, Math.max(0, room - displayWidth(shown)));
  return view.theme.strong(shown) + view.theme.faint(rest.trimEnd());
}

function fitting(line: string, view: View): string {
  const safe = terminalSafe(line);
  return view.terminal ? truncateToWidth(safe, view.columns) : safe;
}
