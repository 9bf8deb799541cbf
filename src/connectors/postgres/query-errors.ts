import type { Endpoint } from '../../connections/connection.ts';
import { ServerError } from '../../connections/errors.ts';
import type { SqlScript, SqlStatement } from '../../connections/query-port.ts';
import { sqlstateOf } from './diagnosis.ts';
import { poolerError, workError } from './fault-error.ts';

/** The fields of an ErrorResponse that are read (manual, 54.8), as pg's DatabaseError has them. */
interface ServerWords {
  readonly message?: unknown;
  readonly detail?: unknown;
  readonly hint?: unknown;
  /** Counts characters of the statement from 1. */
  readonly position?: unknown;
}

/** Columns of the line that are shown around the place of an error. */
const shownBefore = 60;
const shownAfter = 30;

/** What ended a statement, with its place in the whole text where the server told one. */
export function statementError(
  error: unknown,
  script: SqlScript,
  statement: SqlStatement,
  write: boolean,
  endpoint: Endpoint,
): unknown {
  const sqlstate = sqlstateOf(error);
  if (sqlstate === null) return error;
  const pooler = poolerError(error, endpoint);
  if (pooler !== null) return pooler;
  const { message, detail, hint, position } = error as ServerWords;
  const place = placeIn(script, statement, typeof position === 'string' ? Number(position) : null);
  const more = typeof detail === 'string' ? `: ${detail}` : '';
  return new ServerError({
    code: 'query_failed',
    message: onOneLine(`${place.where}: ${String(message)} (${sqlstate})${more}`),
    fix: fixOf(!write && sqlstate === '25001' ? readOnlyState : sqlstate, hint),
    excerpt: place.excerpt,
    cause: error,
  });
}

/** What ended a session, be it while it was opened or later. */
export function sessionError(error: unknown, endpoint: Endpoint): unknown {
  return workError(
    error,
    endpoint,
    (refused, sqlstate) =>
      new ServerError({
        code: 'query_failed',
        message: onOneLine(`the server refused: ${refused.message} (${sqlstate})`),
        fix: fixOf(sqlstate, (refused as ServerWords).hint),
        cause: refused,
      }),
  );
}

/** A read-only transaction refuses to change something; it can't be left either. */
const readOnlyState = '25006';

const fixes: Readonly<Record<string, string>> = {
  [readOnlyState]:
    'to change something there is --write; where it is a source, connections edit NAME --allow-write first',
  '42501': 'have its owner grant it, or connect as another user',
  '42P01': 'name its schema, or look for it with: jackfield connections discover NAME --search TEXT',
  '42703': 'jackfield connections discover NAME --table TABLE shows the columns there are',
  '08P01': 'write parameters as :name, and give each with --param name=value',
  '25001': 'run it alone: with --write one statement alone has no transaction around it',
};

/** By the class, the first two characters (manual, Appendix A): where it is not the SQL. */
const classFixes: Readonly<Record<string, string>> = {
  '40': 'run it again: another transaction was in its way',
  '53': 'look at the server: it lacks memory, disk or connections',
  '57': 'run it again; if that stays, ask who runs the server',
  '58': 'look at the server’s log',
  XX: 'look at the server’s log',
};

function fixOf(sqlstate: string, hint: unknown): string {
  if (typeof hint === 'string' && hint !== '') return onOneLine(hint);
  return fixes[sqlstate] ?? classFixes[sqlstate.slice(0, 2)] ?? 'correct the SQL';
}

function onOneLine(text: string): string {
  return text.trim().replace(/\s*[\r\n]+\s*/g, ' ');
}

interface Place {
  readonly where: string;
  /** The line with the place in it, and a caret below; null where the place is not known. */
  readonly excerpt: { readonly line: string; readonly caret: number } | null;
}

function placeIn({ source }: SqlScript, statement: SqlStatement, position: number | null): Place {
  const known = position !== null && Number.isInteger(position) && position > 0;
  const at = statement.placeOf(known ? utf16Index(statement.text, position - 1) : 0);
  const start = Math.max(source.lastIndexOf('\n', at - 1), source.lastIndexOf('\r', at - 1)) + 1;
  const line = source.slice(0, start).split(/\r\n|\r|\n/).length;
  if (!known) return { where: `line ${line}`, excerpt: null };
  const end = source.slice(at).search(/[\r\n]/);
  const from = Math.max(start, at - shownBefore);
  const to = Math.min(end < 0 ? source.length : at + end, at + shownAfter);
  const column = [...source.slice(start, at)].length + 1;
  return {
    where: `line ${line}, column ${column}`,
    excerpt: { line: source.slice(from, to), caret: at - from },
  };
}

/** @param characters code points from the start */
function utf16Index(text: string, characters: number): number {
  let index = 0;
  for (let count = 0; count < characters && index < text.length; count += 1) {
    index += (text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1;
  }
  return index;
}
