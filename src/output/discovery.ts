import type { StructureView } from '../metadata/view.ts';
import { csvLine, type OutputFormat, type View, yamlText } from './answer.ts';
import { discoveryJson } from './discovery-json.ts';
import { discoveryMarkdown, discoveryMermaid } from './discovery-markdown.ts';
import { discoveryTable } from './discovery-table.ts';
import { discoveryTree } from './discovery-tree.ts';
import { keyPositions } from './relation-words.ts';

/** Formats that `discover` has besides those of every verb. */
export const discoveryFormats = ['tree', 'markdown', 'mermaid'] as const;
export type DiscoveryFormat = OutputFormat | (typeof discoveryFormats)[number];

/** A discovery in the format that was asked for, in pieces: never the whole of it at once. */
export function discoveryChunks(
  format: DiscoveryFormat,
  found: StructureView,
  view: View,
  csv: { readonly csvSafe: boolean },
): AsyncGenerator<string> {
  switch (format) {
    case 'json':
      return discoveryJson(found);
    case 'csv':
      return discoveryCsv(found, { ...csv, terminal: view.terminal });
    case 'yaml':
      return discoveryYaml(found);
    case 'markdown':
      return discoveryMarkdown(found);
    case 'mermaid':
      return discoveryMermaid(found);
    case 'tree':
      return discoveryTree(found, view);
    case 'table':
      return discoveryTable(found, view);
  }
}

const columns = [
  'schema',
  'relation',
  'kind',
  'column',
  'type',
  'nullable',
  'default',
  'primaryKey',
  'comment',
];

/** A row a column. */
async function* discoveryCsv(
  found: StructureView,
  options: { readonly csvSafe: boolean; readonly terminal: boolean },
): AsyncGenerator<string> {
  yield csvLine(columns, options);
  for await (const page of found.relations()) {
    let text = '';
    for (const { schema, relation } of page) {
      const { name, kind } = relation;
      const keys = keyPositions(relation);
      for (const column of relation.columns) {
        const { type, nullable, comment } = column;
        const key = keys.get(column.name) ?? null;
        const cells = [schema, name, kind, column.name, type, nullable, column.default, key, comment];
        text += csvLine(cells, options);
      }
      // PostgreSQL allows a table without columns; it keeps its line.
      if (relation.columns.length === 0) {
        text += csvLine([schema, name, kind, null, null, null, null, null, relation.comment], options);
      }
    }
    yield text;
  }
}

/** What YAML quotes depends on the whole, which has to fit into memory here. */
async function* discoveryYaml(found: StructureView): AsyncGenerator<string> {
  let json = '';
  for await (const chunk of discoveryJson(found)) json += chunk;
  yield await yamlText(JSON.parse(json));
}
