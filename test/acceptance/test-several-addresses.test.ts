import { describe, expect, test } from 'vitest';
import { testResultListSchema } from '../../src/connections/schema.ts';
import {
  answerInTurn,
  auth,
  honestAnswers,
  keyData,
  ready,
  startHostileServer,
} from '../support/hostile-server.ts';
import { noOwnHosts, underHosts } from '../support/own-hosts.ts';
import { jackfield, newHome } from '../support/program.ts';

// A name with several addresses: whoever dials it next may get the dead one.

const reason = noOwnHosts();
if (reason !== null) process.stderr.write(`skipped: a name with a dead address (${reason})\n`);

describe.skipIf(reason !== null)('a name of which one address is dead', () => {
  async function testName(...addresses: readonly string[]) {
    const server = await startHostileServer(async (peer) => {
      await peer.startUp();
      peer.write(auth.ok, keyData, ready);
      await answerInTurn(peer, honestAnswers);
    });
    const flags = `--role source --host two.test --port ${server.port} --database x --username x --no-password`;
    const done = await jackfield(
      ['connections', 'test', ...flags.split(' '), '--ssl-mode', 'disable', '--json'],
      {
        home: newHome(),
        under: underHosts(...addresses.map((address) => `${address} two.test`)),
      },
    );
    const [result] = testResultListSchema.parse(done.json());
    return { result, server, mistakes: server.mistakes() };
  }

  test('is warned of, although the other one answers first', async () => {
    const { result, server, mistakes } = await testName('127.0.0.1', '127.0.0.2');
    expect(result?.status).toBe('warned');
    expect(result?.stages[1]).toMatchObject({
      stage: 'connect',
      status: 'warned',
      code: 'connection_refused',
      message: `reached another way, but nothing listens on two.test:${server.port} (127.0.0.2)`,
    });
    expect(result?.stages.filter(({ status }) => status === 'passed').map(({ stage }) => stage)).toContain(
      'session',
    );
    expect(mistakes).toEqual([]);
  });

  test('of the other family is not, since a network may carry one alone', async () => {
    const { result } = await testName('127.0.0.1', '::1');
    expect(result?.stages[1]).toMatchObject({ stage: 'connect', status: 'passed' });
  });
});
