import { type CdcNames, type CdcProblem, type CdcStatus, worst } from '../../cdc/cdc.ts';
import type { CdcStatusReader, CdcStatusRequest } from '../../cdc/port.ts';
import type { TableName } from '../../connections/connection.ts';
import { size } from './cdc-check-server.ts';
import { hasKey, unitsOf, written } from './cdc-check-tables.ts';
import { reading } from './cdc-facts.ts';
import { foreignSlot, published } from './cdc-plan.ts';
import { cdcError, openCdcSession } from './cdc-session.ts';
import { type CdcState, isLost, readCdcState } from './cdc-state.ts';
import { type ChosenTable, nameOf, tablesNamed, without } from './cdc-tables.ts';
import { Deadline } from './deadline.ts';
import { quoteIdentifier } from './identifiers.ts';
import type { Session } from './session.ts';

/** What a status is judged by. */
export interface StatusSituation {
  readonly names: CdcNames;
  readonly state: CdcState;
  readonly version: number;
  readonly recovery: boolean;
  readonly database: string;
  /** What the marker wants that is there. */
  readonly wanted: readonly ChosenTable[];
  readonly published: readonly ChosenTable[];
}

/** @throws ServerError; InterruptedError; UsageError */
export async function openCdcStatus(request: CdcStatusRequest): Promise<CdcStatusReader> {
  const { endpoint, names, connection, timeoutMs, signal } = request;
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw cdcError(error, endpoint);
    }
  };
  const { session } = await guarded(() => openCdcSession(request, { endless: true }));
  return {
    read: () =>
      guarded(async () => {
        session.deadline = new Deadline(timeoutMs, signal);
        const situation = await reading(session, () => lookAt(session, names));
        return { connection: connection.name, at: new Date().toISOString(), ...judgeStatus(situation) };
      }),
    close: () => session.close(),
  };
}

async function lookAt(session: Session, names: CdcNames): Promise<StatusSituation> {
  const state = await readCdcState(session, names);
  const { database, recovery, version } = await session.queryRow(
    `SELECT current_database() AS database, pg_is_in_recovery() AS recovery,
  current_setting('server_version_num') AS version`,
  );
  const marker = state.publication?.marker;
  const wanted = typeof marker === 'object' && marker !== null ? marker.tables : [];
  return {
    names,
    state,
    version: Number(version),
    recovery: recovery === 't',
    database: database ?? '',
    wanted: await tablesNamed(session, wanted),
    published: await tablesNamed(session, state.publication?.tables ?? []),
  };
}

/** How a set-up is, of what the server says alone. */
export function judgeStatus(situation: StatusSituation): Omit<CdcStatus, 'connection' | 'at'> {
  const { names, state } = situation;
  const tables = compareTables(situation);
  const problems =
    state.publication === null && state.slot === null
      ? [failed('not_set_up', 'CDC is not set up', 'jackfield connections cdc setup NAME --table …')]
      : [
          ...publicationProblems(situation),
          ...slotProblems(situation),
          ...tableProblems(tables),
          ...keyProblems(situation),
        ];
  return {
    status: worst(problems.map(({ status }) => status)),
    publication: names.publication,
    publish: state.publication === null ? null : [...state.publication.publish],
    slot: state.slot?.facts ?? null,
    tables,
    problems,
  };
}

function compareTables({ state, wanted, published: there, version }: StatusSituation): CdcStatus['tables'] {
  const marker = state.publication?.marker;
  const asked = typeof marker === 'object' && marker !== null ? marker.tables : [];
  const expected = wanted.flatMap((it) => published(it, version));
  const gone = without(
    asked,
    wanted.map(({ table }) => table),
  );
  const present = there.map(({ table }) => table);
  return {
    wanted: asked.map(nameOf),
    missing: [...gone, ...without(expected, present)].map(nameOf),
    extra: asked.length === 0 ? [] : without(present, expected).map(nameOf),
  };
}

function publicationProblems({ names, state }: StatusSituation): CdcProblem[] {
  const { publication } = state;
  const name = quoteIdentifier(names.publication);
  if (publication === null) {
    return [
      failed(
        'publication_missing',
        `the publication ${name} is gone, and the slot ${names.slot} keeps WAL for nothing`,
        'jackfield connections cdc teardown NAME --force, or cdc setup NAME --table …',
      ),
    ];
  }
  if (publication.marker === null || publication.marker === 'unreadable') {
    return [
      failed(
        'publication_not_ours',
        `the publication ${name} of ${publication.owner} bears no mark of jackfield’s`,
        'choose the right one with --publication',
      ),
    ];
  }
  if (publication.marker.slot === names.slot) return [];
  const message = `the publication ${name} was made for the slot ${publication.marker.slot}`;
  return [failed('publication_of_other_slot', message, `--slot ${publication.marker.slot}`)];
}

