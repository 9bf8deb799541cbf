import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InterruptedError, UsageError } from '../../../src/connections/errors.ts';
import { parseReference, type ReferenceSettings, References } from '../../../src/secrets/references.ts';
import { quoteWords } from '../../../src/secrets/words.ts';
import { until } from '../../support/behind-our-back.ts';

const node = process.execPath;
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'jackfield-references-'));
});
afterAll(() => rm(directory, { recursive: true }));

function resolver(settings: Partial<ReferenceSettings> = {}): References {
  return new References({
    environment: { PATH: process.env.PATH },
    signal: new AbortController().signal,
    showsStderr: false,
    ...settings,
  });
}

async function resolve(text: string, settings: Partial<ReferenceSettings> = {}): Promise<string> {
  return (await resolver(settings).resolve(parseReference(text))).reveal();
}

function script(source: string, ...words: string[]): string {
  return `cmd:${quoteWords([node, '-e', source, ...words])}`;
}

describe('the grammar of references', () => {
  it.each([
    ['env:ORDERS_PASSWORD', 'env'],
    ['file:/run/secrets/orders', 'file'],
    ['file:~/orders password', 'file'],
    ["cmd:op read 'op://vault/item'", 'cmd'],
  ])('%s', (text, kind) => {
    expect(parseReference(text)).toEqual({ kind, reference: text });
  });

  it.each([
    'hunter2-canary',
    'canary:thing',
    'env:',
    'env:1canary',
    'env:CANARY canary',
    'env:CANARY-canary',
    'ENV:canary',
    'file:',
    'file:canary/relative',
    'file:~other/canary',
    'file:~/',
    'file:/canary\0',
    'cmd:',
    'cmd:   ',
    "cmd:''",
    "cmd:canary 'open",
  ])('refuses %j, and does not repeat it', (text) => {
    let thrown: unknown;
    try {
      parseReference(text);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(UsageError);
    expect(thrown).toMatchObject({ code: 'bad_reference' });
    expect(inspect(thrown, { depth: 9 })).not.toContain('canary');
  });
});

describe('env:', () => {
  it('is the variable, whole', async () => {
    expect(await resolve('env:P', { environment: { P: ' p \n' } })).toBe(' p \n');
  });

  it('is missing or empty', async () => {
    await expect(resolve('env:P', { environment: {} })).rejects.toMatchObject({ code: 'reference_missing' });
    await expect(resolve('env:P', { environment: { P: '' } })).rejects.toMatchObject({
      code: 'reference_empty',
    });
  });
});

describe('file:', () => {
  it.each([
    ['p\n', 'p'],
    ['p\r\n', 'p'],
    ['p\n\n', 'p\n'],
    [' pä ', ' pä '],
  ])('%j is %j', async (content, password) => {
    const path = join(directory, 'with a blank');
    await writeFile(path, content);
    expect(await resolve(`file:${path}`)).toBe(password);
  });

  it('is looked for under HOME after ~/', async () => {
    await writeFile(join(directory, 'secret'), 'at home');
    expect(await resolve('file:~/secret', { environment: { HOME: directory } })).toBe('at home');
    await expect(resolve('file:~/secret', { environment: {} })).rejects.toMatchObject({
      code: 'reference_failed',
    });
  });

  it.each([
    ['missing', 'reference_missing', async () => {}],
    ['empty', 'reference_empty', (path: string) => writeFile(path, '\n')],
    ['a directory', 'reference_failed', (path: string) => mkdir(path)],
    ['too large', 'reference_failed', (path: string) => writeFile(path, 'x'.repeat(64 * 1024 + 1))],
    ['not UTF-8', 'reference_failed', (path: string) => writeFile(path, Buffer.from([0x70, 0xff]))],
  ])('is refused when it is %s', async (what, code, prepare) => {
    const path = join(directory, `refused ${what}`);
    await prepare(path);
    const error = await resolve(`file:${path}`).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, message: expect.stringContaining(path) });
  });
});

