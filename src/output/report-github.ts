import type { ReportContent } from './report-content.ts';
import { terminalSafe } from './terminal-text.ts';
import { shownName } from './test-results.ts';

/**
 * Annotations: one workflow command for each rung that failed or warned, with its fix on the lines below
 * its message. With `--fail-on warned` a warning is an error.
 * https://docs.github.com/actions/reference/workflow-commands-for-github-actions
 * @param content.file where the annotations point to, a path from the root of the repository
 */
export function githubAnnotations({ results, failOn, file }: ReportContent): string {
  let commands = '';
  for (const { connection, stages } of results) {
    for (const { stage, status, code, message, fix } of stages) {
      if (status !== 'failed' && status !== 'warned') continue;
      const level = status === 'failed' || failOn === 'warned' ? 'error' : 'warning';
      const place = file === null ? '' : `file=${property(file)},`;
      const title = property(`${shownName(connection)}: ${stage} ${status}`);
      const told = [message ?? code ?? status, fix].filter((line) => line !== null).join('\n');
      commands += `::${level} ${place}title=${title}::${data(told)}\n`;
    }
  }
  return commands;
}

/** The runner's escapes (actions/toolkit, packages/core/src/command.ts), after which nothing ends the line. */
function data(text: string): string {
  return terminalSafe(text, { multiline: true })
    .replaceAll('%', '%25')
    .replaceAll('\r', '%0D')
    .replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
