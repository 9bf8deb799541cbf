import type { Pipeline } from '../pipelines/pipeline.ts';
import type { Answer, CellValue, View } from './answer.ts';
import { sideText, standingOf } from './pipeline-words.ts';
import { table } from './table.ts';
import { terminalSafe, truncateToWidth } from './terminal-text.ts';

/** Below this width a table of pipelines would be cut too much to be read. */
const tableNeeds = 70;

const csvColumns = [
  'id',
  'name',
  'state',
  'status',
  'source',
  'sourceId',
  'destination',
  'destinationId',
  'tables',
  'destinationSchema',
  'schedule',
  'owner',
  'createdAt',
  'updatedAt',
] as const;

/**
 * The answer of `pipelines list`, and of the verbs that change several: pipelineListSchema.
 * @param about.total how many are saved, filter or not
 */
export function pipelineList(pipelines: readonly Pipeline[], about: { readonly total: number }): Answer {
  return {
    value: pipelines,
    columns: csvColumns,
    *records() {
      for (const pipeline of pipelines) yield record(pipeline);
    },
    text(view) {
      if (pipelines.length === 0) return emptyList(about.total);
      return view.terminal && view.columns < tableNeeds ? stacked(pipelines, view) : tabled(pipelines, view);
    },
  };
}

function record(pipeline: Pipeline): Record<(typeof csvColumns)[number], CellValue> {
  const { source, destination, tables, ...rest } = pipeline;
  return {
    ...rest,
    source: source.name,
    sourceId: source.id,
    destination: destination.name,
    destinationId: destination.id,
    tables: JSON.stringify(tables),
  };
}

function emptyList(total: number): string {
  if (total > 0) return `No pipeline matches the filter; ${total} saved.\n`;
  return [
    'No pipelines are saved yet.',
    'Add one: jackfield pipelines add NAME --source A --destination B',
    '',
  ].join('\n');
}

function tabled(pipelines: readonly Pipeline[], view: View): string {
  const columns = [
    { title: 'NAME', shrinkTo: 16 },
    { title: 'STATE' },
    { title: 'SOURCE', shrinkTo: 12 },
    { title: 'DESTINATION', shrinkTo: 12 },
    { title: 'TABLES', shrinkTo: 8 },
    { title: 'SCHEDULE', shrinkTo: 8 },
    { title: 'OWNER', shrinkTo: 6 },
  ];
  const rows = pipelines.map((pipeline) => [
    { text: pipeline.name, style: view.theme.strong },
    standingOf(pipeline, view.theme),
    sideText(pipeline.source),
    sideText(pipeline.destination),
    tablesText(pipeline),
    pipeline.schedule ?? '–',
    pipeline.owner ?? '–',
  ]);
  return table(columns, rows, view);
}

/** The first, and how many there are besides. */
function tablesText({ tables }: Pipeline): string {
  const [first] = tables;
  if (first === undefined) return '–';
  return tables.length === 1 ? first : `${first} +${tables.length - 1}`;
}

/** A block a pipeline. */
function stacked(pipelines: readonly Pipeline[], view: View): string {
  const line = (text: string) => truncateToWidth(terminalSafe(text), view.columns);
  return pipelines
    .map((pipeline) => {
      const { text, style = (it) => it } = standingOf(pipeline, view.theme);
      const about = [tablesText(pipeline), pipeline.schedule, pipeline.owner].filter(
        (it) => it !== null && it !== '–',
      );
      return [
        view.theme.strong(line(pipeline.name)),
        style(line(`  ${text}`)),
        line(`  ${sideText(pipeline.source)} → ${sideText(pipeline.destination)}`),
        ...(about.length === 0 ? [] : [line(`  ${about.join(', ')}`)]),
        '',
      ].join('\n');
    })
    .join('\n');
}
