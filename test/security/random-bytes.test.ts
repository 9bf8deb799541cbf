import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { testResultSchema } from '../../src/connections/schema.ts';
import { createCa, type Issued, issue } from '../support/certificates.ts';
import { anEndpoint, outcome, probeEndpoint } from '../support/endpoint.ts';
import {
  answerInTurn,
  auth,
  commandComplete,
  dataRow,
  errorResponse,
  honestAnswers,
  keyData,
  letInWithScram,
  message,
  type Peer,
  parameterStatus,
  type Row,
  ready,
  rowDescription,
  type ServerScript,
  startHostileServer,
} from '../support/hostile-server.ts';

/*
 * Rows 3 to 7 and 36 by chance: whatever bytes come at whatever stage, a probe throws nothing, tells of a
 * failed rung, and sends no password.
 */

const password = 'canary-fuzz';

let certificate: Issued;

beforeAll(async () => {
  certificate = await issue({ ca: await createCa(), hosts: ['127.0.0.1'] });
});

const anyBytes = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
/** A message of a type that a server sends, whatever is in it. */
const anyMessage = fc
  .tuple(fc.constantFrom(...'RSKZENvTDC12nIAHGdcts3W'), fc.uint8Array({ maxLength: 60 }))
  .map(([type, body]) => message(type, Buffer.from(body)));
const anyAuthentication = fc
  .tuple(
    fc.constantFrom(0, 3, 5, 6, 7, 9, 10, 11, 12, 13, 99),
    fc.oneof(
      fc.constant([]),
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.uint8Array({ maxLength: 40 }),
    ),
  )
  .map(([code, body]) => message('R', Buffer.from([0, 0, 0, code]), Buffer.from(body)));
/** What a server would say there, with one byte of it changed, or cut short. */
const damaged = (honest: Buffer) =>
  fc
    .tuple(fc.nat(honest.length - 1), fc.integer({ min: 0, max: 255 }), fc.boolean())
    .map(([at, value, isCut]) => {
      const bytes = Buffer.from(isCut ? honest.subarray(0, at) : honest);
      if (!isCut) bytes[at] = value;
      return bytes;
    });
const several = (one: fc.Arbitrary<Buffer>) =>
  fc.array(one, { maxLength: 5 }).map((all) => Buffer.concat(all));
const anything = (honest: Buffer) =>
  fc.oneof(anyBytes, several(anyMessage), several(anyAuthentication), damaged(honest));

const row = Buffer.concat([rowDescription(['version']), dataRow(['16.4']), commandComplete, ready]);
const opening = Buffer.concat([auth.ok, parameterStatus('server_version', '16'), keyData, ready]);
const last: (bytes: Buffer) => (peer: Peer) => Promise<void> = (bytes) => async (peer) => {
  peer.write(bytes);
  peer.end();
};

interface StageOfFuzz {
  readonly sslMode: 'disable' | 'require';
  /** What an honest server would say there. */
  readonly honest: Buffer;
  readonly before: (bytes: Buffer) => ServerScript;
}

