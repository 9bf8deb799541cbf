import type { Endpoint, SslMode } from '../../src/connections/connection.ts';
import type { ProbeResult } from '../../src/connections/connector.ts';
import { JackfieldError } from '../../src/connections/errors.ts';
import { sslModes } from '../../src/connections/vocabulary.ts';
import { anEndpoint, outcome, probeEndpoint } from './endpoint.ts';
import type { Psql, PsqlOutcome } from './psql.ts';
import { type DifferenceName, differences, letterOf } from './tls-differences.ts';

/*
 * The same server, asked by psql and by us, once for each sslmode. What both do is a cell; a row of cells
 * is one situation, and a table of rows is what docs/tls.md shows.
 */

/** A server, and what a client brings along. */
export interface Situation {
  /** The server's side, in a few words. */
  readonly server: string;
  /** The client's side, in a few words. */
  readonly client: string;
  readonly endpoint: Partial<Endpoint>;
  readonly password?: string;
  readonly keyPassword?: string;
  /** All of them when left out. */
  readonly modes?: readonly SslMode[];
  /** Where we are meant to differ from libpq, always to the stricter side, and why. */
  readonly stricter?: readonly Difference[];
}

interface Difference {
  readonly modes: readonly SslMode[];
  readonly reason: DifferenceName;
}

export interface Cell {
  readonly mode: SslMode;
  readonly psql: PsqlOutcome;
  /** `TLS`, `clear`, or where it failed and why: `tls: tls_expired`. */
  readonly ours: string;
}

export interface Row extends Situation {
  readonly cells: readonly Cell[];
}

/** Asks both, a few situations at a time. */
export async function compare(psql: Psql, situations: readonly Situation[]): Promise<Row[]> {
  const cells = situations.flatMap((situation) =>
    (situation.modes ?? sslModes).map((mode) => ({ situation, mode })),
  );
  const results = new Map<Situation, Cell[]>(situations.map((situation) => [situation, []]));
  const workers = Array.from({ length: 4 }, async () => {
    for (let next = cells.shift(); next !== undefined; next = cells.shift()) {
      const { situation, mode } = next;
      const [theirs, ours] = await Promise.all([
        psql.connect(psqlSettings(situation, mode)),
        ourOutcome(situation, mode),
      ]);
      results.get(situation)?.push({ mode, psql: theirs, ours });
    }
  });
  await Promise.all(workers);
  const inOrder = (a: Cell, b: Cell) => sslModes.indexOf(a.mode) - sslModes.indexOf(b.mode);
  return situations.map((situation) => ({
    ...situation,
    cells: (results.get(situation) ?? []).sort(inOrder),
  }));
}

/** What libpq is told for an endpoint, by its own names. */
function psqlSettings(situation: Situation, mode: SslMode): Record<string, string> {
  const { options, ...endpoint } = anEndpoint({ ...situation.endpoint, sslMode: mode });
  const settings: Record<string, string | null | undefined> = {
    host: endpoint.host,
    port: `${endpoint.port}`,
    dbname: endpoint.database,
    user: endpoint.username,
    sslmode: mode,
    sslrootcert: endpoint.sslRootCert,
    sslcert: endpoint.sslCert,
    sslkey: endpoint.sslKey,
    sslcrl: endpoint.sslCrl,
    password: situation.password,
    sslpassword: situation.keyPassword,
    connect_timeout: '10',
    ...options,
  };
  const given = Object.entries(settings).filter((entry): entry is [string, string] => entry[1] != null);
  return Object.fromEntries(given);
}

async function ourOutcome(situation: Situation, mode: SslMode): Promise<string> {
  const { password = null, keyPassword = null } = situation;
  const endpoint = anEndpoint({ ...situation.endpoint, sslMode: mode });
  try {
    const result = await probeEndpoint(endpoint, { password, keyPassword, timeoutMs: 15_000 });
    return kindOfSession(result);
  } catch (error) {
    // What is wrong with the files is told before anything is dialled.
    if (error instanceof JackfieldError) return `exit 2: ${error.code}`;
    throw error;
  }
}

/** `TLS`, `clear`, or where it failed and why; what is to be had in the session does not matter. */
export function kindOfSession(result: ProbeResult): string {
  if (result.server === null) return outcome(result);
  return result.server.tls === null ? 'clear' : 'TLS';
}

/** Whether both opened the same kind of session, or both none. */
function agrees({ psql, ours }: Cell): boolean {
  return psql.session === (isSession(ours) ? ours : 'refused');
}

/** Whether we let through what libpq would not: a session that it refuses, or one in the clear for one over TLS. */
export function isWeaker({ psql, ours }: Cell): boolean {
  return isSession(ours) && psql.session !== ours && !(psql.session === 'clear' && ours === 'TLS');
}

function isSession(ours: string): boolean {
  return ours === 'TLS' || ours === 'clear';
}

/** The modes in which a row's cells do not agree. */
export function differingModes(row: Row): SslMode[] {
  return row.cells.filter((cell) => !agrees(cell)).map(({ mode }) => mode);
}

/**
 * What a document shows of rows: the table, the count of cells that agree, and why the others do not.
 * Where we differ, what libpq does stands in the cell too, with the letter of the reason.
 */
export function report(rows: readonly Row[]): string {
  const cells = rows.flatMap((row) => row.cells);
  const agreeing = cells.filter(agrees).length;
  const used = new Set(rows.flatMap(({ stricter = [] }) => stricter.map(({ reason }) => reason)));
  const names = (Object.keys(differences) as DifferenceName[]).filter((name) => used.has(name));
  const count = `${agreeing} of ${cells.length} cells agree`;
  const reasons = names.map((name) => `- (${letterOf(name)}) ${differences[name]}`);
  const ending = reasons.length === 0 ? `${count}.` : `${count}. In the others we are stricter:`;
  return [markdownTable(rows), '', ending, ...(reasons.length === 0 ? [] : ['', ...reasons])].join('\n');
}

function markdownTable(rows: readonly Row[]): string {
  const modes = sslModes.filter((mode) => rows.some(({ cells }) => cells.some((cell) => cell.mode === mode)));
  const lines = rows.map((row) => {
    const cells = modes.map((mode) => {
      const cell = row.cells.find((candidate) => candidate.mode === mode);
      return cell === undefined ? '' : cellText(cell, row);
    });
    return [row.server, row.client, ...cells];
  });
  const table = [['server', 'connection', ...modes.map((mode) => `\`${mode}\``)], ...lines];
  const widths = (table[0] ?? []).map((_, at) => Math.max(...table.map((line) => line[at]?.length ?? 0)));
  const text = (line: readonly string[]) =>
    `| ${line.map((word, at) => word.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = table;
  return [text(head), text(widths.map((width) => '-'.repeat(width))), ...body.map(text)].join('\n');
}

function cellText(cell: Cell, row: Row): string {
  const ours = cell.ours.replace(/^.*: /, '');
  const text = isSession(ours) ? ours : `\`${ours}\``;
  if (agrees(cell)) return text;
  const meant = row.stricter?.find(({ modes }) => modes.includes(cell.mode));
  return `${text}, libpq ${cell.psql.session} (${meant ? letterOf(meant.reason) : 'not meant'})`;
}
