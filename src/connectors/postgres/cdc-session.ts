import type { CdcDial } from '../../cdc/port.ts';
import type { Endpoint } from '../../connections/connection.ts';
import { RefusedError, ServerError } from '../../connections/errors.ts';
import { Deadline } from './deadline.ts';
import { workError } from './fault-error.ts';
import { openSession } from './open-session.ts';
import type { Session } from './session.ts';
import { readTlsFiles, type TlsFiles } from './tls-files.ts';

/** Tables may be many, and a publication's comment names those that are wanted. */
const bounds = { maxMessage: 16 * 1024 * 1024, maxTotal: 128 * 1024 * 1024 };
/** What asks again and again has no end of its own. */
const endless = { ...bounds, maxTotal: Number.POSITIVE_INFINITY };

/** A session for CDC, and what others beside it are opened with. */
export interface CdcSession {
  readonly session: Session;
  readonly files: TlsFiles;
  readonly deadline: Deadline;
}

/** @throws Fault; InterruptedError; UsageError for files that can't be read */
export async function openCdcSession(
  { endpoint, secrets, timeoutMs, signal }: CdcDial,
  kind: { readonly endless?: boolean; readonly replication?: boolean } = {},
): Promise<CdcSession> {
  const deadline = new Deadline(timeoutMs, signal);
  const files = await readTlsFiles(endpoint);
  const { replication = false } = kind;
  const options = { endpoint, secrets, files, bounds: kind.endless ? endless : bounds, replication };
  const { session } = await openSession(options, deadline);
  return { session, files, deadline };
}

/** Runs work in a session of its own, and puts what ends it into words. */
export async function inCdcSession<T>(dial: CdcDial, work: (opened: CdcSession) => Promise<T>): Promise<T> {
  try {
    const opened = await openCdcSession(dial);
    try {
      return await work(opened);
    } finally {
      opened.session.close();
    }
  } catch (error) {
    throw cdcError(error, dial.endpoint);
  }
}

interface Words {
  readonly code: string;
  /** Whether what was asked for was refused, rather than that it went wrong. */
  readonly refused?: boolean;
  readonly message: string;
  readonly fix: string;
}

const again = 'run it again: it goes on from where it was';

/** What the server's refusals mean here (manual, appendix A). */
const bySqlstate: Readonly<Record<string, Words>> = {
  '42501': {
    code: 'cdc_not_permitted',
    message: 'the user may not do that',
    fix: 'jackfield connections cdc check NAME says what is lacking; then run it again: it goes on from where it was',
  },
  '55P03': {
    code: 'table_locked',
    message: 'another session holds a lock on what is to be changed',
    fix: `wait until it is done, then ${again}`,
  },
  '57014': {
    code: 'cdc_timeout',
    message: 'the server did not get there in time',
    fix: `give it longer with --timeout, or ${again}`,
  },
  '42710': {
    code: 'name_taken_meanwhile',
    refused: true,
    message: 'somebody else has made one of that name just now',
    fix: `${again}, or choose another --slot and --publication`,
  },
  '53400': {
    code: 'no_slot_free',
    message: 'the server has no replication slot left',
    fix: 'drop a slot that nobody reads, or raise max_replication_slots and restart the server',
  },
  '55006': {
    code: 'slot_active',
    refused: true,
    message: 'a consumer is at work on the slot',
    fix: 'stop it first, or use --force, which ends it',
  },
  '42P01': {
    code: 'plan_changed',
    refused: true,
    message: 'a table was dropped meanwhile',
    fix: 'look at what is to be done now: jackfield connections cdc plan NAME --table …',
  },
};

const otherWords: Words = {
  code: 'server_refused',
  message: 'the server refused',
  fix: 'read the server’s own words; jackfield connections cdc check NAME may say more',
};

/** An error of a session as what ends a command. */
export function cdcError(error: unknown, endpoint: Endpoint): unknown {
  return workError(error, endpoint, (refused, sqlstate) => {
    const words = bySqlstate[sqlstate] ?? otherWords;
    const { code, message, fix } = words;
    const parts = { code, message: `${message}: ${refused.message} (${sqlstate})`, fix, cause: refused };
    return words.refused ? new RefusedError(parts) : new ServerError(parts);
  });
}
