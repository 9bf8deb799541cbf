import type { Connection } from '../connections/connection.ts';
import { type Pipeline, retargetCommand } from '../pipelines/pipeline.ts';
import { addressOf } from './address.ts';
import { ago } from './age.ts';
import type { Answer, View } from './answer.ts';
import { fieldRecords } from './field-records.ts';
import { fixLines } from './fix-lines.ts';
import { lastTestSummary } from './last-test.ts';
import { sideText, standingOf } from './pipeline-words.ts';
import { keyValues, type TableCell } from './table.ts';
import { terminalSafe } from './terminal-text.ts';
import { outcomeStyle } from './theme.ts';

/** The connections of a pipeline, for a person. */
export interface PipelineEnds {
  readonly source?: Connection;
  readonly destination?: Connection;
}

/** The answer of `pipelines show`, and of the verbs that change one: pipelineSchema. */
export function pipelineDetail(pipeline: Pipeline, ends: PipelineEnds = {}): Answer {
  return {
    value: pipeline,
    ...fieldRecords(pipeline, ['source', 'destination']),
    text: (view) => detailText(pipeline, ends, view),
  };
}

function detailText(pipeline: Pipeline, ends: PipelineEnds, view: View): string {
  const { tables, destinationSchema, schedule, owner, createdAt, updatedAt } = pipeline;
  const pairs: [string, string | TableCell | null][] = [
    ['Id', pipeline.id],
    ['State', standingOf(pipeline, view.theme)],
    ['Source', sideCell(pipeline.source, ends.source, view)],
    ['', testCell(ends.source, view)],
    ['Destination', sideCell(pipeline.destination, ends.destination, view)],
    ['', testCell(ends.destination, view)],
    ...(tables.length === 0 ? ['–'] : tables).map((name, index): [string, string] => [
      index === 0 ? 'Tables' : '',
      name,
    ]),
    ['', destinationSchema === null ? null : `loaded into the schema ${destinationSchema}`],
    ['Schedule', schedule ?? '–'],
    ['Owner', owner ?? '–'],
    ['Created', instant(createdAt, view)],
    ['Updated', instant(updatedAt, view)],
  ];
  const lost = (['source', 'destination'] as const).filter(
    (role) => pipeline[role].status === 'disconnected',
  );
  // One line, whatever the name: each line of a fix is a command.
  const fix = lost.length === 0 ? null : terminalSafe(retargetCommand(pipeline.name, ...lost));
  const text = `${view.theme.strong(terminalSafe(pipeline.name))}\n${keyValues(pairs, view, '  ')}`;
  return text + fixLines(fix, '  ', view.theme);
}

function sideCell(side: Pipeline['source'], connection: Connection | undefined, view: View): TableCell {
  if (side.status === 'disconnected') return { text: sideText(side), style: view.theme.bad };
  return { text: connection === undefined ? side.name : `${side.name}, ${addressOf(connection)}` };
}

function testCell(connection: Connection | undefined, view: View): TableCell | null {
  if (connection === undefined) return null;
  const { text, outcome } = lastTestSummary(connection, view.now);
  return { text, style: outcomeStyle(outcome, view.theme) };
}

function instant(iso: string, { now }: View): string {
  return `${iso} (${ago(iso, now)})`;
}
