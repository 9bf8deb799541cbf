import type { StructureView } from '../metadata/view.ts';
import type { View } from './answer.ts';
import { closing, structureHeading } from './discovery-tree.ts';
import { grouped } from './relation-words.ts';
import { type TableCell, table } from './table.ts';

/** A line a relation: what a person wants of a large database first. */
export async function* discoveryTable(found: StructureView, view: View): AsyncGenerator<string> {
  yield `${structureHeading(found, view)}\n\n`;
  const rows: (string | TableCell)[][] = [];
  const schemas = new Set<string>();
  let columns = 0;
  for await (const page of found.summaries()) {
    for (const { facts, columns: count } of page) {
      const { schema, name, kind, estimatedRows, comment } = facts;
      schemas.add(schema);
      columns += count;
      const size = estimatedRows === null ? '–' : `~${grouped(estimatedRows)}`;
      const cells = [`${schema}.${name}`, kind, size, String(count)];
      rows.push([...cells, { text: comment ?? '', style: view.theme.faint }]);
    }
  }
  if (rows.length > 0) {
    yield table(
      [
        { title: 'RELATION' },
        { title: 'KIND', shrinkTo: 5 },
        { title: 'ROWS', align: 'end' },
        { title: 'COLUMNS', align: 'end' },
        { title: 'COMMENT', shrinkTo: 10 },
      ],
      rows,
      view,
    );
  }
  yield closing(found, { schemas: schemas.size, relations: rows.length, columns });
}
