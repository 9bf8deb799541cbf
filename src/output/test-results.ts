import type { ServerFacts, StageResult, TestResult } from '../connections/connection.ts';
import { tellingRung } from '../connections/test.ts';
import type { Answer, View } from './answer.ts';
import { formatDuration } from './duration.ts';
import { fixLines } from './fix-lines.ts';
import type { FleetWords } from './fleet-progress.ts';
import type { Reported } from './report-content.ts';
import { displayWidth, padToWidth, terminalSafe } from './terminal-text.ts';
import { coloredMark, mark, outcomeStyle } from './theme.ts';

const markWidth = displayWidth(mark('skipped'));
const stageWidth = 'authenticate'.length;
const timeWidth = '<1 ms'.length + 2;

/** The answer of `connections test`: testResultListSchema. */
export function testResults(results: readonly TestResult[]): Answer {
  return {
    value: results,
    columns: ['connection', 'status', 'stage', 'stageStatus', 'durationMs', 'code', 'message', 'fix'],
    *records() {
      for (const { connection, status, durationMs, stages } of results) {
        // A result without a rung keeps its line, with its own time.
        if (stages.length === 0) {
          yield {
            connection,
            status,
            stage: null,
            stageStatus: null,
            durationMs,
            code: null,
            message: null,
            fix: null,
          };
        }
        for (const { stage, status: stageStatus, ...rest } of stages) {
          yield { connection, status, stage, stageStatus, ...rest };
        }
      }
    },
    text(view) {
      const [first] = results;
      if (first === undefined) return 'Nothing was tested.\n';
      return results.length === 1 ? oneResult(first, view) : manyResults(results, view);
    },
  };
}

/**
 * One rung, for a live display too: mark, stage, time and message, and the fix below; ends in a
 * newline. Nothing of it is cut: messages and commands are there to be read and copied whole.
 */
export function stageLine(result: StageResult, view: View): string {
  const outcome = padToWidth(mark(result.status), markWidth);
  const time = result.status === 'skipped' ? '' : formatDuration(result.durationMs);
  const head = `${padToWidth(result.stage, stageWidth)}  ${padToWidth(time, timeWidth, 'end')}`;
  const message = result.message === null ? '' : `  ${terminalSafe(result.message)}`;
  const line = `${outcomeStyle(result.status, view.theme)(outcome)}  ${`${head}${message}`.trimEnd()}\n`;
  return line + fixLines(result.fix, ' '.repeat(markWidth + 2), view.theme);
}

/** What a session told about the server, on one line without a newline. */
export function serverLine(server: ServerFacts): string {
  const { tls } = server;
  const parts = [
    `server ${server.version}`,
    server.provider,
    ...(server.recovery ? ['standby'] : []),
    ...(server.readOnly ? ['read-only'] : []),
    ...(tls === null
      ? ['not encrypted']
      : [
          `${tls.protocol} ${tls.cipher}`,
          verification[tls.verified],
          ...(tls.validTo === null ? [] : [`certificate valid to ${tls.validTo.slice(0, 10)}`]),
        ]),
  ];
  return terminalSafe(parts.join(', '));
}

const verification = {
  none: 'certificate not verified',
  ca: 'certificate verified, host name not',
  full: 'certificate and host name verified',
} as const;

function oneResult(result: TestResult, view: View): string {
  const ladder = result.stages.map((stage) => stageLine(stage, view)).join('');
  return ladder + verdict(result, view);
}

/** What stands below a ladder: the server, and how the whole went. For a live display. */
export function verdict(result: TestResult, view: View): string {
  const server = result.server === null ? '' : `${view.theme.faint(serverLine(result.server))}\n`;
  const name = result.connection === null ? 'the endpoint' : terminalSafe(result.connection);
  const word = `${name} ${result.status} in ${formatDuration(result.durationMs)}${rungs(result)}`;
  return `\n${server}${coloredMark(result.status, view.theme, word)}\n`;
}

/** Where it failed or warned: `, at tls and privileges`. */
function rungs(result: TestResult): string {
  const names = result.stages.filter(({ status }) => status === result.status).map(({ stage }) => stage);
  if (result.status === 'passed' || names.length === 0) return '';
  const last = names.slice(-1).join('');
  return names.length === 1 ? `, at ${last}` : `, at ${names.slice(0, -1).join(', ')} and ${last}`;
}

function manyResults(results: readonly TestResult[], view: View): string {
  const width = Math.max(...results.map(({ connection }) => displayWidth(shownName(connection))));
  const rows = results.map((result) => fleetRow(result, width, view)).join('');
  return `${rows}\n${tally(results)}\n`;
}

/**
 * One of many: its verdict on a line, and below it each rung that failed or warned with its fix. For a
 * live display too; ends in a newline.
 * @param nameWidth columns of the widest name of all, as {@link shownName} gives it
 */
function fleetRow(result: TestResult, nameWidth: number, view: View): string {
  const outcome = outcomeStyle(result.status, view.theme)(padToWidth(mark(result.status), markWidth));
  const name = padToWidth(shownName(result.connection), nameWidth);
  let text = `${outcome}  ${name}  ${formatDuration(result.durationMs)}\n`;
  for (const { stage, status, message, code, fix } of result.stages) {
    if (status !== 'failed' && status !== 'warned') continue;
    const style = outcomeStyle(status, view.theme);
    text += `    ${style(mark(status, `${stage} ${status}`))}: ${terminalSafe(message ?? code ?? status)}\n`;
    text += fixLines(fix, '      ', view.theme);
  }
  return text;
}

/** How tests are shown while they are made. */
export const testWords: FleetWords<TestResult> = {
  doing: 'testing',
  row: fleetRow,
  finished(result) {
    const rung = tellingRung(result);
    const cause = rung === undefined ? '' : `  ${rung.stage}: ${rung.code ?? rung.status}`;
    return {
      outcome: result.status,
      text: `${mark(result.status)}  ${shownName(result.connection)}  ${formatDuration(result.durationMs)}${cause}`,
    };
  },
};

/** What a result is called, made terminal-safe. */
export function shownName(connection: string | null): string {
  return terminalSafe(connection ?? '(not saved)');
}

/** The results of tests as reports show them. */
export function reportedTests(results: readonly TestResult[]): Reported {
  return { results, value: results, summary: tally(results), done: 'tested' };
}

/** How many there are of each: `3 tested: 1 passed, 0 warned, 2 failed`. */
export function tally(results: readonly TestResult[]): string {
  const count = (status: TestResult['status']) => results.filter((result) => result.status === status).length;
  const counts = (['passed', 'warned', 'failed'] as const).map((status) => `${count(status)} ${status}`);
  return `${results.length} tested: ${counts.join(', ')}`;
}
