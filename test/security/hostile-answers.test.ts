import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { connectionSchema, testResultListSchema } from '../../src/connections/schema.ts';
import { refreshResultListSchema } from '../../src/metadata/schema.ts';
import {
  answerInTurn,
  commandComplete,
  dataRow,
  errorResponse,
  header,
  honestAnswers,
  int16,
  letInWithScram,
  message,
  type Peer,
  parameterStatus,
  ready,
  rowDescription,
  type ServerScript,
  startHostileServer,
} from '../support/hostile-server.ts';
import type { RunningProgram, RunResult } from '../support/program.ts';
import { startRepeatingServer } from '../support/repeating-server.ts';
import { newScript } from '../support/script.ts';
import { saveScripted } from '../support/scripted-connection.ts';
import { serverFor } from '../support/servers.ts';

/*
 * Row 36 of what must hold: whatever a server declares, and however much it sends, memory and time stay
 * bounded. The real program is run, and its memory is what the system says was the most of it.
 */

const password = 'canary-36';
/** What a hostile server may cost, in megabytes above what an honest one does. */
const allowedMb = 150;
const timeoutSeconds = 3;
const gigabytes = 0x7fffffff;

type Verb = 'test' | 'discover';

interface Run {
  readonly ended: RunResult;
  readonly peakMb: number;
  readonly seconds: number;
}

/** Runs a command against a server that follows the script. */
async function run(verb: Verb, act: ServerScript): Promise<Run> {
  const server = await startHostileServer(act);
  const script = newScript();
  await saveScripted(script, { ...server, password });
  const seen = await watched(script.start`connections ${verb} Scripted --timeout ${timeoutSeconds}s --json`);
  expect(server.mistakes()).toEqual([]);
  return seen;
}

/** Watches a program's memory until it ends. */
async function watched({ pid, done }: RunningProgram): Promise<Run> {
  const started = performance.now();
  let peakKb = 0;
  const watch = setInterval(() => {
    peakKb = Math.max(peakKb, peakOf(pid));
  }, 10);
  try {
    const ended = await done;
    return { ended, peakMb: peakKb / 1024, seconds: (performance.now() - started) / 1000 };
  } finally {
    clearInterval(watch);
  }
}

