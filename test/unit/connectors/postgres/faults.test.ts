import { describe, expect, it } from 'vitest';
import { stages } from '../../../../src/connections/vocabulary.ts';
import {
  diagnoses,
  Fault,
  type FaultCode,
  type FaultDetail,
} from '../../../../src/connectors/postgres/faults.ts';

const codes = Object.keys(diagnoses) as FaultCode[];

const full: FaultDetail = {
  host: 'db.example.com',
  port: 6543,
  address: '10.0.0.1',
  username: 'loader',
  database: 'shop',
  sslMode: 'verify-full',
  text: 'its own words',
  sqlstate: '57P03',
  method: 'scram-sha-256',
};

describe.each(codes)('%s', (code) => {
  it.each([
    ['all that may be known', full],
    ['nothing known', {}],
    ['a socket', { host: '/run/postgresql', port: 5432 }],
    ['a host and nothing besides', { host: 'h' }],
  ] as [string, FaultDetail][])('has a sentence and a fix with %s', (_, detail) => {
    const { sentence, fix, stage } = new Fault(code, detail);
    for (const text of [sentence, fix]) {
      expect(text.length).toBeGreaterThan(10);
      expect(text).not.toMatch(/undefined|null|\[object|NaN|\(\)|""/);
      expect(text).not.toMatch(/^\s|\s$|\n/);
    }
    expect(stages).toContain(stage);
  });

  it('is a stable word', () => {
    expect(code).toMatch(/^[a-z]+(_[a-z0-9]+)+$/);
  });
});

describe('a fault', () => {
  it('says where, in the words of the place', () => {
    expect(new Fault('connection_refused', { host: 'h', port: 5433 }).sentence).toBe(
      'nothing listens on h:5433',
    );
    expect(new Fault('socket_missing', { host: '/run', port: 5433 }).sentence).toBe(
      'there is no server socket for port 5433 in /run',
    );
    expect(new Fault('server_silent', { host: '/run', port: 5433 }).sentence).toBe(
      'the socket in /run accepts connections but says nothing',
    );
  });

  it('gives the GRANT to run, with the names quoted', () => {
    const { fix } = new Fault('database_connect_denied', { username: 'Ann "x"', database: 'shop' });
    expect(fix).toBe('GRANT CONNECT ON DATABASE shop TO "Ann ""x""";');
  });

  it('shows SQLSTATE where there is one', () => {
    const detail = { username: 'ann', text: 'gone' };
    expect(new Fault('password_refused', { ...detail, sqlstate: '28P01' }).sentence).toBe(
      'the server refused the password for "ann" (28P01)',
    );
    expect(new Fault('server_refused', { ...detail, sqlstate: '08P01' }).sentence).toBe(
      'the server refused the session: gone (08P01)',
    );
    expect(new Fault('server_refused', detail).sentence).toBe('the server refused the session: gone');
  });

  it('keeps what it knows when more is known', () => {
    const cause = new Error('first');
    const fault = new Fault('connection_lost', { text: 'broken' }, cause).with({
      text: 'other',
      host: 'h',
      port: 1,
    });
    expect(fault).toMatchObject({ code: 'connection_lost', stage: 'session', cause });
    expect(fault.sentence).toBe('the connection to h:1 broke (broken)');
  });

  it.each([
    ['no_pg_hba_entry', 'no pg_hba.conf entry for host "::1", user "a", database "b", no encryption', true],
    ['no_pg_hba_entry', 'no pg_hba.conf entry for host "::1", user "a", database "b", SSL off', true],
    ['no_pg_hba_entry', 'no pg_hba.conf entry for host "::1", user "a", database "b", SSL encryption', false],
    ['role_refused', 'no encryption', false],
  ] as const)('%s of %j wants TLS: %s', (code, text, wantsTls) => {
    const fault = new Fault(code, { text });
    expect(fault.wantsTls).toBe(wantsTls);
    expect(fault.fix.includes('--ssl-mode require')).toBe(wantsTls);
  });
});
