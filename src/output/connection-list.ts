import type { Connection } from '../connections/connection.ts';
import { addressOf } from './address.ts';
import type { Answer, CellValue, View } from './answer.ts';
import { lastTestSummary } from './last-test.ts';
import { type TableCell, type TableColumn, table } from './table.ts';
import { terminalSafe, truncateToWidth } from './terminal-text.ts';
import { outcomeStyle } from './theme.ts';

/** Below this width a table of connections would be cut too much to be read. */
const tableNeeds = 80;

const csvColumns = [
  'id',
  'name',
  'role',
  'connector',
  'provider',
  'host',
  'port',
  'database',
  'username',
  'schema',
  'sslMode',
  'tags',
  'secret',
  'usedBy',
  'lastTestStatus',
  'lastTestAt',
  'lastTestCode',
  'lastPassedAt',
  'createdAt',
  'updatedAt',
] as const;

/**
 * The answer of `connections list`: connectionListSchema.
 * @param about.total how many are saved, filter or not
 * @param about.filtered whether a filter was given
 * @param about.disconnected names of pipelines that have lost a connection, which a person is told beside them
 */
export function connectionList(
  connections: readonly Connection[],
  about: {
    readonly total: number;
    readonly filtered: boolean;
    readonly disconnected?: ReadonlySet<string>;
  },
): Answer {
  return {
    value: connections,
    columns: csvColumns,
    *records() {
      for (const connection of connections) yield connectionRecord(connection);
    },
    text(view) {
      if (connections.length === 0) return emptyList(about.total);
      const draw = view.terminal && view.columns < tableNeeds ? stacked : tabled;
      const rows = draw(connections, view, about.disconnected);
      const note = `\n${connections.length} of ${about.total} connections\n`;
      return about.filtered && view.terminal ? rows + view.theme.faint(note) : rows;
    },
  };
}

/** A connection as one line of CSV. */
function connectionRecord(connection: Connection): Record<(typeof csvColumns)[number], CellValue> {
  const { lastTest } = connection;
  return {
    id: connection.id,
    name: connection.name,
    role: connection.role,
    connector: connection.connector,
    provider: connection.provider,
    host: connection.host,
    port: connection.port,
    database: connection.database,
    username: connection.username,
    schema: connection.schema,
    sslMode: connection.sslMode,
    tags: JSON.stringify(connection.tags),
    secret: connection.secret.kind,
    usedBy: JSON.stringify(connection.usedBy),
    lastTestStatus: lastTest.status,
    lastTestAt: lastTest.at,
    lastTestCode: lastTest.code,
    lastPassedAt: connection.lastPassedAt,
    createdAt: connection.createdAt,
    updatedAt: connection.updatedAt,
  };
}

function emptyList(total: number): string {
  if (total > 0) {
    return `No connection matches the filter; ${total} saved.\nShow all: jackfield connections list\n`;
  }
  return [
    'No connections are saved yet.',
    'Add one:                    jackfield connections add',
    'See what can be connected:  jackfield connections catalog',
    '',
  ].join('\n');
}

/** The columns of a list of connections, in the order of {@link connectionCells}. */
export const listColumns = [
  { title: 'NAME', shrinkTo: 16 },
  { title: 'ROLE' },
  { title: 'CONNECTOR', shrinkTo: 10 },
  { title: 'ADDRESS', shrinkTo: 12 },
  { title: 'USED BY', shrinkTo: 8 },
  { title: 'LAST TEST', shrinkTo: 20 },
] as const satisfies readonly TableColumn[];

/** The cells of a connection's row. */
export function connectionCells(
  connection: Connection,
  { theme, now }: Pick<View, 'theme' | 'now'>,
  disconnected?: ReadonlySet<string>,
): TableCell[] {
  const test = lastTestSummary(connection, now);
  return [
    { text: connection.name, style: theme.strong },
    { text: connection.role },
    { text: kindOf(connection) },
    { text: addressOf(connection) },
    { text: usersOf(connection, disconnected) },
    { text: test.text, style: outcomeStyle(test.outcome, theme) },
  ];
}

function tabled(connections: readonly Connection[], view: View, disconnected?: ReadonlySet<string>): string {
  const rows = connections.map((connection) => connectionCells(connection, view, disconnected));
  return table(listColumns, rows, view);
}

/** A block a connection: its name, how it is, what it is, where it leads. */
function stacked(connections: readonly Connection[], view: View, disconnected?: ReadonlySet<string>): string {
  const line = (text: string) => truncateToWidth(terminalSafe(text), view.columns);
  return connections
    .map((connection) => {
      const test = lastTestSummary(connection, view.now);
      const used = connection.usedBy.length === 0 ? '' : `, used by ${usersOf(connection, disconnected)}`;
      return [
        view.theme.strong(line(connection.name)),
        outcomeStyle(test.outcome, view.theme)(line(`  ${test.text}`)),
        line(`  ${connection.role}, ${kindOf(connection)}${used}`),
        line(`  ${addressOf(connection)}`),
        '',
      ].join('\n');
    })
    .join('\n');
}

/** What it is, and who hosts it: `postgres · neon`. */
export function kindOf({ connector, provider }: Connection): string {
  return `${connector} · ${provider}`;
}

/**
 * The pipelines that use it, `–` for none.
 * @param disconnected names of those that have lost a connection, which is told beside them
 */
export function usersOf({ usedBy }: Connection, disconnected: ReadonlySet<string> = new Set()): string {
  if (usedBy.length === 0) return '–';
  return usedBy.map((name) => (disconnected.has(name) ? `${name} (disconnected)` : name)).join(', ');
}
