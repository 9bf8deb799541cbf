import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterwards } from './clean-up.ts';
import { type Change, decodeChanges } from './pgoutput.ts';
import type { TestServer } from './postgres.ts';
import { clientProgram } from './psql.ts';

/** PostgreSQL's own consumer of changes, at work. */
export interface Consumer {
  /** Waits until it has read this many changes. @returns them all */
  changes(atLeast: number): Promise<Change[]>;
  /** Ends it, and waits until the server knows. */
  stop(): Promise<void>;
  /** Done when it ends, however that comes about. */
  readonly ended: Promise<void>;
}

export interface ConsumerOptions {
  readonly server: TestServer;
  readonly database: string;
  readonly role: { readonly name: string; readonly password: string };
  readonly slot: string;
  readonly publication: string;
}

/** Starts `pg_recvlogical` and waits until the slot is read; it ends after the test. */
export async function startConsumer(options: ConsumerOptions): Promise<Consumer> {
  const { server, database, role, slot, publication } = options;
  const child = spawn(
    clientProgram('pg_recvlogical'),
    [
      ...['--slot', slot, '--dbname', database, '--start', '--no-loop', '--file', '-'],
      ...['--status-interval', '1', '--fsync-interval', '1'],
      ...['--option', 'proto_version=1', '--option', `publication_names="${publication}"`],
    ],
    { env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', ...server.psqlEnv(database, role) } },
  );
  const out: Buffer[] = [];
  let words = '';
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => {
    words += chunk.toString('utf8');
  });
  let over = false;
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => {
      over = true;
      resolve();
    });
    child.once('error', () => resolve());
  });
  const isActive = async () => {
    const [row] = await server.run(`select active from pg_replication_slots where slot_name = '${slot}'`);
    return row?.active === true;
  };
  const until = async (what: string, look: () => boolean | Promise<boolean>) => {
    for (const end = Date.now() + 15_000; Date.now() < end; await sleep(20)) if (await look()) return;
    throw new Error(`pg_recvlogical: no ${what} in time: ${words}`);
  };
  const stop = async () => {
    if (!over) child.kill('SIGINT');
    await ended;
    await until('end', async () => !(await isActive()));
  };
  afterwards(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  await until('start', async () => {
    if (over) throw new Error(`pg_recvlogical has ended: ${words}`);
    return isActive();
  });
  return {
    ended,
    stop,
    async changes(atLeast) {
      let found: Change[] = [];
      await until(`${atLeast} changes`, () => {
        found = decodeChanges(Buffer.concat(out));
        return found.length >= atLeast;
      });
      return found;
    },
  };
}