/** The most memory that a process had so far, in kilobytes; 0 when it is gone (proc(5), VmHWM). */
function peakOf(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

const real = serverFor(18);
let role: { name: string; password: string };
let database: { name: string };
let honestPeakMb: Record<Verb, number>;
/** The statements whose answers have rows. */
let statements: Record<Verb, readonly number[]>;

beforeAll(async () => {
  role = await real.createRole();
  database = await real.createDatabase(`
    create type mood as enum ('glad', 'cross');
    create table customers (id int primary key, felt mood check (felt <> 'cross'));
    create table orders (id int unique, customer_id int references customers (id));
    create view sad as select * from customers where felt = 'cross';
    comment on table orders is 'what was sold';
    grant select on all tables in schema public to ${role.name};
  `);
  const [tested, discovered] = [await repeating('test', -1), await repeating('discover', -1)];
  expect([tested.ended.code, discovered.ended.code]).toEqual([0, 0]);
  honestPeakMb = { test: tested.peakMb, discover: discovered.peakMb };
  statements = { test: tested.withRows, discover: discovered.withRows };
});

/** Runs a command against a real server, but that the answer to this statement repeats its row for ever. */
async function repeating(verb: Verb, statement: number): Promise<Run & { withRows: number[] }> {
  const server = await startRepeatingServer(real, statement);
  const script = newScript().given({ stdin: role.password });
  await script.answer(connectionSchema)`connections add --role source --name Real --host ${server.host}
    --port ${server.port} --database ${database.name} --username ${role.name} --ssl-mode disable
    --password-stdin`;
  const timeout = statement < 0 ? 20 : timeoutSeconds;
  const seen = await watched(script.start`connections ${verb} Real --timeout ${timeout}s --json`);
  return { ...seen, withRows: server.statementsWithRows() };
}

/** Lets us in, and acts instead of answering: the first question of a test, the third of a discovery. */
const instead =
  (verb: Verb, act: (peer: Peer) => Promise<void>): ServerScript =>
  async (peer) => {
    await letInWithScram(password)(peer);
    await answerInTurn(peer, verb === 'test' ? [] : honestAnswers.slice(0, 2), act);
  };

/** As many of them as fit into a packet or two. */
const many = (...piece: Buffer[]): Buffer => {
  const one = Buffer.concat(piece);
  return Buffer.concat(Array.from({ length: Math.ceil(65_536 / one.length) }, () => one));
};
const columns = (count: number) => rowDescription(Array.from({ length: count }, (_, index) => `c${index}`));

const floods: Readonly<Record<string, (peer: Peer) => Promise<void>>> = {
  'a million tables, and then more': async (peer) => {
    peer.write(columns(10));
    await peer.flood(many(dataRow(['1', 'public', 'orders', 'r', '1', '1', null, null, null, null])));
  },
  'rows without columns': async (peer) => {
    peer.write(columns(0));
    await peer.flood(many(dataRow([])));
  },
  'rows that hold none of a thousand columns': async (peer) => {
    peer.write(columns(1000));
    await peer.flood(many(dataRow([])));
  },
  'columns without end': (peer) => peer.flood(columns(30_000)),
  'results without end': (peer) => peer.flood(many(columns(0), commandComplete)),
  notices: (peer) => peer.flood(many(errorResponse('00000', 'psst', 'N'))),
  parameters: (peer) => peer.flood(many(parameterStatus('a', 'b'))),
  errors: (peer) => peer.flood(many(errorResponse('XX000', 'no'))),
  'copied data': async (peer) => {
    peer.write(message('H', Buffer.from([0]), int16(0)));
    await peer.flood(many(message('d', 'x'.repeat(1000))));
  },
  'a row of two gigabytes': async (peer) => {
    peer.write(columns(1), header('D', gigabytes));
    await peer.flood(Buffer.alloc(65_536, 'x'));
  },
  'an error of two gigabytes': async (peer) => {
    peer.write(header('E', gigabytes));
    await peer.flood(Buffer.alloc(65_536, 'x'));
  },
};

/** None is a defect of ours: it refused, it broke the rules, or the connection; or time was up. */
const ends = /(?:server_refused|protocol_violation|connection_lost|session_timeout)$/;

describe('36: a test is not filled', () => {
  test.each(Object.entries(floods))('by %s', async (_what, act) => {
    const seen = await run('test', instead('test', act));
    expect(seen.ended.code, seen.ended.stderr).toBe(1);
    const [result] = testResultListSchema.parse(seen.ended.json());
    const failed = result?.stages.find(({ status }) => status === 'failed');
    expect(failed).toMatchObject({ stage: 'session', code: expect.stringMatching(ends) });
    expectBounded(seen, 'test');
  });

  test.each([
    ['an authentication of two gigabytes', header('R', gigabytes), Buffer.alloc(65_536)],
    ['notices', Buffer.alloc(0), many(errorResponse('00000', 'psst', 'N'))],
    ['parameters', Buffer.alloc(0), many(parameterStatus('a', 'b'))],
  ])('before it is let in, by %s', async (_what, first, more) => {
    const seen = await run('test', async (peer) => {
      await peer.startUp();
      peer.write(first);
      await peer.flood(more);
    });
    expect(seen.ended.code, seen.ended.stderr).toBe(1);
    const [result] = testResultListSchema.parse(seen.ended.json());
    const failed = result?.stages.find(({ status }) => status === 'failed');
    expect(failed).toMatchObject({ stage: 'connect', code: 'protocol_violation' });
    expectBounded(seen, 'test');
  });
});

describe('36: a discovery is not filled', () => {
  test.each([
    'rows that hold none of a thousand columns',
    'results without end',
    'notices',
    'a row of two gigabytes',
  ])('by %s', async (what) => {
    const seen = await run('discover', instead('discover', floods[what] ?? (() => Promise.resolve())));
    expect(seen.ended.code, seen.ended.stderr).toBe(7);
    expect(seen.ended.errorJson().code).toMatch(ends);
    expectBounded(seen, 'discover');
  });
});

test('a server that leaves while a discovery asks two things at once ends that one alone', async () => {
  const identity = [{ database: '5', size: '8192', user: 'loader', major: '16', system: '1' }];
  const leavingAfter = (ms: number) =>
    startHostileServer(async (peer) => {
      await letInWithScram(password)(peer);
      await answerInTurn(peer, [...honestAnswers.slice(0, 2), identity], async () => {
        await setTimeout(ms);
        peer.end();
      });
    });
  const script = newScript();
  await saveScripted(script, { ...(await leavingAfter(0)), name: 'Soon', password });
  await saveScripted(script, { ...(await leavingAfter(1000)), name: 'Later', password });
  const results = await script.answer(refreshResultListSchema, 1)`metadata refresh Soon Later`;
  expect(results.map(({ connection, code }) => [connection, code])).toEqual([
    ['Later', 'connection_lost'],
    ['Soon', 'connection_lost'],
  ]);
});

test.each([
  ['fewer', columns(6), commandComplete],
  ['more', ...Array.from({ length: 8 }, () => [columns(0), commandComplete]).flat()],
])(
  'a server that answers %s statements of a discovery than it was asked is not believed',
  async (_what, ...answer) => {
    const identity = [
      { database: '5', size: '8192', visible: 't', user: 'loader', major: '16', system: '1' },
    ];
    const schemas = [{ schema: 'public', usable: 't' }];
    const seen = await run('discover', async (peer) => {
      await letInWithScram(password)(peer);
      await answerInTurn(peer, [...honestAnswers.slice(0, 2), identity, schemas], async () => {
        peer.write(...answer, ready);
      });
    });
    expect(seen.ended.code, seen.ended.stderr).toBe(7);
    expect(seen.ended.errorJson().code).toBe('protocol_violation');
  },
);

describe('36: the rows of no statement may go on for ever', () => {
  test.each(['test', 'discover'] as const)('of a %s', { timeout: 120_000 }, async (verb) => {
    expect(statements[verb].length).toBeGreaterThan(2);
    const left = [...statements[verb]];
    const next = async (): Promise<void> => {
      const statement = left.shift();
      if (statement === undefined) return;
      const seen = await repeating(verb, statement);
      expect(seen.ended.code, `${statement}: ${seen.ended.stderr}`).toBe(verb === 'test' ? 1 : 7);
      expectBounded(seen, verb);
      await next();
    };
    await Promise.all([next(), next(), next()]);
  });
});

function expectBounded({ peakMb, seconds }: Run, verb: Verb): void {
  expect(peakMb).toBeGreaterThan(20);
  expect(peakMb).toBeLessThan(honestPeakMb[verb] + allowedMb);
  // The program has to start, too, on a machine that is busy with other tests.
  expect(seconds).toBeLessThan(timeoutSeconds + 5);
}
