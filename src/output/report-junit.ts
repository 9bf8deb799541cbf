import type { FailOn } from '../connections/fleet.ts';
import type { ReportContent, ReportedResult, ReportedStage } from './report-content.ts';
import { terminalSafe } from './terminal-text.ts';

/**
 * JUnit XML as GitLab, Jenkins and the like read it: one suite, a case for each rung of each
 * connection, so that the rung that failed is seen in their lists. A rung that warned is a case that
 * passed and says so, or one that failed with `--fail-on warned`. Times are in seconds.
 */
export function junitReport({ results, failOn, now }: ReportContent): string {
  const cases = results.flatMap((result) => casesOf(result, failOn));
  const seconds = (ms: number) => (ms / 1000).toFixed(3);
  const count = (outcome: Case['outcome']) => cases.filter((it) => it.outcome === outcome).length;
  const totals = {
    name: 'jackfield',
    tests: String(cases.length),
    failures: String(count('failure')),
    errors: '0',
    skipped: String(count('skipped')),
    time: seconds(results.reduce((sum, { durationMs }) => sum + durationMs, 0)),
  };
  let xml = `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites${attributes(totals)}>\n`;
  xml += `  <testsuite${attributes({ ...totals, timestamp: now.toISOString().slice(0, 19) })}>\n`;
  for (const { classname, name, durationMs, content } of cases) {
    const about = attributes({ classname, name, time: seconds(durationMs) });
    xml +=
      content === '' ? `    <testcase${about}/>\n` : `    <testcase${about}>\n${content}    </testcase>\n`;
  }
  return `${xml}  </testsuite>\n</testsuites>\n`;
}

interface Case {
  readonly classname: string;
  readonly name: string;
  readonly durationMs: number;
  readonly outcome: 'passed' | 'failure' | 'skipped';
  /** The elements within it. */
  readonly content: string;
}

function casesOf({ connection, stages }: ReportedResult, failOn: FailOn): Case[] {
  return stages.map((rung) => {
    const about = {
      classname: connection ?? 'endpoint',
      name: rung.stage,
      durationMs: rung.durationMs,
    };
    const told = [rung.message ?? rung.code ?? rung.status, rung.fix]
      .filter((line) => line !== null)
      .join('\n');
    if (rung.status === 'failed' || (rung.status === 'warned' && failOn === 'warned')) {
      return { ...about, outcome: 'failure', content: failure(rung, told) };
    }
    if (rung.status === 'skipped') {
      return { ...about, outcome: 'skipped', content: `      <skipped${message(rung)}/>\n` };
    }
    const warning =
      rung.status === 'warned' ? `      <system-out>${text(`warned: ${told}`)}</system-out>\n` : '';
    return { ...about, outcome: 'passed', content: warning };
  });
}

function failure(rung: ReportedStage, told: string): string {
  const type = attributes({ type: rung.code ?? rung.status });
  return `      <failure${message(rung)}${type}>${text(told)}</failure>\n`;
}

function message(rung: ReportedStage): string {
  return rung.message === null ? '' : attributes({ message: rung.message });
}

function attributes(pairs: Readonly<Record<string, string>>): string {
  return Object.entries(pairs)
    .map(([name, value]) => ` ${name}="${text(value).replaceAll('\n', '&#10;').replaceAll('\t', '&#9;')}"`)
    .join('');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Characters that XML 1.0 forbids are shown, as `\x00`: a reader that meets one drops the whole report. */
function text(value: string): string {
  return terminalSafe(value, { multiline: true })
    .replace(/[\ufffe\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16)}`)
    .replace(/[&<>"']/g, (char) => entities[char] ?? char);
}
