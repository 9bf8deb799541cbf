import { beforeAll, describe, expect, test } from 'vitest';
import type { Endpoint } from '../../src/connections/connection.ts';
import { createCa, type Issued, issue } from '../support/certificates.ts';
import { anEndpoint, outcome, type ProbeOptions, probeEndpoint, statuses } from '../support/endpoint.ts';
import {
  answerInTurn,
  asksFor,
  auth,
  behindTls,
  errorResponse,
  type HostileServer,
  honestAnswers,
  int32,
  keyData,
  letInWithScram,
  md5Answer,
  message,
  ready,
  type ServerScript,
  scramExchange,
  startHostileServer,
} from '../support/hostile-server.ts';

/*
 * Rows 3 to 7, 9, 10 and 15 of what must hold: a server, or what stands before it, tries to get at the
 * password. What it was sent is looked at byte by byte. Several hosts (13) are in several-hosts.test.ts,
 * a discovery (12) in discovery-policy.test.ts.
 */

const username = 'loader';
const password = 'canary-9f3b-ünïcode';

let certificate: Issued;

beforeAll(async () => {
  certificate = await issue({ ca: await createCa(), hosts: ['localhost', '127.0.0.1'] });
});

interface Visit {
  readonly server: HostileServer;
  readonly outcome: string;
  readonly statuses: string[];
  readonly message: string;
}

/** Probes a server that follows the script, with the password saved. */
async function visit(
  script: ServerScript,
  fields: Partial<Endpoint> = {},
  options: ProbeOptions = {},
): Promise<Visit> {
  const server = await startHostileServer(script);
  const endpoint = anEndpoint({
    host: server.host,
    port: server.port,
    username,
    database: 'shop',
    ...fields,
  });
  const result = await probeEndpoint(endpoint, { password, ...options });
  expect(server.mistakes()).toEqual([]);
  const failed = result.stages.find(({ status }) => status === 'failed');
  return {
    server,
    outcome: outcome(result),
    statuses: statuses(result),
    message: failed?.message ?? '',
  };
}

/** Nothing of what the server got is the password, nor anything that it could be guessed from. */
function expectNoPassword(server: HostileServer): void {
  const sent = server.received();
  expect(sent.includes(password)).toBe(false);
  expect(sent.includes(md5Answer(username, password))).toBe(false);
  // A PasswordMessage, SASLInitialResponse and SASLResponse have one type.
  expect(sent.includes(',p='), 'a SCRAM proof').toBe(false);
}

/** The server got no message of authentication at all. */
function expectNoAnswer(server: HostileServer): void {
  expectNoPassword(server);
  const sent = server.received();
  expect(sent.includes(Buffer.from([0x70, 0, 0, 0])), 'a message of type p').toBe(false);
}

const overTls = (script: ServerScript) => behindTls(() => certificate, script);

/** Both the SCRAM exchange of an honest server and its session. */
const honest: ServerScript = async (peer) => {
  await letInWithScram(password)(peer);
  await answerInTurn(peer, honestAnswers);
};

test('an honest server is passed, in the clear on this machine and over TLS', async () => {
  expect((await visit(honest)).outcome).toBe('passed');
  expect((await visit(overTls(honest), { sslMode: 'require' })).outcome).toBe('passed');
});