function slotProblems({ names, state, database, recovery }: StatusSituation): CdcProblem[] {
  const { slot, publication } = state;
  if (slot === null) {
    const marker = publication?.marker;
    const elsewhere = typeof marker === 'object' && marker !== null && marker.elsewhere && !recovery;
    if (elsewhere) return [];
    return [
      failed(
        'slot_missing',
        `there is no slot ${names.slot}: changes are kept for nobody`,
        'jackfield connections cdc setup NAME makes it; what was changed meanwhile must be copied anew',
      ),
    ];
  }
  const foreign = foreignSlot(slot, database);
  if (foreign !== null) {
    return [
      failed('slot_not_ours', `the slot ${names.slot} is ${foreign}`, 'choose the right one with --slot'),
    ];
  }
  const { facts } = slot;
  if (isLost(facts)) {
    const why = facts.invalidation === null ? '' : ` (${facts.invalidation})`;
    return [
      failed(
        'slot_lost',
        `the slot ${names.slot} is lost${why}: changes are missing for its consumer`,
        'raise max_slot_wal_keep_size, then jackfield connections cdc teardown NAME, cdc setup NAME --table …, and copy the tables anew',
      ),
    ];
  }
  const problems: CdcProblem[] = [];
  if (facts.walStatus === 'unreserved') {
    problems.push(
      warned(
        'slot_unreserved',
        `the slot ${names.slot} is behind more WAL than the server keeps, and is lost at a next checkpoint`,
        'let its consumer catch up now',
      ),
    );
  }
  if (facts.active && facts.confirmedPosition === null) {
    // Until it is made there is no position that a consumer could go on from.
    problems.push(
      warned(
        'slot_unfinished',
        `the slot ${names.slot} is still being made by process ${facts.activePid}, which waits for the transactions that were open when it began`,
        `let them end, or give it up: SELECT pg_terminate_backend(${facts.activePid});`,
      ),
    );
  }
  if (!facts.active) {
    const since = facts.inactiveSince === null ? '' : ` since ${facts.inactiveSince}`;
    const kept =
      facts.retainedBytes === null ? '' : `, and ${size(facts.retainedBytes)} of WAL are kept for it`;
    problems.push(
      warned(
        'slot_inactive',
        `nobody reads the slot ${names.slot}${since}${kept}`,
        'start its consumer; where there is none any more: jackfield connections cdc teardown NAME',
      ),
    );
  }
  return problems;
}

function tableProblems({ missing, extra }: CdcStatus['tables']): CdcProblem[] {
  const names = (tables: readonly TableName[]) =>
    tables.slice(0, 3).map(written).join(', ') + (tables.length > 3 ? ` and ${tables.length - 3} more` : '');
  return [
    ...(missing.length === 0
      ? []
      : [
          warned(
            'tables_missing',
            `wanted and not published: ${names(missing)}`,
            'jackfield connections cdc setup NAME publishes what is there, and forgets what was dropped',
          ),
        ]),
    ...(extra.length === 0
      ? []
      : [
          warned(
            'tables_extra',
            `published and not wanted: ${names(extra)}`,
            'jackfield connections cdc setup NAME --table … says what is wanted',
          ),
        ]),
  ];
}

function keyProblems({ state, published: there }: StatusSituation): CdcProblem[] {
  const { publication } = state;
  if (publication === null) return [];
  if (!publication.publish.includes('update') && !publication.publish.includes('delete')) return [];
  const keyless = there.flatMap(unitsOf).filter((it) => it.permanent && !hasKey(it));
  const [first] = keyless;
  if (first === undefined) return [];
  const names = keyless.slice(0, 3).map(written).join(', ');
  const more = keyless.length > 3 ? ` and ${keyless.length - 3} more` : '';
  return [
    failed(
      'no_key',
      `published without a usable key: the application's UPDATE and DELETE fail on ${names}${more}`,
      `ALTER TABLE ${written(first)} ADD PRIMARY KEY (…); or at once: ALTER TABLE ${written(first)} REPLICA IDENTITY FULL;`,
    ),
  ];
}

function failed(code: string, message: string, fix: string): CdcProblem {
  return { code, status: 'failed', message, fix };
}

function warned(code: string, message: string, fix: string): CdcProblem {
  return { code, status: 'warned', message, fix };
}
