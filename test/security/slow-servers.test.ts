import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { testResultListSchema } from '../../src/connections/schema.ts';
import { until } from '../support/behind-our-back.ts';
import { createCa, type Issued, issue } from '../support/certificates.ts';
import {
  answerInTurn,
  auth,
  behindTls,
  commandComplete,
  dataRow,
  honestAnswers,
  letInWithScram,
  message,
  type Peer,
  parameterStatus,
  rowDescription,
  type ServerScript,
  startHostileServer,
} from '../support/hostile-server.ts';
import { newScript } from '../support/script.ts';
import { saveScripted } from '../support/scripted-connection.ts';

/*
 * Row 37 of what must hold: a server that says a byte now and then, whatever it is about to say, keeps
 * nobody longer than the time-out of the whole. The real program is run, all of its runs at once.
 */

const password = 'canary-37';
const timeoutMs = 2500;
/** How much later than that it may let go of the server. */
const slackMs = 2000;

let certificate: Issued;

beforeAll(async () => {
  certificate = await issue({ ca: await createCa(), hosts: ['127.0.0.1'] });
});

/** The header of a TLS record (RFC 8446, 5.1) that holds a handshake of 16 kB, and the first bytes of it. */
const slowHandshake = Buffer.concat([Buffer.from([0x16, 3, 3, 0x40, 0]), Buffer.alloc(100)]);
const longText = 'x'.repeat(100);

const overTls = (script: ServerScript) => behindTls(() => certificate, script);

interface SlowServer {
  readonly sslMode: string;
  /** The rung on which a test fails, and why; a discovery has the same code. */
  readonly stage: string;
  readonly code: string;
  readonly script: ServerScript;
}

/** Answers so many statements, and drips the next answer. */
const dripAfter =
  (answered: number, answer: Buffer): ServerScript =>
  async (peer) => {
    await letInWithScram(password)(peer);
    await answerInTurn(peer, honestAnswers.slice(0, answered), (slow: Peer) => slow.drip(answer));
  };

const slowRows = Buffer.concat([rowDescription(['version']), dataRow([longText]), commandComplete]);

const slow: Readonly<Record<string, SlowServer>> = {
  'the answer to the request for TLS': {
    sslMode: 'require',
    stage: 'connect',
    code: 'server_silent',
    script: async (peer) => {
      await peer.readPacket();
      await peer.left;
    },
  },
  'the handshake': {
    sslMode: 'require',
    stage: 'tls',
    code: 'tls_handshake_failed',
    script: async (peer) => {
      await peer.readPacket();
      peer.write(Buffer.from('S'));
      // What came with the S would be an injection.
      await peer.read(1);
      await peer.drip(slowHandshake);
    },
  },
  'the request for a password': {
    sslMode: 'disable',
    stage: 'authenticate',
    code: 'auth_timeout',
    script: async (peer) => {
      await peer.startUp();
      await peer.drip(auth.sasl(...longText));
    },
  },
  'the request for a password, over TLS': {
    sslMode: 'require',
    stage: 'authenticate',
    code: 'auth_timeout',
    script: overTls(async (peer) => {
      await peer.startUp();
      await peer.drip(auth.sasl(...longText));
    }),
  },
  'the middle of SCRAM': {
    sslMode: 'disable',
    stage: 'authenticate',
    code: 'auth_timeout',
    script: async (peer) => {
      await peer.startUp();
      peer.write(auth.sasl('SCRAM-SHA-256'));
      await peer.readMessage();
      await peer.drip(auth.saslContinue(longText));
    },
  },
  'what comes before the first statement': {
    sslMode: 'disable',
    stage: 'session',
    code: 'session_timeout',
    script: async (peer) => {
      await letInWithScram(password, false)(peer);
      await peer.drip(parameterStatus('a', longText));
    },
  },
  'an error before the first statement': {
    sslMode: 'disable',
    stage: 'session',
    code: 'session_timeout',
    script: async (peer) => {
      await letInWithScram(password, false)(peer);
      await peer.drip(message('E', `M${longText}\0\0`));
    },
  },
  'the first row': {
    sslMode: 'disable',
    stage: 'session',
    code: 'session_timeout',
    script: dripAfter(0, slowRows),
  },
  'a later row': {
    sslMode: 'disable',
    stage: 'schema',
    code: 'session_timeout',
    script: dripAfter(2, slowRows),
  },
  'an error, which is looked at as a whole': {
    sslMode: 'disable',
    stage: 'session',
    code: 'session_timeout',
    script: dripAfter(0, message('E', `M${longText}\0\0`)),
  },
};

test.each(['test', 'discover'] as const)(
  '37: %s ends in time, whatever comes a byte at a time',
  async (verb) => {
    const servers = await Promise.all(
      Object.entries(slow).map(async ([name, about]) => {
        let keptMs = 0;
        const server = await startHostileServer(async (peer) => {
          const came = performance.now();
          void peer.left.then(() => {
            keptMs = performance.now() - came;
          });
          await about.script(peer);
        });
        const script = newScript();
        await saveScripted(script, { ...server, name, password, flags: ['--ssl-mode', about.sslMode] });
        return { name, about, script, server, keptMs: () => keptMs };
      }),
    );
    await Promise.all(
      servers.map(async ({ name, about, script, server, keptMs }) => {
        const ended = await script.jackfield`connections ${verb} ${name} --timeout ${timeoutMs}ms --json`;
        if (verb === 'test') {
          expect(ended.code, name + ended.stderr).toBe(1);
          const [result] = testResultListSchema.parse(ended.json());
          const failed = result?.stages.find(({ status }) => status === 'failed');
          expect({ name, stage: failed?.stage, code: failed?.code }).toEqual({
            name,
            stage: about.stage,
            code: about.code,
          });
          expect(result?.durationMs, name).toBeLessThan(timeoutMs + slackMs);
        } else {
          expect(ended.code, name + ended.stderr).toBe(7);
          expect({ name, code: ended.errorJson().code }).toEqual({ name, code: about.code });
        }
        expect(server.mistakes(), name).toEqual([]);
        await until(`${name} was left`, () => keptMs() > 0);
        expect(keptMs(), name).toBeGreaterThan(timeoutMs / 4);
        expect(keptMs(), name).toBeLessThan(timeoutMs + slackMs);
        expect(server.received().includes(password), name).toBe(false);
      }),
    );
  },
);

test('37: connect_timeout is the whole of an address, however its time is spent', async () => {
  const kept: number[] = [];
  const server = await startHostileServer(async (peer) => {
    const came = performance.now();
    void peer.left.then(() => kept.push(performance.now() - came));
    await peer.readPacket();
    await sleep(1700);
    peer.write(Buffer.from('S'));
    await peer.left;
  });
  const script = newScript();
  const flags = ['--ssl-mode', 'prefer', '--option', 'connect_timeout=2'];
  await saveScripted(script, { ...server, password, flags });
  const [result] = await script.answer(testResultListSchema, 1)`connections test Scripted --timeout 20s`;
  const failed = result?.stages.find(({ status }) => status === 'failed');
  expect(failed).toMatchObject({ stage: 'tls', code: 'tls_handshake_failed' });
  // Neither has the handshake two seconds of its own, nor is there time for another try in the clear.
  expect(kept).toHaveLength(1);
  expect(kept[0]).toBeGreaterThan(1900);
  expect(kept[0]).toBeLessThan(3300);
});