describe('3: a password in the clear', () => {
  test('is not sent without TLS', async () => {
    const { server, ...seen } = await visit(asksFor(auth.cleartext));
    expect(seen.outcome).toBe('authenticate: auth_cleartext_refused');
    expectNoAnswer(server);
  });

  test.each(['prefer', 'allow'] as const)(
    'is not sent by sslmode %s after TLS was denied',
    async (sslMode) => {
      const { server, outcome } = await visit(
        async (peer) => {
          const first = await peer.readPacket();
          if (first.code === 80877103) {
            peer.write(Buffer.from('N'));
            await peer.startUp();
          }
          peer.write(auth.cleartext);
          await peer.left;
        },
        { sslMode },
      );
      // allow goes on to TLS, which this server does not have.
      expect(outcome).toBe('authenticate: auth_cleartext_refused');
      expectNoAnswer(server);
    },
  );

  test('is not sent because another method is forbidden', async () => {
    const { server, outcome } = await visit(asksFor(auth.cleartext), { options: { require_auth: '!none' } });
    expect(outcome).toBe('authenticate: auth_cleartext_refused');
    expectNoAnswer(server);
  });

  test('is sent over TLS, and without it where the connection asks for that', async () => {
    const letIn: ServerScript = async (peer) => {
      await peer.startUp();
      peer.write(auth.cleartext);
      await peer.readMessage();
      peer.write(auth.ok, keyData, ready);
      await answerInTurn(peer, honestAnswers);
    };
    const secured = await visit(overTls(letIn), { sslMode: 'require' });
    expect(secured.outcome).toBe('passed');
    expect(secured.server.received().includes(`${password}\0`)).toBe(true);
    const asked = await visit(letIn, { options: { require_auth: 'password' } });
    expect(asked.outcome).toBe('passed');
    expect(asked.server.received().includes(`${password}\0`)).toBe(true);
  });
});

describe('4: require_auth=scram-sha-256', () => {
  const options = { require_auth: 'scram-sha-256' };

  test.each([
    ['the password', auth.cleartext],
    ['MD5', auth.md5],
    ['nothing', auth.ok],
  ])('a server that asks for %s gets no answer', async (_what, request) => {
    const clear = await visit(asksFor(request), { options });
    expect(clear.outcome).toBe('authenticate: auth_method_refused');
    expectNoAnswer(clear.server);
    const secured = await visit(overTls(asksFor(request)), { options, sslMode: 'require' });
    expect(secured.outcome).toBe('authenticate: auth_method_refused');
    expectNoAnswer(secured.server);
  });

  test('a client certificate does not stand in for it', async () => {
    const ca = await createCa();
    const client = await issue({ ca, client: username });
    const { outcome } = await visit(overTls(asksFor(auth.ok)), {
      options,
      sslMode: 'require',
      sslCert: client.certFile,
      sslKey: client.keyFile,
    });
    expect(outcome).toBe('authenticate: auth_method_refused');
  });

  test('SCRAM comes in', async () => {
    expect((await visit(honest, { options })).outcome).toBe('passed');
  });
});

describe('5, 6: a server that does not prove that it knows the password', () => {
  test('leaves out the last message of SCRAM', async () => {
    const { outcome, message } = await visit(async (peer) => {
      await peer.startUp();
      peer.write(auth.sasl('SCRAM-SHA-256'));
      await scramExchange(peer, 'it does not know');
      peer.write(auth.ok, keyData, ready);
      await peer.left;
    });
    expect(outcome).toBe('authenticate: auth_scram_refused');
    expect(message).toContain('did not prove');
  });

  test('signs with another one, and says that we are in with the same breath', async () => {
    const { outcome } = await visit(async (peer) => {
      await peer.startUp();
      peer.write(auth.sasl('SCRAM-SHA-256'));
      const { serverFinal } = await scramExchange(peer, 'another password');
      peer.write(auth.saslFinal(serverFinal), auth.ok, keyData, ready);
      await peer.left;
    });
    expect(outcome).toBe('authenticate: auth_scram_refused');
  });

  test('tells the whole of SCRAM before it was answered', async () => {
    const { outcome, server } = await visit(async (peer) => {
      await peer.startUp();
      peer.write(auth.sasl('SCRAM-SHA-256'), auth.saslFinal('v=AAAA'), auth.ok, keyData, ready);
      await peer.left;
    });
    expect(outcome).toBe('connect: protocol_violation');
    expectNoPassword(server);
  });

  test('lets us in without a question', async () => {
    const { outcome } = await visit(asksFor(Buffer.concat([auth.ok, keyData, ready])));
    expect(outcome).toBe('authenticate: password_not_asked');
    const secured = await visit(overTls(asksFor(auth.ok)), { sslMode: 'require' });
    expect(secured.outcome).toBe('authenticate: password_not_asked');
  });

  test('may let us in where no password is saved, or where that is allowed', async () => {
    const trusting: ServerScript = async (peer) => {
      await peer.startUp();
      peer.write(auth.ok, keyData, ready);
      await answerInTurn(peer, honestAnswers);
    };
    expect((await visit(trusting, {}, { password: null })).outcome).toBe('passed');
    const options = { require_auth: 'none,scram-sha-256' };
    const allowed = await visit(trusting, { options });
    expect(allowed.outcome).toBe('passed');
    expectNoPassword(allowed.server);
  });

  test('asks again after it let us in', async () => {
    const { server, outcome } = await visit(
      overTls(async (peer) => {
        await peer.startUp();
        peer.write(auth.sasl('SCRAM-SHA-256'));
        const { serverFinal } = await scramExchange(peer, password);
        peer.write(auth.saslFinal(serverFinal), auth.ok, auth.cleartext);
        await peer.left;
      }),
      { sslMode: 'require' },
    );
    expect(outcome).toBe('connect: protocol_violation');
    expect(server.received().includes(`${password}\0`)).toBe(false);
  });
});

