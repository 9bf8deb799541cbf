import { relative, resolve, sep } from 'node:path';
import { Option } from 'commander';
import { UsageError } from '../connections/errors.ts';
import type { FailOn } from '../connections/fleet.ts';
import type { ReportContent, Reported } from '../output/report-content.ts';
import type { App } from './app.ts';
import type { ReportTarget } from './report-target.ts';
import { oneOf } from './values.ts';

const fileFormats = ['junit', 'json', 'markdown'] as const;

/** A report as `--report` asks for it. `github` goes to the log, and to the summary of the job. */
export type ReportFlag =
  | { readonly format: (typeof fileFormats)[number]; readonly file: string }
  | { readonly format: 'github' };

/** `--report`, as every verb that works through a fleet declares it. */
export function reportOption(): Option {
  return new Option(
    '--report <format=file>',
    'also write junit=FILE, json=FILE or markdown=FILE, or github; repeat for several',
  ).argParser(readReport);
}

/** `--fail-on`, beside it. */
export function failOnOption(): Option {
  return new Option(
    '--fail-on <status>',
    'what makes the exit code 1: failed (the default) or warned',
  ).argParser(oneOf('--fail-on', ['failed', 'warned']));
}

/** Gathers `--report`, which may be repeated. @throws UsageError bad_value, conflicting_flags */
function readReport(text: string, former: readonly ReportFlag[] = []): ReportFlag[] {
  const report = reportOf(text);
  if (report.format === 'github' && former.some(({ format }) => format === 'github')) {
    throw new UsageError({
      code: 'conflicting_flags',
      message: '--report github is given twice',
      fix: 'give it once',
    });
  }
  return [...former, report];
}

function reportOf(text: string): ReportFlag {
  const equals = text.indexOf('=');
  const name = equals < 0 ? text : text.slice(0, equals);
  const file = equals < 0 ? '' : text.slice(equals + 1);
  if (name === 'github') {
    if (equals < 0) return { format: 'github' };
    throw badReport('--report github takes no file', 'write --report github; its summary goes to the job');
  }
  const format = fileFormats.find((known) => known === name);
  if (format === undefined) {
    throw badReport(
      `the format of --report is none of ${fileFormats.join(', ')}, github`,
      'use --report junit=connections.xml, for instance',
    );
  }
  if (file === '') {
    throw badReport(
      `--report ${format} names no file`,
      `use --report ${format}=FILE, with the path of the file`,
    );
  }
  return { format, file };
}

function badReport(message: string, fix: string): UsageError {
  return new UsageError({ code: 'bad_value', message, fix });
}

/** What the reports say besides the results. */
export interface ReportSettings {
  readonly failOn: FailOn;
  /** The file of connections that was tested; null for saved ones. */
  readonly file: string | null;
}

/** The reports of a run, each known to be writable. */
export interface Reports {
  /** Writes all of them. @throws UsageError report_not_written, after the others were written */
  write(reported: Reported, planned: number): Promise<void>;
}

/**
 * Looks whether the reports can be written, before anything is dialled.
 * @throws UsageError report_not_writable, conflicting_flags
 */
export async function openReports(
  app: App,
  flags: readonly ReportFlag[],
  settings: ReportSettings,
): Promise<Reports> {
  if (flags.length === 0) return { write: async () => {} };
  const { openFileReport, openJobSummary, refuseSameFile } = await import('./report-target.ts');
  const targets: { readonly target: ReportTarget; render(content: ReportContent): Promise<string> }[] = [];
  for (const flag of flags) {
    if (flag.format !== 'github') {
      const { format } = flag;
      targets.push({
        target: await openFileReport(flag.file),
        render: (content) => renderFile(format, content),
      });
      continue;
    }
    const summary = app.environment.GITHUB_STEP_SUMMARY;
    if (!summary) {
      await app.warn('there is no job summary: GITHUB_STEP_SUMMARY is not set');
      continue;
    }
    targets.push({ target: await openJobSummary(summary), render: renderSummary });
  }
  refuseSameFile(targets.map(({ target }) => target));
  const annotates = flags.some(({ format }) => format === 'github');
  return {
    async write(reported, planned) {
      const file = settings.file === null ? null : pathInRepository(app, settings.file);
      const { failOn } = settings;
      const content = { ...reported, planned, failOn, file, now: app.services.now() };
      if (annotates) {
        const { githubAnnotations } = await import('../output/report-github.ts');
        app.streams.stderr.write(githubAnnotations(content));
      }
      const written = await Promise.allSettled(
        targets.map(async ({ target, render }) => target.write(await render(content))),
      );
      for (const outcome of written) if (outcome.status === 'rejected') throw outcome.reason;
    },
  };
}

async function renderFile(format: (typeof fileFormats)[number], content: ReportContent): Promise<string> {
  if (format === 'junit') return (await import('../output/report-junit.ts')).junitReport(content);
  if (format === 'markdown') return (await import('../output/report-markdown.ts')).markdownReport(content);
  const { jsonText } = await import('../output/json-text.ts');
  return jsonText(content.value);
}

/** GitHub drops a summary of more than a mebibyte a step. */
async function renderSummary(content: ReportContent): Promise<string> {
  const { markdownReport } = await import('../output/report-markdown.ts');
  return markdownReport(content, 1_000_000);
}

/** Annotations are shown at a file when its path is that from the root of the repository. */
function pathInRepository(app: App, file: string): string {
  const root = app.environment.GITHUB_WORKSPACE;
  const path = root ? relative(root, resolve(file)) : file;
  return path === '..' || path.startsWith(`..${sep}`) ? file : path;
}