describe.skipIf(process.platform === 'win32')('cmd:', () => {
  it('is what the program writes, without one line break', async () => {
    expect(await resolve(script('console.log(process.argv[1])', '$HOME; `id` "x"'))).toBe('$HOME; `id` "x"');
  });

  it('gives the program no stdin and none of our variables', async () => {
    const environment = { PATH: process.env.PATH, JACKFIELD_PASSPHRASE: 'canary', KEPT: 'kept' };
    const source = `process.stdin.resume().on('end', () => console.log(JSON.stringify(process.env)));`;
    const seen: unknown = JSON.parse(await resolve(script(source), { environment }));
    expect(seen).toMatchObject({ KEPT: 'kept' });
    expect(seen).not.toHaveProperty('JACKFIELD_PASSPHRASE');
  });

  it.each([
    [
      'the exit code',
      'process.stderr.write("canary"); console.log("canary"); process.exit(3)',
      /exit code 3/,
    ],
    ['the signal', 'process.kill(process.pid, "SIGKILL")', /SIGKILL/],
    [
      'too much output',
      'process.stdout.write("canary".repeat(20000)); setInterval(() => {}, 1000)',
      /64 KiB/,
    ],
    ['no text', 'process.stdout.write(Buffer.from([255]))', /UTF-8/],
  ])('tells %s, and neither arguments nor output', async (_what, source, words) => {
    const error = await resolve(script(source, 'canary')).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'reference_failed', message: expect.stringMatching(words) });
    expect(inspect(error, { depth: 9 })).not.toContain('canary');
  });

  it('is missing when there is no such program, and its arguments stay unsaid', async () => {
    const error = await resolve('cmd:no-such-program --token canary').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'reference_missing',
      message: expect.stringContaining('no-such-program'),
    });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('canary');
  });

  it('is refused when the program may not be run', async () => {
    const path = join(directory, 'not-executable');
    await writeFile(path, 'x');
    await chmod(path, 0o644);
    await expect(resolve(`cmd:${path}`)).rejects.toMatchObject({ code: 'reference_failed' });
  });

  it('is empty when the program says nothing', async () => {
    await expect(resolve(script(''))).rejects.toMatchObject({ code: 'reference_empty' });
  });

  it('ends the program and all it started when the time is over', async () => {
    const pids = join(directory, 'timeout-pids');
    const source = `
      process.on('SIGTERM', () => {});
      const child = require('child_process').spawn('sleep', ['60'], { stdio: 'inherit' });
      require('fs').writeFileSync(process.argv[1], process.pid + ' ' + child.pid);
      setInterval(() => {}, 1000);`;
    const started = performance.now();
    const resolving = resolve(script(source, pids), { timeoutMs: 500 });
    await expect(resolving).rejects.toMatchObject({
      code: 'reference_failed',
      message: expect.stringMatching(/0.5 s/),
    });
    expect(performance.now() - started).toBeLessThan(2_000);
    await untilGone(pids);
  }, 15_000);

  it('ends the program on abort', async () => {
    const pids = join(directory, 'abort-pids');
    const source = `require('fs').writeFileSync(process.argv[1], String(process.pid)); setInterval(() => {}, 1000);`;
    const interrupt = new AbortController();
    const resolving = resolve(script(source, pids), { signal: interrupt.signal });
    setTimeout(() => interrupt.abort(), 400);
    await expect(resolving).rejects.toBeInstanceOf(InterruptedError);
    await untilGone(pids);
    await expect(resolve(script(''), { signal: interrupt.signal })).rejects.toBeInstanceOf(InterruptedError);
  }, 15_000);

  it('runs once, however often and however much at once it is asked for', async () => {
    const log = join(directory, 'runs');
    const references = resolver();
    const source = parseReference(
      script(`require('fs').appendFileSync(process.argv[1], 'x'); console.log('p')`, log),
    );
    const secrets = await Promise.all([references.resolve(source), references.resolve(source)]);
    secrets.push(await references.resolve(source));
    expect(secrets.map((secret) => secret.reveal())).toEqual(['p', 'p', 'p']);
    expect(await readFile(log, 'utf8')).toBe('x');
  });
});

async function untilGone(pidFile: string): Promise<void> {
  const pids = (await readFile(pidFile, 'utf8')).split(' ').map(Number);
  await until('all of them ended', () => !pids.some(isRunning));
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
