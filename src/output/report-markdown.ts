import { tellingRung } from '../connections/test.ts';
import { formatDuration } from './duration.ts';
import { markdownCode, markdownText } from './markdown-text.ts';
import type { ReportContent, ReportedResult, ReportedStage } from './report-content.ts';
import { shownName } from './test-results.ts';
import { mark } from './theme.ts';

/**
 * GitHub-flavoured Markdown: a table of all, and below it the cause and the fix of each that failed or
 * warned.
 * @param maxBytes what is beyond it is left out, and said to be
 */
export function markdownReport(
  { noun = 'Connection', results, planned, summary, done }: ReportContent,
  maxBytes = Number.POSITIVE_INFINITY,
): string {
  const interrupted =
    results.length < planned ? `\nInterrupted: ${results.length} of ${planned} were ${done}.\n` : '';
  const head = `## ${noun}s\n\n${summary}\n${interrupted}`;
  if (results.length === 0) return head;
  const telling = results.filter(({ status }) => status !== 'passed');
  const parts = [
    `\n| Result | ${noun} | Time | Cause |\n| --- | --- | ---: | --- |\n`,
    ...results.map(row),
    ...telling.map(details),
  ];
  const rest = '\nThe rest is left out: it would be too long.\n';
  let text = head;
  let room = maxBytes - Buffer.byteLength(head) - Buffer.byteLength(rest);
  for (const part of parts) {
    room -= Buffer.byteLength(part);
    if (room < 0) return text + rest;
    text += part;
  }
  return text;
}

function row(result: ReportedResult): string {
  const rung = tellingRung(result);
  const cause = rung === undefined ? '' : markdownText(`${rung.stage}: ${told(rung)}`);
  const cells = [
    mark(result.status),
    markdownText(shownName(result.connection)),
    formatDuration(result.durationMs),
    cause,
  ];
  return `| ${cells.join(' | ').trimEnd()} |\n`;
}

function details(result: ReportedResult): string {
  let text = `\n### ${mark(result.status)}: ${markdownText(shownName(result.connection))}\n\n`;
  for (const rung of result.stages) {
    if (rung.status !== 'failed' && rung.status !== 'warned') continue;
    const code = rung.code === null ? '' : ` (${markdownText(rung.code)})`;
    text += `${rung.stage} ${rung.status}${code}: ${markdownText(told(rung))}\n\n${fixBlock(rung.fix)}`;
  }
  return text.trimEnd().concat('\n');
}

function told({ message, code, status }: ReportedStage): string {
  return message ?? code ?? status;
}

/** A fix is there to be copied. */
function fixBlock(fix: string | null): string {
  return fix === null || fix === '' ? '' : `${markdownCode('text', fix)}\n`;
}
