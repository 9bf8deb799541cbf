import { describe, expect, test } from 'vitest';
import { anEndpoint, outcome, probeEndpoint } from '../support/endpoint.ts';
import {
  answerInTurn,
  asksFor,
  auth,
  errorResponse,
  type HostileServer,
  honestAnswers,
  letInWithScram,
  type ServerScript,
  scramExchange,
  startHostileServer,
} from '../support/hostile-server.ts';

/*
 * Row 13 of what must hold: of several hosts, a password goes to those that were saved, in their order,
 * and to none after one that refused it or may not be trusted with it. The hosts are addresses of the
 * loopback that share a port.
 */

const password = 'canary-13';
const addresses = ['127.0.0.1', '127.0.0.2', '127.0.0.3'] as const;

const honest: ServerScript = async (peer) => {
  await letInWithScram(password)(peer);
  await answerInTurn(peer, honestAnswers);
};

/** A server for each script, all on one port; null leaves an address without one. */
async function startNeighbours(scripts: readonly (ServerScript | null)[]): Promise<HostileServer[]> {
  const servers: HostileServer[] = [];
  let port = 0;
  for (const [index, script] of scripts.entries()) {
    // Only the last address is kept free of a server, whose port is known by then.
    if (script === null) continue;
    const server = await startHostileServer(script, { host: addresses[index] ?? '127.0.0.1', port });
    port = server.port;
    servers.push(server);
  }
  return servers;
}

/** Probes the first two addresses; the third stands by, and was not saved. */
async function probeBoth(first: ServerScript | null, second: ServerScript, options = {}) {
  const servers = await startNeighbours([first, second, honest]);
  const stranger = servers.at(-1);
  const result = await probeEndpoint(
    anEndpoint({
      host: '127.0.0.1,127.0.0.2',
      port: stranger?.port ?? 0,
      username: 'loader',
      database: 'shop',
      options,
    }),
    { password },
  );
  expect(stranger?.visits, 'a host that was not saved').toBe(0);
  for (const server of servers) expect(server.mistakes()).toEqual([]);
  const proofs = (server: HostileServer | undefined) =>
    server?.received().toString('latin1').match(/,p=/g)?.length ?? 0;
  return {
    outcome: outcome(result),
    visits: servers.map(({ visits }) => visits),
    proofs: servers.map(proofs),
  };
}

/** Asks for SCRAM, reads the proof, and ends it with this error. */
const refusing =
  (sqlstate: string, text: string): ServerScript =>
  async (peer) => {
    await peer.startUp();
    peer.write(auth.sasl('SCRAM-SHA-256'));
    await scramExchange(peer, 'another');
    peer.write(errorResponse(sqlstate, text));
    peer.end();
  };

describe('13: the second host', () => {
  test('gets the password when nothing listens on the first', async () => {
    const seen = await probeBoth(null, honest);
    expect(seen).toEqual({ outcome: 'warned', visits: [1, 0], proofs: [1, 0] });
  });

  test('gets it when the first closes the door at once, or is starting up', async () => {
    for (const first of [
      (peer) => peer.end(),
      async (peer) => {
        await peer.startUp();
        peer.write(errorResponse('57P03', 'the database system is starting up'));
        peer.end();
      },
    ] satisfies ServerScript[]) {
      const { visits, proofs } = await probeBoth(first, honest);
      expect({ visits: visits.slice(1), proofs }).toEqual({ visits: [1, 0], proofs: [0, 1, 0] });
    }
  });

  test.each([
    ['refused it', 'password_refused', 1, refusing('28P01', 'password authentication failed')],
    ['did not let the user in', 'role_refused', 1, refusing('28000', 'role is not permitted to log in')],
    ['wants it in the clear', 'auth_cleartext_refused', 0, asksFor(auth.cleartext)],
    ['lets everybody in', 'password_not_asked', 0, asksFor(auth.ok)],
    [
      'wants one round of SCRAM',
      'auth_scram_refused',
      0,
      asksFor(auth.sasl('SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256')),
    ],
  ])('does not get it after one that %s', async (_what, code, proved, first) => {
    const seen = await probeBoth(first, honest);
    expect(seen).toEqual({
      outcome: `authenticate: ${code}`,
      visits: [1, 0, 0],
      proofs: [proved, 0, 0],
    });
  });

  test('does not get it for the second round of prefer-standby, when the first refused it', async () => {
    const seen = await probeBoth(refusing('28P01', 'password authentication failed'), honest, {
      target_session_attrs: 'prefer-standby',
    });
    expect(seen).toEqual({
      outcome: 'authenticate: password_refused',
      visits: [1, 0, 0],
      proofs: [1, 0, 0],
    });
  });
});