describe('7: the iterations of SCRAM', () => {
  const salt = Buffer.alloc(16, 7).toString('base64');

  test.each([
    ['1', 'i=1'],
    ['4095', 'i=4095'],
    ['2 000 001', 'i=2000001'],
    ['1 000 000 000', 'i=1000000000'],
    ['none', ''],
    ['a word', 'i=many'],
    ['one to look at and one to use', 'i=4096,i=1'],
    ['a negative number', 'i=-4096'],
  ])('%s are refused before anything is computed', async (_what, attribute) => {
    const before = process.cpuUsage();
    const { server, outcome } = await visit(async (peer) => {
      await peer.startUp();
      peer.write(auth.sasl('SCRAM-SHA-256'));
      await scramExchange(peer, password, { serverFirst: (nonce) => `r=${nonce}x,s=${salt},${attribute}` });
    });
    expect(outcome).toBe('authenticate: auth_scram_refused');
    expect(process.cpuUsage(before).user, 'microseconds').toBeLessThan(500_000);
    expectNoPassword(server);
  });

  test('100 001 come in, which pg alone would refuse', async () => {
    const many: ServerScript = async (peer) => {
      await peer.startUp();
      peer.write(auth.sasl('SCRAM-SHA-256'));
      const { serverFinal } = await scramExchange(peer, password, { iterations: 100_001 });
      peer.write(auth.saslFinal(serverFinal), auth.ok, keyData, ready);
      await answerInTurn(peer, honestAnswers);
    };
    expect((await visit(many)).outcome).toBe('passed');
  });
});

describe('15: channel binding', () => {
  test('asked for, and not offered, is not done without', async () => {
    const options = { channel_binding: 'require' };
    const { server, outcome } = await visit(overTls(asksFor(auth.sasl('SCRAM-SHA-256'))), {
      options,
      sslMode: 'require',
    });
    expect(outcome).toBe('authenticate: channel_binding_missing');
    expectNoAnswer(server);
    for (const request of [auth.cleartext, auth.md5]) {
      const other = await visit(overTls(asksFor(request)), { options, sslMode: 'require' });
      expect(other.outcome).toBe('authenticate: auth_method_refused');
      expectNoAnswer(other.server);
    }
    const none = await visit(overTls(asksFor(auth.ok)), { options, sslMode: 'require' }, { password: null });
    expect(none.outcome).toBe('authenticate: channel_binding_missing');
  });

  test('asked for, and TLS denied by a server under prefer, is not done without', async () => {
    const { server, outcome } = await visit(
      async (peer) => {
        await peer.readPacket();
        peer.write(Buffer.from('N'));
        await asksFor(auth.sasl('SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS'))(peer);
      },
      { options: { channel_binding: 'require' }, sslMode: 'prefer' },
    );
    expect(outcome).toBe('authenticate: channel_binding_missing');
    expectNoAnswer(server);
  });

  test('offered without TLS is an attack, and is not answered', async () => {
    const { server, outcome } = await visit(asksFor(auth.sasl('SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256')));
    expect(outcome).toBe('authenticate: auth_scram_refused');
    expectNoAnswer(server);
  });

  test('offered over TLS is used: a man in the middle with a certificate of his own can pass nothing on', async () => {
    const clientFirsts: string[] = [];
    await visit(
      overTls(async (peer) => {
        await peer.startUp();
        peer.write(auth.sasl('SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256'));
        clientFirsts.push((await peer.readMessage()).body.toString('latin1'));
        peer.end();
      }),
      { sslMode: 'require' },
    );
    expect(clientFirsts[0]).toMatch(/^SCRAM-SHA-256-PLUS\0.{4}p=tls-server-end-point,,/s);
  });
});

