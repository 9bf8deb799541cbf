import type { CdcCheckResult } from '../../cdc/cdc.ts';
import type { CdcFacts, OldTransaction } from './cdc-facts.ts';
import {
  directHostFix,
  isPoolerHost,
  roleFix,
  settingFix,
  unsupportedBy,
  walLevelFix,
} from './cdc-providers.ts';
import type { ReplicationTrial } from './cdc-replication.ts';
import { displayIdentifier } from './identifiers.ts';
import type { SessionFacts } from './session-facts.ts';

/** What the server is judged by. */
export interface ServerSituation {
  readonly host: string;
  readonly session: Pick<SessionFacts, 'server' | 'versionNumber' | 'behindProxy' | 'sessionUser'>;
  readonly facts: CdcFacts;
  readonly replication: ReplicationTrial;
  /** Our slot, where it is there already: it needs no place of its own any more. */
  readonly slot: { readonly name: string; readonly exists: boolean };
  /** What the tables that are to be captured take on disk, as far as it is known. */
  readonly tableBytes: number;
}

const GiB = 1024 ** 3;
/** A consumer that is restarted is away for about as long. */
const fewIdleSeconds = 300;
const fewSenderMs = 30_000;
/** A slot that nobody reads and that keeps more than this is told of. */
const muchWal = GiB;

type Name = CdcCheckResult['check'];

const passed = (check: Name, message: string): CdcCheckResult => ({
  check,
  status: 'passed',
  code: null,
  message,
  fix: null,
});
const complaint =
  (status: 'failed' | 'warned') =>
  (check: Name, code: string, message: string, fix: string): CdcCheckResult => ({
    check,
    status,
    code,
    message,
    fix,
  });
const failed = complaint('failed');
const warned = complaint('warned');
const skipped = (check: Name, message: string): CdcCheckResult => ({
  ...passed(check, message),
  status: 'skipped',
});

/** Every check of the server and the role, each by itself: none hides another. */
export function judgeServer(situation: ServerSituation): CdcCheckResult[] {
  return [
    engine,
    version,
    walLevel,
    role,
    pooler,
    replication,
    slots,
    senders,
    walKeep,
    idleTimeout,
    senderTimeout,
    standby,
    publish,
    transactions,
    idleSlots,
  ].map((judge) => judge(situation));
}

function engine({ session }: ServerSituation): CdcCheckResult {
  const why = unsupportedBy(session.server.provider);
  if (why === null) return passed('engine', session.server.provider);
  return failed('engine', 'engine_unsupported', why, 'use what it has of its own, or a source in PostgreSQL');
}

function version({ session }: ServerSituation): CdcCheckResult {
  const { versionNumber, server } = session;
  if (versionNumber >= 120_000) return passed('version', `PostgreSQL ${server.version}`);
  const message = `PostgreSQL ${server.version} is older than 12`;
  return failed('version', 'version_too_old', message, 'upgrade the server to a version that is maintained');
}

function walLevel({ session, facts }: ServerSituation): CdcCheckResult {
  if (facts.walLevel === 'logical') return passed('wal_level', 'logical');
  const message = `wal_level is ${facts.walLevel}: changes can't be decoded from it`;
  return failed('wal_level', 'wal_level_not_logical', message, walLevelFix(session.server.provider));
}

function role({ session, facts }: ServerSituation): CdcCheckResult {
  const { superuser, replication: attribute, replicationRole } = facts;
  const user = displayIdentifier(session.sessionUser);
  if (attribute) return passed('role', `${user} has REPLICATION`);
  if (superuser) return passed('role', `${user} is a superuser`);
  if (replicationRole !== null) return passed('role', `${user} is a member of ${replicationRole}`);
  return failed(
    'role',
    'role_without_replication',
    `${user} may not replicate`,
    roleFix(session.server.provider, session.sessionUser),
  );
}

function pooler({ session, replication: trial, host }: ServerSituation): CdcCheckResult {
  const { provider } = session.server;
  const known = isPoolerHost(provider, host);
  if (!known && !session.behindProxy) return passed('pooler', 'none in between');
  const fix = directHostFix(provider, host);
  if (known || trial.fault !== null) {
    const message = 'a pooler stands in between, and carries no replication connection';
    return failed('pooler', 'pooler_between', message, fix);
  }
  const message = 'a pooler stands in between; it carries replication, as PgBouncer does since 1.23';
  return warned('pooler', 'pooler_carries', message, fix);
}

