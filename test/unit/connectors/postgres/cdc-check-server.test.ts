import { describe, expect, it } from 'vitest';
import {
  judgeServer,
  type ServerSituation,
  size,
} from '../../../../src/connectors/postgres/cdc-check-server.ts';
import { Fault } from '../../../../src/connectors/postgres/faults.ts';

const facts: ServerSituation['facts'] = {
  walLevel: 'logical',
  currentUser: 'reader',
  database: 'shop',
  superuser: false,
  replication: true,
  replicationRole: null,
  mayPublish: true,
  slots: { used: 1, most: 10 },
  senders: { used: 1, most: 10 },
  walKeepBytes: 20 * 1024 ** 3,
  idleTimeoutSeconds: 0,
  senderTimeoutMs: 60_000,
  standbyFeedback: false,
  transactions: [],
  prepared: [],
  idleSlots: [],
};

interface Changes extends Partial<Omit<ServerSituation, 'facts' | 'session'>> {
  readonly facts?: Partial<ServerSituation['facts']>;
  readonly provider?: string;
  readonly recovery?: boolean;
  readonly version?: number;
  readonly behindProxy?: boolean;
}

function judged(changes: Changes) {
  const {
    provider = 'self-hosted',
    recovery = false,
    version = 180_001,
    behindProxy = false,
    ...rest
  } = changes;
  const server = { version: '18.1', provider, recovery, readOnly: recovery, tls: null };
  return judgeServer({
    host: 'db.example.com',
    replication: { fault: null, timeline: '1', position: '0/1' },
    slot: { name: 'ours', exists: false },
    tableBytes: 0,
    ...rest,
    facts: { ...facts, ...changes.facts },
    session: { server, versionNumber: version, behindProxy, sessionUser: 'reader' },
  });
}

/** What did not pass: `check: code`, failures with an exclamation mark. */
function complaints(changes: Changes): string[] {
  return judged(changes)
    .filter(({ status }) => status === 'failed' || status === 'warned')
    .map(({ check, status, code }) => `${check}: ${code}${status === 'failed' ? '!' : ''}`);
}

function fixOf(changes: Changes, check: string): string | null {
  return judged(changes).find((it) => it.check === check)?.fix ?? null;
}

const denied = { fault: new Fault('replication_denied', { host: 'db.example.com', username: 'reader' }) };

