import type { EndCheck, PipelineCheck } from '../pipelines/pipeline.ts';
import type { Answer, View } from './answer.ts';
import { formatDuration } from './duration.ts';
import { fixLines } from './fix-lines.ts';
import type { FleetWords } from './fleet-progress.ts';
import { plural } from './relation-words.ts';
import type { Reported, ReportedStage } from './report-content.ts';
import { displayWidth, padToWidth, terminalSafe } from './terminal-text.ts';
import { stageLine } from './test-results.ts';
import { coloredMark, mark, outcomeStyle } from './theme.ts';

const ends = ['source', 'destination'] as const;
const markWidth = displayWidth(mark('skipped'));
const statuses = ['passed', 'warned', 'failed'] as const;

/** The answer of `pipelines check`: pipelineCheckListSchema. A line of CSV for each end. */
export function pipelineChecks(results: readonly PipelineCheck[]): Answer {
  return {
    value: results,
    columns: [
      'pipeline',
      'state',
      'status',
      'end',
      'connection',
      'endStatus',
      'durationMs',
      'code',
      'message',
      'fix',
    ],
    *records() {
      for (const { pipeline, state, status, ...result } of results) {
        for (const end of ends) {
          const { connection, status: endStatus, durationMs, code, message, fix } = result[end];
          yield { pipeline, state, status, end, connection, endStatus, durationMs, code, message, fix };
        }
      }
    },
    text(view) {
      const [first] = results;
      if (first === undefined) return 'Nothing was checked.\n';
      if (results.length === 1) return oneCheck(first, view);
      const width = Math.max(...results.map(({ pipeline }) => displayWidth(terminalSafe(pipeline))));
      return `${results.map((result) => row(result, width, view)).join('')}\n${checkTally(results)}\n`;
    },
  };
}

/** How checks are shown while they are made. */
export const checkWords: FleetWords<PipelineCheck> = {
  doing: 'checking',
  row,
  finished(result) {
    const bad = ends.map((end) => ({ end, ...result[end] })).find(({ status }) => status !== 'passed');
    const cause = bad === undefined ? '' : `  ${bad.end}: ${bad.code ?? bad.status}`;
    return {
      outcome: result.status,
      text: `${mark(result.status)}  ${terminalSafe(result.pipeline)}  ${formatDuration(result.durationMs)}${cause}`,
    };
  },
};

/** How many there are of each: `3 pipelines checked: 1 passed, 0 warned, 2 failed`. */
export function checkTally(results: readonly PipelineCheck[]): string {
  const counts = statuses.map((status) => `${results.filter((it) => it.status === status).length} ${status}`);
  return `${plural(results.length, 'pipeline')} checked: ${counts.join(', ')}`;
}

/** Checks as reports show them: both ladders of each, of a paused one with warnings in place of failures. */
export function reportedChecks(results: readonly PipelineCheck[]): Reported {
  return {
    noun: 'Pipeline',
    results: results.map((result) => ({
      connection: result.pipeline,
      status: result.status,
      durationMs: result.durationMs,
      stages: ends.flatMap((end) => reportedStages(result, end)),
    })),
    value: results,
    summary: checkTally(results),
    done: 'checked',
  };
}

function reportedStages({ state, ...result }: PipelineCheck, end: (typeof ends)[number]): ReportedStage[] {
  const { connection, stages, ...whole } = result[end];
  const rungs = stages.length === 0 ? [{ ...whole, stage: 'connection' }] : stages;
  return rungs.map((rung) => ({
    ...rung,
    stage: `${end} ${connection}: ${rung.stage}`,
    status: rung.status === 'failed' && state === 'paused' ? 'warned' : rung.status,
  }));
}

/** Both ladders in full, and the verdict. */
function oneCheck(result: PipelineCheck, view: View): string {
  let text = '';
  for (const end of ends) {
    const { connection, stages, message, fix } = result[end];
    text += `${view.theme.strong(`${end} ${terminalSafe(connection)}`)}\n`;
    text += stages.map((stage) => stageLine(stage, view)).join('');
    if (stages.length === 0) text += lostLine({ message, fix }, '', view);
    text += '\n';
  }
  const paused = isForgiven(result) ? ' (it is paused: an active one fails)' : '';
  const word = `${terminalSafe(result.pipeline)} ${result.status} in ${formatDuration(result.durationMs)}${paused}`;
  return `${text}${coloredMark(result.status, view.theme, word)}\n`;
}

/** One of many: its verdict on a line, and below it what failed or warned at which end, with the fix. */
function row(result: PipelineCheck, nameWidth: number, view: View): string {
  const outcome = outcomeStyle(result.status, view.theme)(padToWidth(mark(result.status), markWidth));
  const name = padToWidth(terminalSafe(result.pipeline), nameWidth);
  const route = terminalSafe(`${result.source.connection} → ${result.destination.connection}`);
  const paused = result.state === 'paused' ? ', paused' : '';
  let text = `${outcome}  ${name}  ${formatDuration(result.durationMs)}  ${route}${paused}\n`;
  for (const end of ends) {
    const { connection, stages, message, fix } = result[end];
    const which = `${end} ${terminalSafe(connection)}`;
    if (stages.length === 0) text += lostLine({ message, fix }, '    ', view);
    for (const rung of stages) {
      const { stage, status } = rung;
      if (status !== 'failed' && status !== 'warned') continue;
      const told = terminalSafe(rung.message ?? rung.code ?? status);
      text += `    ${coloredMark(status, view.theme, `${which}, ${stage} ${status}`)}: ${told}\n`;
      text += fixLines(rung.fix, '      ', view.theme);
    }
  }
  return text;
}

function lostLine({ message, fix }: Pick<EndCheck, 'message' | 'fix'>, indent: string, view: View): string {
  const line = `${indent}${coloredMark('failed', view.theme, 'disconnected')}: ${terminalSafe(message ?? '')}\n`;
  return line + fixLines(fix, `${indent}  `, view.theme);
}

/** Whether it would have failed, were it not paused. */
function isForgiven({ status, source, destination }: PipelineCheck): boolean {
  return status === 'warned' && [source, destination].some((end) => end.status === 'failed');
}