function replication({ replication: trial, session }: ServerSituation): CdcCheckResult {
  const { fault } = trial;
  if (fault === null) {
    return passed(
      'replication',
      `a replication connection works (timeline ${trial.timeline}, at ${trial.position})`,
    );
  }
  const { server, sessionUser } = session;
  // The server tells more of who hosts it than its name does.
  const fix = fault.code === 'replication_denied' ? roleFix(server.provider, sessionUser) : fault.fix;
  return failed('replication', fault.code, `no replication connection: ${fault.sentence}`, fix);
}

function slots({ session, facts, slot }: ServerSituation): CdcCheckResult {
  const { used, most } = facts.slots;
  if (slot.exists) return passed('slots', `${used} of ${most} in use, ${slot.name} among them`);
  if (used < most) return passed('slots', `${used} of ${most} in use`);
  const fix = settingFix(
    session.server.provider,
    'drop a slot that nobody reads, or raise max_replication_slots',
  );
  return failed('slots', 'no_slot_free', `all ${most} replication slots are in use`, `${fix} and restart`);
}

function senders({ session, facts }: ServerSituation): CdcCheckResult {
  const { used, most } = facts.senders;
  if (used < most) return passed('senders', `${used} of ${most} in use`);
  const fix = settingFix(session.server.provider, 'raise max_wal_senders');
  return failed('senders', 'no_sender_free', `all ${most} WAL senders are in use`, `${fix} and restart`);
}

function walKeep({ session, facts, tableBytes }: ServerSituation): CdcCheckResult {
  const { walKeepBytes } = facts;
  const fix = (change: string) => settingFix(session.server.provider, change);
  if (walKeepBytes === null || walKeepBytes < 0) {
    const since = walKeepBytes === null ? ': the setting is there since PostgreSQL 13' : '';
    return warned(
      'wal_keep',
      'wal_keep_unlimited',
      `a slot that nobody reads keeps WAL until the disk is full${since}`,
      walKeepBytes === null
        ? 'watch it: jackfield connections cdc status NAME --max-retained 10GiB'
        : `${fix('set max_slot_wal_keep_size to what the disk can spare')}, and watch it: jackfield connections cdc status NAME`,
    );
  }
  if (walKeepBytes === 0) {
    const message = 'max_slot_wal_keep_size is 0: a slot is lost at the first checkpoint that it is behind';
    return failed('wal_keep', 'wal_keep_nothing', message, fix('raise max_slot_wal_keep_size'));
  }
  if (walKeepBytes < GiB || walKeepBytes < tableBytes / 10) {
    const message = `max_slot_wal_keep_size is ${size(walKeepBytes)}: what is written while the first copy is made${tableBytes > 0 ? ` of ${size(tableBytes)}` : ''} may not fit`;
    return warned('wal_keep', 'wal_keep_small', message, fix('raise max_slot_wal_keep_size'));
  }
  return passed('wal_keep', `a slot keeps ${size(walKeepBytes)} at the most`);
}

function idleTimeout({ session, facts }: ServerSituation): CdcCheckResult {
  const { idleTimeoutSeconds: seconds } = facts;
  if (seconds === null) return skipped('idle_timeout', 'the setting is there since PostgreSQL 18');
  if (seconds === 0 || seconds > fewIdleSeconds) {
    return passed(
      'idle_timeout',
      seconds === 0 ? 'an idle slot is kept' : `an idle slot is kept for ${seconds} s`,
    );
  }
  return warned(
    'idle_timeout',
    'idle_timeout_short',
    `a slot that is not read for ${seconds} s is lost (idle_replication_slot_timeout)`,
    settingFix(session.server.provider, 'raise idle_replication_slot_timeout, or set it to 0,'),
  );
}

function senderTimeout({ session, facts }: ServerSituation): CdcCheckResult {
  const { senderTimeoutMs } = facts;
  if (senderTimeoutMs === 0) return passed('sender_timeout', 'none');
  if (senderTimeoutMs >= fewSenderMs) return passed('sender_timeout', `${senderTimeoutMs / 1000} s`);
  return warned(
    'sender_timeout',
    'sender_timeout_short',
    `a consumer that says nothing for ${senderTimeoutMs / 1000} s is cut off (wal_sender_timeout)`,
    settingFix(session.server.provider, 'raise wal_sender_timeout to 60s'),
  );
}

