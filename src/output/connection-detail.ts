import type { Connection } from '../connections/connection.ts';
import type { Pipeline } from '../pipelines/pipeline.ts';
import { ago } from './age.ts';
import type { Answer, View } from './answer.ts';
import { formatDuration } from './duration.ts';
import { fieldRecords } from './field-records.ts';
import { lastTestSummary } from './last-test.ts';
import { standingOf } from './pipeline-words.ts';
import { keyValues, type TableCell } from './table.ts';
import { terminalSafe } from './terminal-text.ts';
import { outcomeStyle } from './theme.ts';

/** What is shown beside the read model, in text alone: never in JSON, YAML or CSV. */
export interface DetailExtras {
  /** The revealed password: only after `--reveal`, on a terminal. */
  readonly passwordText?: string;
  /** The pipelines that use it, with how they stand; without them their names alone are shown. */
  readonly pipelines?: readonly Pipeline[];
  /** What the password is a reference to, `env:ORDERS_PASSWORD`. */
  readonly reference?: string | null;
}

/** The answer of `connections show`, and of the verbs that save one: connectionSchema. */
export function connectionDetail(connection: Connection, extras: DetailExtras = {}): Answer {
  return {
    value: connection,
    ...fieldRecords(connection, ['secret', 'lastTest']),
    text: (view) => detailText(connection, extras, view),
  };
}

function detailText(connection: Connection, extras: DetailExtras, view: View): string {
  const { lastTest } = connection;
  const test = lastTestSummary(connection, view.now);
  const took = lastTest.durationMs === null ? '' : ` (took ${formatDuration(lastTest.durationMs)})`;
  const pairs: [string, string | TableCell | null][] = [
    ['Id', connection.id],
    ['Role', connection.role],
    ['Connector', `${connection.connector} · ${connection.provider}`],
    ['Host', connection.host],
    ['Port', String(connection.port)],
    ['Database', connection.database],
    ['Username', connection.username],
    ['Password', passwordLine(connection, extras)],
    ['Schema', connection.schema],
    ['SSL mode', connection.sslMode],
    ['SSL root certificate', connection.sslRootCert],
    ['SSL certificate', connection.sslCert],
    ['SSL key', connection.sslKey],
    ['SSL revocation list', connection.sslCrl],
    ...Object.entries(connection.options).map(([key, value]): [string, string] => [`Option ${key}`, value]),
    ['Tags', connection.tags.length === 0 ? '–' : connection.tags.join(', ')],
    ['Query --write', connection.allowWrite ? 'allowed' : 'not allowed'],
    ...usedByLines(connection, extras, view),
    ['Last test', { text: `${test.text}${took}`, style: outcomeStyle(test.outcome, view.theme) }],
    ['', lastTest.message],
    ['Server version', lastTest.serverVersion],
    ['Last passed', connection.lastPassedAt === null ? 'never' : instant(connection.lastPassedAt, view.now)],
    ['Created', instant(connection.createdAt, view.now)],
    ['Updated', instant(connection.updatedAt, view.now)],
  ];
  return `${view.theme.strong(terminalSafe(connection.name))}\n${keyValues(pairs, view, '  ')}`;
}

/** A pipeline a line, where it is known how they stand. */
function usedByLines(
  { usedBy }: Connection,
  { pipelines = [] }: DetailExtras,
  { theme }: View,
): [string, string | TableCell][] {
  if (pipelines.length === 0) return [['Used by', usedBy.length === 0 ? '–' : usedBy.join(', ')]];
  return pipelines.map((pipeline, index) => {
    const { text, style } = standingOf(pipeline, theme);
    const cell = { text: `${pipeline.name}: ${text}`, ...(style && { style }) };
    return [index === 0 ? 'Used by' : '', cell];
  });
}

function passwordLine(connection: Connection, extras: DetailExtras): string {
  if (extras.passwordText !== undefined) return extras.passwordText;
  const { kind } = connection.secret;
  if (kind === 'none') return 'none';
  if (kind === 'keychain' || kind === 'vault') return `stored in the ${kind}`;
  return extras.reference == null ? `a reference (${kind}:)` : `a reference, ${extras.reference}`;
}

function instant(iso: string, now: Date): string {
  return `${iso} (${ago(iso, now)})`;
}
