import { connect, createServer, type Socket } from 'node:net';
import { afterwards } from './clean-up.ts';
import type { ServerFacts } from './postgres.ts';

/*
 * A PostgreSQL server that is honest up to one statement and never ends the answer to that: it stands
 * before a real one, and repeats the first row, each time with other digits in its first field: an oid as a rule. Whatever is
 * asked, the rows are of the right shape.
 */

interface RepeatingServer {
  readonly host: '127.0.0.1';
  readonly port: number;
  /** Of which statements the answer had a row, over all connections; the first is 0. */
  statementsWithRows(): number[];
}

const commandComplete = 0x43;
const dataRow = 0x44;

/**
 * Starts one, in the clear; it ends after the test.
 * @param endless of which statement the answer has no end; -1: of none
 */
export async function startRepeatingServer(real: ServerFacts, endless: number): Promise<RepeatingServer> {
  const withRows = new Set<number>();
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const behind = connect(real.port, real.host);
    const part = () => {
      client.destroy();
      behind.destroy();
    };
    for (const socket of [client, behind]) {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', part);
    }
    client.pipe(behind);
    // Several may have been sent in one message: each has an end of its own.
    let statement = 0;
    let pending = Buffer.alloc(0);
    behind.on('data', (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      let at = 0;
      while (pending.length - at >= 5) {
        const end = at + 1 + pending.readInt32BE(at + 1);
        if (end > pending.length) break;
        const letter = pending[at];
        if (letter === dataRow) withRows.add(statement);
        if (letter === dataRow && statement === endless) {
          behind.removeAllListeners('data');
          void repeat(client, pending.subarray(at, end));
          return;
        }
        if (letter === commandComplete) statement += 1;
        client.write(pending.subarray(at, end));
        at = end;
      }
      pending = pending.subarray(at);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterwards(async () => {
    for (const socket of sockets) socket.resetAndDestroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP address');
  return {
    host: '127.0.0.1',
    port: address.port,
    statementsWithRows: () => [...withRows].sort((a, b) => a - b),
  };
}

async function repeat(client: Socket, row: Buffer): Promise<void> {
  const many = Buffer.concat(Array.from({ length: Math.ceil(65_536 / row.length) }, () => row));
  while (!client.destroyed) {
    for (let at = 0; at < many.length; at += row.length) renumber(many.subarray(at, at + row.length));
    // A copy, since it is written later.
    const room = client.write(Buffer.from(many));
    // Where the client is gone there will be no drain, and nothing waits for this any more.
    await new Promise<void>((resolve) => {
      if (room) setImmediate(resolve);
      else client.once('drain', resolve);
    });
  }
}

/** Puts other digits into the first field of a DataRow where it is a number of several. */
function renumber(row: Buffer): void {
  const start = 5 + 2 + 4;
  const length = row.readInt32BE(start - 4);
  if (length < 2 || !/^\d+$/.test(row.toString('latin1', start, start + length))) return;
  for (let at = start; at < start + length; at += 1) row[at] = 0x31 + Math.floor(Math.random() * 9);
}