function standby({ session, facts }: ServerSituation): CdcCheckResult {
  if (!session.server.recovery) return passed('standby', 'it is a primary');
  if (session.versionNumber < 160_000) {
    const message = 'it is a standby, and those can be decoded since PostgreSQL 16';
    return failed('standby', 'standby_too_old', message, 'use the primary');
  }
  if (!facts.standbyFeedback) {
    return failed(
      'standby',
      'standby_feedback_off',
      'hot_standby_feedback is off: vacuum on the primary would take the slot away',
      settingFix(session.server.provider, 'set hot_standby_feedback = on'),
    );
  }
  return warned(
    'standby',
    'standby_source',
    'it is a standby: the publication is made on the primary, the slot here',
    'give the standby a physical slot (primary_slot_name), and look at docs/cdc.md',
  );
}

function publish({ session, facts }: ServerSituation): CdcCheckResult {
  if (session.server.recovery) return skipped('publish', 'publications are made on the primary');
  const database = displayIdentifier(facts.database);
  if (facts.mayPublish)
    return passed('publish', `${displayIdentifier(facts.currentUser)} may make a publication`);
  return failed(
    'publish',
    'database_create_denied',
    `a publication needs CREATE on the database ${database}`,
    `GRANT CREATE ON DATABASE ${database} TO ${displayIdentifier(facts.currentUser)};`,
  );
}

function transactions({ facts }: ServerSituation): CdcCheckResult {
  const { transactions: running, prepared } = facts;
  const [first] = prepared;
  if (first !== undefined) {
    return warned(
      'transactions',
      'prepared_transactions',
      `making a slot waits for ${prepared.length === 1 ? 'a prepared transaction' : `${prepared.length} prepared transactions`}: ${prepared
        .slice(0, 3)
        .map(({ gid, owner, seconds }) => `${gid} of ${owner}, ${seconds} s old`)
        .join('; ')}`,
      `end them: ROLLBACK PREPARED '${first.gid.replaceAll("'", "''")}';`,
    );
  }
  const old = running.filter(({ seconds }) => seconds === null || seconds >= 5);
  if (old.length === 0) return passed('transactions', 'none that a new slot would wait for');
  return warned(
    'transactions',
    'old_transactions',
    `making a slot waits for ${old.length === 1 ? 'a transaction' : `${old.length} transactions`}: ${old
      .slice(0, 3)
      .map(transactionText)
      .join('; ')}`,
    `end them first, or: SELECT pg_terminate_backend(${old[0]?.pid});`,
  );
}

/** `process 123 of app (psql, idle in transaction), 300 s old`. */
export function transactionText({ pid, user, application, state, seconds }: OldTransaction): string {
  const who = [application, state].filter((it) => it !== null).join(', ');
  const of = user === null ? '' : ` of ${user}`;
  return `process ${pid}${of}${who === '' ? '' : ` (${who})`}${seconds === null ? '' : `, ${seconds} s old`}`;
}

function idleSlots({ facts, slot }: ServerSituation): CdcCheckResult {
  const heavy = facts.idleSlots.filter(
    ({ name, retainedBytes, walStatus }) =>
      name !== slot.name &&
      ((retainedBytes ?? 0) >= muchWal || walStatus === 'lost' || walStatus === 'unreserved'),
  );
  const [first] = heavy;
  if (first === undefined) return passed('idle_slots', 'no abandoned slot holds much WAL');
  const told = heavy.slice(0, 3).map(({ name, retainedBytes, walStatus }) => {
    const what = walStatus === 'lost' ? 'lost' : `keeps ${size(retainedBytes ?? 0)}`;
    return `${name} (${what})`;
  });
  return warned(
    'idle_slots',
    'idle_slots_retain',
    `slots that nobody reads: ${told.join(', ')}${heavy.length > 3 ? ` and ${heavy.length - 3} more` : ''}`,
    `where one is not needed any more: SELECT pg_drop_replication_slot('${first.name.replaceAll("'", "''")}');`,
  );
}

/** For sentences: whole units of 1024. */
export function size(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value >= 10 || Number.isInteger(value) ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}
