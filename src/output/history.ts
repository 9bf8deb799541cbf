import type { TestRecord } from '../connections/catalog.ts';
import {
  type Certificate,
  type Change,
  type HistoryEntry,
  type HistorySummary,
  summarizeHistory,
  toHistoryEntry,
} from '../connections/history.ts';
import { shellWord } from '../connections/shell-word.ts';
import { ago } from './age.ts';
import type { Answer, View } from './answer.ts';
import { formatDuration } from './duration.ts';
import { sparkGap, sparkline } from './sparkline.ts';
import { keyValues, type TableCell, table } from './table.ts';
import { terminalSafe } from './terminal-text.ts';
import { mark, outcomeStyle } from './theme.ts';

const indent = '  ';
/** The columns that a value of the summary begins after. */
const valueStart = `${indent}Certificate  `.length;
/** A server behind several hosts may change at every test: only so many changes are told one by one. */
const mostChanges = 5;
/** Below so many days a certificate is to be renewed. */
const fewDays = 30;
const dayMs = 86_400_000;

/**
 * The answer of `connections history`: testHistorySchema. A person is also told what all of the
 * results say together.
 * @param records all that are kept, newest first
 * @param limit how many are listed
 */
export function testHistory(name: string, records: readonly TestRecord[], limit: number): Answer {
  const entries = records.slice(0, limit).map(toHistoryEntry);
  return {
    value: entries,
    columns: [
      'at',
      'status',
      'durationMs',
      'code',
      'message',
      'serverVersion',
      'certificateValidTo',
      'stages',
    ],
    *records() {
      for (const { stages, ...entry } of entries) yield { ...entry, stages: JSON.stringify(stages) };
    },
    text(view) {
      const summary = summarizeHistory(records);
      if (summary === null) return noTests(name);
      const head = `${view.theme.strong(terminalSafe(name))}\n${summaryLines(summary, view)}`;
      const note = `\n${entries.length} of ${records.length} results; all: --limit ${records.length}\n`;
      const isCut = view.terminal && entries.length < records.length;
      return `${head}\n${entryTable(entries, view)}${isCut ? view.theme.faint(note) : ''}`;
    },
  };
}

function noTests(name: string): string {
  const command = `jackfield connections test ${shellWord(name)}`;
  return `No test of ${terminalSafe(name)} is recorded yet.\nTest it: ${terminalSafe(command)}\n`;
}

function summaryLines(summary: HistorySummary, view: View): string {
  const { durations, session, spread } = summary;
  const room = Math.max(1, view.columns - valueStart);
  const lines: [string, string | TableCell | null][] = [
    ['Tests', passRate(summary)],
    ['Duration', durationLine(durations, room, view)],
    ['', legend(durations, room)],
    ['', spread && spreadLine(spread)],
    ['Server', session ? session.version : 'no session yet'],
    ...changeLines(summary.versionChanges, versionChange),
    ['Certificate', session && certificateLine(session.certificate, view)],
    ...changeLines(summary.certificateChanges, certificateChange),
  ];
  return keyValues(lines, view, indent);
}

function passRate({ tests, passed, warned, since }: HistorySummary): string {
  const warnings = warned === 0 ? '' : `, ${warned} of them with warnings`;
  const percent = Math.floor((passed / tests) * 100);
  return `${tests} since ${day(since)}, ${passed} passed (${percent}%)${warnings}`;
}

function durationLine(durations: HistorySummary['durations'], room: number, view: View): TableCell {
  const isFailure = new RegExp(`${sparkGap}+`, 'g');
  const style = (line: string) => line.replace(isFailure, (gaps) => view.theme.bad(gaps));
  return { text: sparkline(durations, room), style };
}

function legend(durations: HistorySummary['durations'], room: number): string {
  const shown = durations.length > room ? `the newest ${room}, oldest first` : 'oldest first';
  return durations.includes(null) ? `${shown}, ${sparkGap} failed` : shown;
}

function spreadLine({ min, median, max }: NonNullable<HistorySummary['spread']>): string {
  const [fastest, middle, slowest] = [min, median, max].map(formatDuration);
  return `min ${fastest}, median ${middle}, max ${slowest}`;
}

function certificateLine(certificate: Certificate | null, view: View): string | TableCell {
  if (certificate === null) return 'none, the session is not encrypted';
  const { validTo } = certificate;
  const subject = certificate.subject ?? 'no subject';
  if (validTo === null) return subject;
  const days = Math.floor((Date.parse(validTo) - view.now.getTime()) / dayMs);
  const left = days < 0 ? `expired ${ago(validTo, view.now)}` : `${days} ${days === 1 ? 'day' : 'days'} left`;
  const style = days < 0 ? view.theme.bad : view.theme.caution;
  return { text: `${subject}, valid to ${day(validTo)} (${left})`, ...(days < fewDays && { style }) };
}

/** What differs, on both sides of an arrow: of a renewed one the day alone. */
function certificateChange({ from, to }: Change<Certificate>): string {
  const differs = (part: keyof Certificate) => from[part] !== to[part];
  const partsOf = ({ subject, issuer, validTo }: Certificate) => [
    ...(differs('subject') ? [subject ?? 'no subject'] : []),
    ...(differs('issuer') ? [`by ${issuer ?? 'nobody'}`] : []),
    ...(differs('validTo') ? [`valid to ${validTo === null ? 'an unknown day' : day(validTo)}`] : []),
  ];
  return `${partsOf(from).join(', ')} → ${partsOf(to).join(', ')}`;
}

function versionChange({ from, to }: Change<string>): string {
  return `${from} → ${to}`;
}

function changeLines<T>(
  changes: readonly Change<T>[],
  textOf: (change: Change<T>) => string,
): [string, string][] {
  const lines = changes.slice(0, mostChanges).map((change) => `${textOf(change)} on ${day(change.at)}`);
  const others = changes.length - lines.length;
  if (others > 0) lines.push(`and ${others} earlier ${others === 1 ? 'change' : 'changes'}`);
  return lines.map((line) => ['', line]);
}

function entryTable(entries: readonly HistoryEntry[], view: View): string {
  const columns = [
    { title: 'WHEN' },
    { title: 'STATUS' },
    { title: 'DURATION', align: 'end' as const },
    { title: 'CAUSE', shrinkTo: 12 },
    { title: 'SERVER', shrinkTo: 6 },
  ];
  const rows = entries.map(({ at, status, durationMs, code, message, serverVersion }) => [
    ago(at, view.now),
    { text: mark(status), style: outcomeStyle(status, view.theme) },
    formatDuration(durationMs),
    code ?? message ?? '–',
    serverVersion ?? '–',
  ]);
  return table(columns, rows, view);
}

/** The day of an instant, in UTC. */
function day(iso: string): string {
  return iso.slice(0, 10);
}