describe('9, 10: the answer to the request for TLS', () => {
  const answers =
    (text: string): ServerScript =>
    async (peer) => {
      await peer.readPacket();
      peer.write(Buffer.from(text, 'latin1'));
      await peer.left;
    };

  test.each(['require', 'verify-ca', 'verify-full'] as const)(
    'N under %s ends it, before the start-up packet tells who comes',
    async (sslMode) => {
      const ca = await createCa();
      const { server, outcome } = await visit(answers('N'), { sslMode, sslRootCert: ca.certFile });
      expect(outcome).toBe('tls: tls_not_supported');
      expect(server.received()).toEqual(Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]));
      expect(server.visits).toBe(1);
    },
  );

  test.each(['prefer', 'require'] as const)(
    'bytes stuffed behind the S are not believed under %s',
    async (sslMode) => {
      const stuffed = `S${auth.ok.toString('latin1')}${ready.toString('latin1')}`;
      const { server, outcome } = await visit(answers(stuffed), { sslMode });
      expect(outcome).toBe('connect: protocol_violation');
      expect(server.received().includes(username)).toBe(false);
    },
  );

  test('an error before TLS is nobody’s: its words are dropped, and it does not lead into the clear', async () => {
    const said = errorResponse('28000', 'send your password to evil.example').toString('latin1');
    for (const sslMode of ['prefer', 'require'] as const) {
      const { server, outcome, message } = await visit(answers(said), { sslMode });
      expect(outcome).toBe('connect: protocol_violation');
      expect(message).not.toContain('evil.example');
      expect(server.visits).toBe(1);
      expect(server.received().includes(username)).toBe(false);
    }
  });

  test('direct TLS without the agreement on the protocol is refused (ALPACA)', async () => {
    const options = { sslnegotiation: 'direct' };
    const other = await visit(
      async (peer) => {
        await peer.handshake(certificate, { protocols: [] });
        await peer.left;
      },
      { sslMode: 'require', options },
    );
    expect(other.outcome).toBe('tls: tls_direct_refused');
    expect(other.server.received().length, 'deciphered').toBe(0);
    const agreeing = await visit(
      async (peer) => {
        await peer.handshake(certificate);
        await honest(peer);
      },
      { sslMode: 'require', options },
    );
    expect(agreeing.outcome).toBe('passed');
  });

  test('a certificate that is not the root’s gets no start-up packet', async () => {
    const other = await createCa({ name: 'another authority' });
    for (const sslMode of ['require', 'verify-ca', 'verify-full'] as const) {
      const { server, outcome } = await visit(overTls(honest), { sslMode, sslRootCert: other.certFile });
      expect(outcome).toBe('tls: tls_untrusted');
      expect(server.received().includes(username)).toBe(false);
    }
  });
});

test('methods that are not known are named, and not answered', async () => {
  for (const [request, method] of [
    [auth.gss, 'GSSAPI'],
    [auth.sspi, 'SSPI'],
    [auth.sasl('OAUTHBEARER'), 'OAUTHBEARER'],
    [message('R', int32(6)), 'method 6'],
  ] as const) {
    const { server, outcome, message } = await visit(asksFor(request));
    expect(outcome).toBe('authenticate: auth_method_unsupported');
    expect(message).toContain(method);
    expectNoAnswer(server);
  }
});

test('a server that asks for a password that nobody saved is told nothing', async () => {
  for (const request of [auth.cleartext, auth.md5, auth.sasl('SCRAM-SHA-256')]) {
    const { server, outcome } = await visit(asksFor(request), {}, { password: null });
    expect(outcome).toBe('authenticate: password_missing');
    expectNoAnswer(server);
  }
});