describe('the checks of a server', () => {
  it.each<[string, Changes, string[]]>([
    ['as it should be', {}, []],
    ['an old version', { version: 110_022 }, ['version: version_too_old!']],
    ['wal_level replica', { facts: { walLevel: 'replica' } }, ['wal_level: wal_level_not_logical!']],
    ['no REPLICATION', { facts: { replication: false } }, ['role: role_without_replication!']],
    ['a superuser', { facts: { replication: false, superuser: true } }, []],
    [
      'a member of rds_replication',
      { facts: { replication: false, replicationRole: 'rds_replication' } },
      [],
    ],
    ['a refused connection', { replication: denied }, ['replication: replication_denied!']],
    ['no slot left', { facts: { slots: { used: 5, most: 5 } } }, ['slots: no_slot_free!']],
    ['our slot among all', { facts: { slots: { used: 5, most: 5 } }, slot: { name: 'o', exists: true } }, []],
    ['no sender left', { facts: { senders: { used: 5, most: 5 } } }, ['senders: no_sender_free!']],
    ['WAL without end', { facts: { walKeepBytes: -1 } }, ['wal_keep: wal_keep_unlimited']],
    [
      'PostgreSQL 12',
      { facts: { walKeepBytes: null, idleTimeoutSeconds: null } },
      ['wal_keep: wal_keep_unlimited'],
    ],
    ['no WAL kept', { facts: { walKeepBytes: 0 } }, ['wal_keep: wal_keep_nothing!']],
    ['little WAL kept', { facts: { walKeepBytes: 1024 ** 2 } }, ['wal_keep: wal_keep_small']],
    ['little for so much', { tableBytes: 300 * 1024 ** 3 }, ['wal_keep: wal_keep_small']],
    ['a short idle timeout', { facts: { idleTimeoutSeconds: 300 } }, ['idle_timeout: idle_timeout_short']],
    ['a longer one', { facts: { idleTimeoutSeconds: 301 } }, []],
    [
      'a short sender timeout',
      { facts: { senderTimeoutMs: 29_999 } },
      ['sender_timeout: sender_timeout_short'],
    ],
    ['none', { facts: { senderTimeoutMs: 0 } }, []],
    ['an old standby', { recovery: true, version: 150_001 }, ['standby: standby_too_old!']],
    ['a standby without feedback', { recovery: true }, ['standby: standby_feedback_off!']],
    ['a standby', { recovery: true, facts: { standbyFeedback: true } }, ['standby: standby_source']],
    ['no CREATE', { facts: { mayPublish: false } }, ['publish: database_create_denied!']],
    ['CockroachDB', { provider: 'cockroachdb' }, ['engine: engine_unsupported!']],
    ['Heroku', { provider: 'heroku' }, ['engine: engine_unsupported!']],
    ['a pooler that carries it', { behindProxy: true }, ['pooler: pooler_carries']],
    [
      'a pooler',
      { behindProxy: true, replication: denied },
      ['pooler: pooler_between!', 'replication: replication_denied!'],
    ],
    ['RDS Proxy', { provider: 'rds-proxy' }, ['pooler: pooler_between!']],
    [
      'Neon’s pooler',
      { provider: 'neon', host: 'ep-a-1-pooler.eu.aws.neon.tech' },
      ['pooler: pooler_between!'],
    ],
    [
      'a lost slot of somebody',
      { facts: { idleSlots: [{ name: 'a', retainedBytes: 5, walStatus: 'lost' }] } },
      ['idle_slots: idle_slots_retain'],
    ],
    [
      'an idle one that keeps little',
      { facts: { idleSlots: [{ name: 'a', retainedBytes: 5, walStatus: 'reserved' }] } },
      [],
    ],
    [
      'our own idle one',
      { facts: { idleSlots: [{ name: 'ours', retainedBytes: 1e12, walStatus: 'extended' }] } },
      [],
    ],
    [
      'an old transaction',
      { facts: { transactions: [{ pid: 9, user: 'a', application: null, state: null, seconds: 5 }] } },
      ['transactions: old_transactions'],
    ],
    [
      'a young one',
      { facts: { transactions: [{ pid: 9, user: 'a', application: null, state: null, seconds: 4 }] } },
      [],
    ],
    [
      'one that is hidden',
      { facts: { transactions: [{ pid: 9, user: null, application: null, state: null, seconds: null }] } },
      ['transactions: old_transactions'],
    ],
    [
      'a prepared transaction',
      { facts: { prepared: [{ gid: "x'y", owner: 'a', seconds: 1 }] } },
      ['transactions: prepared_transactions'],
    ],
  ])('%s', (_, changes, expected) => {
    expect(complaints(changes)).toEqual(expected);
  });

  it('hides no failure behind another', () => {
    expect(
      complaints({
        replication: denied,
        facts: { walLevel: 'replica', replication: false, slots: { used: 1, most: 1 }, mayPublish: false },
      }),
    ).toEqual([
      'wal_level: wal_level_not_logical!',
      'role: role_without_replication!',
      'replication: replication_denied!',
      'slots: no_slot_free!',
      'publish: database_create_denied!',
    ]);
  });

  it.each([
    ['self-hosted', 'ALTER SYSTEM SET wal_level = logical', 'ALTER ROLE reader REPLICATION;'],
    ['rds', 'rds.logical_replication = 1 in the DB parameter group', 'GRANT rds_replication TO reader;'],
    ['aurora', 'DB cluster parameter group', 'GRANT rds_replication TO reader;'],
    ['cloudsql', 'cloudsql.logical_decoding = on', 'ALTER USER reader WITH REPLICATION;'],
    ['alloydb', 'alloydb.enable_pglogical = on', 'ALTER USER reader WITH REPLICATION;'],
    ['azure', 'Server parameters', 'ALTER ROLE reader REPLICATION;'],
    ['neon', 'can not be turned off again', 'Neon console'],
    ['supabase', 'Supabase has wal_level = logical', 'postgres'],
    ['aiven', 'wal_level', 'avnadmin'],
    ['render', 'Render’s support', 'ALTER ROLE reader REPLICATION;'],
  ])('of %s have its own fixes', (provider, walLevel, role) => {
    expect(fixOf({ provider, facts: { walLevel: 'replica' } }, 'wal_level')).toContain(walLevel);
    expect(fixOf({ provider, facts: { replication: false } }, 'role')).toContain(role);
    expect(fixOf({ provider, replication: denied }, 'replication')).toContain(role);
  });

  it('name the direct host behind a pooler', () => {
    const neon = fixOf({ provider: 'neon', host: 'ep-a-1-pooler.eu.aws.neon.tech' }, 'pooler');
    expect(neon).toContain('ep-a-1.eu.aws.neon.tech');
    expect(fixOf({ provider: 'supabase', host: 'aws-0.pooler.supabase.com' }, 'pooler')).toContain(
      'IPv4 add-on',
    );
  });

  it.each([
    [0, '0 bytes'],
    [1536, '1.5 kB'],
    [1024 ** 3, '1 GB'],
    [15.4 * 1024 ** 2, '15 MB'],
  ])('say %d as %s', (bytes, text) => {
    expect(size(bytes)).toBe(text);
  });
});
