import type { RelationDetail } from '../metadata/discovery.ts';
import type { RelationInContext } from '../metadata/relation-detail.ts';
import type { StructureView } from '../metadata/view.ts';
import { type Answer, type OutputFormat, renderChunks, type View } from './answer.ts';
import type { discoveryFormats } from './discovery.ts';
import { discoveryMermaid } from './discovery-markdown.ts';
import { relationMarkdown } from './relation-detail-markdown.ts';
import { relationText } from './relation-detail-text.ts';
import { keyPositions, referencesOf } from './relation-words.ts';

const columns = [
  'schema',
  'relation',
  'number',
  'column',
  'type',
  'nullable',
  'default',
  'identity',
  'generated',
  'collation',
  'primaryKey',
  'references',
  'comment',
] as const;

/** One relation in full; as CSV a row a column. */
export function relationDetail(detail: RelationDetail): Answer {
  return {
    value: detail,
    columns,
    *records() {
      const keys = keyPositions(detail);
      const references = referencesOf(detail);
      for (const column of detail.columns) {
        const { number, name, type, nullable, identity, generated, collation, comment } = column;
        yield {
          schema: detail.schema,
          relation: detail.name,
          number,
          column: name,
          type,
          nullable,
          default: column.default,
          identity,
          generated,
          collation,
          primaryKey: keys.get(name) ?? null,
          references: references.get(name) ?? null,
          comment,
        };
      }
    },
    text: (view) => relationText(detail, view),
  };
}

/** One relation in the format that was asked for, in pieces. A tree of one is its text. */
export async function* relationChunks(
  format: OutputFormat | (typeof discoveryFormats)[number],
  { detail, neighbourhood }: RelationInContext,
  view: View,
  csv: { readonly csvSafe: boolean },
): AsyncGenerator<string> {
  if (format === 'markdown') yield relationMarkdown(detail);
  else if (format === 'mermaid') yield* discoveryMermaid(inView(neighbourhood));
  else yield* renderChunks(format === 'tree' ? 'table' : format, relationDetail(detail), view, csv);
}

/** What a diagram is drawn of: the relation and those around it. */
function inView(neighbourhood: RelationInContext['neighbourhood']): Pick<StructureView, 'relations'> {
  return {
    async *relations() {
      yield neighbourhood;
    },
  };
}