const stages: Readonly<Record<string, StageOfFuzz>> = {
  'the answer to the request for TLS': {
    sslMode: 'require',
    honest: Buffer.from('S'),
    before: (bytes) => async (peer) => {
      await peer.readPacket();
      await last(bytes)(peer);
    },
  },
  'the handshake': {
    sslMode: 'require',
    honest: Buffer.from([0x16, 3, 3, 0, 4, 2, 0, 0, 0]),
    before: (bytes) => async (peer) => {
      await peer.readPacket();
      peer.write(Buffer.from('S'));
      await peer.read(1);
      await last(bytes)(peer);
    },
  },
  'the first message': {
    sslMode: 'disable',
    honest: auth.sasl('SCRAM-SHA-256'),
    before: (bytes) => async (peer) => {
      await peer.startUp();
      await last(bytes)(peer);
    },
  },
  'the first message over TLS': {
    sslMode: 'require',
    honest: auth.sasl('SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256'),
    before: (bytes) => async (peer) => {
      await peer.secure(certificate);
      await peer.startUp();
      await last(bytes)(peer);
    },
  },
  'the middle of SCRAM': {
    sslMode: 'disable',
    honest: auth.saslContinue('r=nonce,s=c2FsdA==,i=4096'),
    before: (bytes) => async (peer) => {
      await peer.startUp();
      peer.write(auth.sasl('SCRAM-SHA-256'));
      await peer.readMessage();
      await last(bytes)(peer);
    },
  },
  'the end of SCRAM': {
    sslMode: 'disable',
    honest: Buffer.concat([auth.saslFinal('v=c2lnbmF0dXJl'), opening]),
    before: (bytes) => async (peer) => {
      await peer.startUp();
      peer.write(auth.sasl('SCRAM-SHA-256'));
      const first = (await peer.readMessage()).body.toString('utf8');
      const nonce = first.slice(first.lastIndexOf('r=') + 2);
      peer.write(auth.saslContinue(`r=${nonce}x,s=c2FsdA==,i=4096`));
      await peer.readMessage();
      await last(bytes)(peer);
    },
  },
  'the answer to the first statement': {
    sslMode: 'disable',
    honest: row,
    before: (bytes) => async (peer) => {
      await letInWithScram(password)(peer);
      await answerInTurn(peer, [], last(bytes));
    },
  },
  'the answer to a later statement': {
    sslMode: 'disable',
    honest: row,
    before: (bytes) => async (peer) => {
      await letInWithScram(password)(peer);
      await answerInTurn(peer, honestAnswers.slice(0, 2), last(bytes));
    },
  },
};

describe('random bytes', () => {
  test.each(Object.entries(stages))('as %s', async (_what, { sslMode, honest, before }) => {
    let script: ServerScript = () => {};
    const server = await startHostileServer((peer) => script(peer));
    const options = { require_auth: 'scram-sha-256' };
    const endpoint = anEndpoint({ ...server, username: 'loader', database: 'shop', sslMode, options });
    await fc.assert(
      fc.asyncProperty(anything(honest), async (bytes) => {
        script = before(bytes);
        const result = await probeEndpoint(endpoint, { password, timeoutMs: 3000 });
        testResultSchema.omit({ connection: true }).parse(result);
        expect(result.status).toBe('failed');
        expect(result.stages.some(({ status, code }) => status === 'failed' && code !== null)).toBe(true);
      }),
      { numRuns: 100 },
    );
    expect(server.mistakes()).toEqual([]);
    const sent = server.received();
    expect(sent.includes(password)).toBe(false);
    // A PasswordMessage of the length of an MD5 answer.
    expect(sent.includes(Buffer.from('p\0\0\0\x28md5', 'latin1'))).toBe(false);
  });
});

describe('answers that are messages, and no answers', () => {
  const goodbye = errorResponse('57P01', 'terminating connection due to administrator command');

  test.each<[what: string, answered: readonly Row[][], bytes: Buffer, failure: string]>([
    [
      'a row of more columns than were described',
      [],
      Buffer.concat([rowDescription([]), dataRow(['a']), commandComplete, ready]),
      'session: protocol_violation',
    ],
    [
      'a row that was not described',
      [],
      Buffer.concat([dataRow(['a']), commandComplete, ready]),
      'session: protocol_violation',
    ],
    ['no row', [], Buffer.concat([commandComplete, ready]), 'session: protocol_violation'],
    [
      'an end that nobody asked for, between two statements',
      [],
      Buffer.concat([rowDescription(['statement_timeout']), dataRow(['0']), commandComplete, ready, goodbye]),
      'session: server_refused',
    ],
  ])('%s', async (_what, answered, bytes, failure) => {
    const server = await startHostileServer(async (peer) => {
      await letInWithScram(password)(peer);
      await answerInTurn(peer, answered, async (asked) => asked.write(bytes));
    });
    const endpoint = anEndpoint({ ...server, username: 'loader', database: 'shop' });
    const result = await probeEndpoint(endpoint, { password, timeoutMs: 3000 });
    expect(outcome(result)).toBe(failure);
  });

  test('an end that nobody asked for, before the first statement', async () => {
    const server = await startHostileServer(async (peer) => {
      await letInWithScram(password, false)(peer);
      peer.write(ready, goodbye);
      await peer.left;
    });
    const endpoint = anEndpoint({ ...server, username: 'loader', database: 'shop' });
    const result = await probeEndpoint(endpoint, { password, timeoutMs: 3000 });
    expect(outcome(result)).toBe('session: server_refused');
  });
});
