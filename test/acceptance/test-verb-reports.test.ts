import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { connectionSchema, testResultListSchema } from '../../src/connections/schema.ts';
import { until } from '../support/behind-our-back.ts';
import { afterwards } from '../support/clean-up.ts';
import { newScript, type Script } from '../support/script.ts';
import { serverFor } from '../support/servers.ts';
import { parseXml } from '../support/xml.ts';

const server = serverFor(18);
let script: Script;
let silentPort: number;
/** How often the silent listener was dialled. */
let dialled = 0;

/** A fleet of one that passes, one that warns, one that fails and one that never answers. */
beforeAll(async () => {
  const silent = createServer((socket) => {
    dialled += 1;
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  afterwards(() => void silent.close());
  silentPort = (silent.address() as AddressInfo).port;
  const role = await server.createRole();
  const database = await server.createDatabase(`
    create table orders (id bigint primary key);
    revoke create on schema public from public;
    create schema empty;
    grant usage on schema empty to ${role.name};
    grant select on orders to ${role.name};
  `);
  script = newScript().given({ stdin: role.password });
  const flags = ['--port', `${server.port}`, '--username', role.name, '--database', database.name];
  const add = (name: string, words: readonly string[]) =>
    script.answer(connectionSchema)`connections add --role source --name ${name} ${words}`;
  const verified = ['--host', 'localhost', '--ssl-mode', 'verify-full', '--ssl-root-cert', server.caFile];
  await add('good', [...flags, ...verified, '--password-stdin']);
  await add('fair', [...flags, ...verified, '--schema', 'empty', '--password-stdin']);
  await add('bad', [...flags, ...verified, '--no-password']);
  await add('dead', ['--host', '127.0.0.1', '--port', `${silentPort}`, '--username', 'u', '--no-password']);
});

const statuses = { bad: 'failed', dead: 'failed', fair: 'warned', good: 'passed' };

/** Files that a run must not leave behind beside its reports. */
const strays = (directory: string) => readdirSync(directory).filter((name) => name.startsWith('.jackfield-'));

describe('reports of a fleet', () => {
  test('all of them at once, beside an answer and an exit code that stay as they are', async () => {
    const { directory } = script;
    const summary = join(directory, 'summary.md');
    writeFileSync(summary, 'of an earlier step\n');
    const inCi = script.given({ cwd: directory, env: { GITHUB_STEP_SUMMARY: summary } });
    writeFileSync(join(directory, 'old.json'), 'a former report, longer than nothing');

    const ended =
      await inCi.jackfield`connections test --all --timeout 1s --json --report junit=${'junit.xml'}
      --report json=old.json --report markdown=${`${directory}/report.md`} --report github`;

    expect(ended.code, ended.stderr).toBe(1);
    const results = testResultListSchema.parse(ended.json());
    expect(Object.fromEntries(results.map(({ connection, status }) => [connection, status]))).toEqual(
      statuses,
    );
    expect(readFileSync(join(directory, 'old.json'), 'utf8')).toBe(ended.stdout);

    const suite = parseXml(readFileSync(join(directory, 'junit.xml'), 'utf8')).children[0];
    expect(suite?.children).toHaveLength(4 * 8);
    const failed = suite?.children.filter(({ children }) => children[0]?.name === 'failure') ?? [];
    expect(failed.map(({ attributes }) => [attributes.classname, attributes.name])).toEqual([
      ['bad', 'authenticate'],
      ['dead', 'connect'],
    ]);
    expect(Number(suite?.attributes.time)).toBeGreaterThan(0.9);
    expect(Number(suite?.attributes.time)).toBeLessThan(10);

    const markdown = readFileSync(join(directory, 'report.md'), 'utf8');
    expect(markdown).toContain('4 tested: 1 passed, 1 warned, 2 failed');
    expect(markdown).toMatch(/^\| ✓ passed \| good \| \d+ ms \| \|$/m);
    expect(markdown).toMatch(/^### ✗ failed: bad$/m);
    expect(readFileSync(summary, 'utf8')).toBe(`of an earlier step\n${markdown}`);

    const commands = ended.stderr.trimEnd().split('\n');
    expect(commands.map((line) => line.slice(0, line.indexOf('::', 2)))).toEqual([
      '::error title=bad%3A authenticate failed',
      '::error title=dead%3A connect failed',
      '::warning title=fair%3A schema warned',
    ]);
    expect(strays(directory)).toEqual([]);
    const umask = process.umask();
    expect(statSync(join(directory, 'junit.xml')).mode & 0o777).toBe(0o666 & ~umask);
  });

  test('an XML reader that is not ours takes the JUnit report too', async () => {
    const file = join(script.directory, 'again.xml');
    await script.jackfield`connections test --all --timeout 1s --report junit=${file}`;
    const program =
      'import sys, xml.etree.ElementTree as t; print(len(t.parse(sys.argv[1]).findall(".//testcase")))';
    let read: string;
    try {
      read = execFileSync('python3', ['-c', program, file], { encoding: 'utf8' });
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
        console.warn('skipped: there is no python3 to read the report with');
        return;
      }
      throw error;
    }
    expect(read).toBe('32\n');
  });

  test('--fail-on warned makes a warning a failure, in the reports too', async () => {
    const file = join(script.directory, 'strict.xml');
    const test = (words: string[]) => script.jackfield`connections test good fair ${words}`;

    expect((await test([])).code).toBe(0);
    const strict = await test(['--fail-on', 'warned', '--report', `junit=${file}`, '--report', 'github']);

    expect(strict.code).toBe(1);
    expect(parseXml(readFileSync(file, 'utf8')).attributes.failures).toBe('1');
    expect(strict.stderr).toMatch(/^::error title=fair%3A schema warned::/m);
    expect((await script.jackfield`connections test fair --fail-on warned`).code).toBe(1);
    expect((await script.jackfield`connections test good --fail-on warned`).code).toBe(0);
  });

  test('a single test is reported as well, and annotations need no summary', async () => {
    const file = join(script.directory, 'one.json');
    const one = await script.jackfield`connections test bad --json --report json=${file} --report github`;
    expect(one.code).toBe(1);
    expect(readFileSync(file, 'utf8')).toBe(one.stdout);
    expect(one.stderr).toContain('::error title=bad%3A authenticate failed::');
    expect(one.stderr).toContain('GITHUB_STEP_SUMMARY is not set');

    const quiet = await script.jackfield`connections test bad --quiet --report github`;
    expect(quiet.stderr).toMatch(/^::error [^\n]+\n$/);
  });

  test('a link stays a link, and leads to the report', async () => {
    const { directory } = script;
    mkdirSync(join(directory, 'elsewhere'));
    writeFileSync(join(directory, 'elsewhere', 'report.json'), 'former');
    symlinkSync('elsewhere/report.json', join(directory, 'link.json'));
    await script.jackfield`connections test good --report json=${`${directory}/link.json`}`;
    const read = readFileSync(join(directory, 'elsewhere', 'report.json'), 'utf8');
    expect(testResultListSchema.parse(JSON.parse(read))).toHaveLength(1);
    expect(existsSync(join(directory, 'link.json'))).toBe(true);
  });

  test('an interrupted run reports what finished, and is exit 130', async () => {
    const { directory } = script;
    const files = { json: join(directory, 'part.json'), markdown: join(directory, 'part.md') };
    const before = dialled;

    const running = script.start`connections test good dead --timeout 60s
      --report json=${files.json} --report markdown=${files.markdown}`;
    await until('one passed and the other is dialled', () => {
      return running.soFar().stderr.includes('✓ passed') && dialled > before;
    });
    running.kill('SIGINT');
    const ended = await running.done;

    expect(ended.code).toBe(130);
    expect(ended.stdout).toBe('');
    expect(ended.stderr).toContain('interrupted: 1 of 2 were tested');
    const part = testResultListSchema.parse(JSON.parse(readFileSync(files.json, 'utf8')));
    expect(part.map(({ connection }) => connection)).toEqual(['good']);
    expect(readFileSync(files.markdown, 'utf8')).toContain('Interrupted: 1 of 2 were tested.');
    const saved = await script.saved();
    expect(saved.find(({ name }) => name === 'good')?.lastTest.status).toBe('passed');
    expect(strays(directory)).toEqual([]);
  });
});

describe('--shard', () => {
  test('divides what the filters let through, and a part of nothing is no error', async () => {
    const tested = async (words: string[], exit: number) => {
      const results = await script.answer(testResultListSchema, exit)`connections test --timeout 1s ${words}`;
      return results.map(({ connection }) => connection);
    };
    expect(await tested(['--all', '--shard', '1/2'], 1)).toEqual(['bad', 'fair']);
    expect(await tested(['--shard', '2/2'], 1)).toEqual(['dead', 'good']);
    expect(await tested(['good', 'fair', '--shard', '1/2'], 0)).toEqual(['fair']);

    const file = join(script.directory, 'empty.xml');
    const empty = await script.jackfield`connections test good --shard 2/2 --report junit=${file}`;
    expect(empty.code).toBe(0);
    expect(empty.stdout).toBe('Nothing was tested.\n');
    expect(empty.stderr).toContain('shard 2/2 is empty: there are fewer connections (1) than shards');
    expect(parseXml(readFileSync(file, 'utf8')).attributes.tests).toBe('0');
    expect((await script.refused(2)`connections test --tag none --shard 1/2`).code).toBe('nothing_to_test');
  });
});

describe('is refused before anything is dialled', () => {
  test.each<[string, (directory: string) => string[], string, RegExp]>([
    ['an unknown format', () => ['xml=a'], 'bad_value', /junit, json, markdown, github/],
    ['no file', () => ['junit'], 'bad_value', /junit names no file/],
    ['a file for github', () => ['github=a'], 'bad_value', /takes no file/],
    ['no such directory', (d) => [`junit=${d}/nowhere/a.xml`], 'report_not_writable', /does not exist/],
    ['a directory', (d) => [`junit=${d}`], 'report_not_writable', /is a directory/],
    ['below a file', (d) => [`junit=${d}/plain/a.xml`], 'report_not_writable', /directory is a file/],
    ['no regular file', (d) => [`junit=${d}/pipe`], 'report_not_writable', /not a regular file/],
    ['a name too long', (d) => [`junit=${d}/${'x'.repeat(300)}`], 'report_not_writable', /too long/],
    ['twice the same', (d) => [`junit=${d}/a`, `json=${d}/./a`], 'conflicting_flags', /two reports go to/],
    ['one by a link', (d) => [`junit=${d}/plain`, `json=${d}/alias`], 'conflicting_flags', /two reports/],
  ])('%s', async (_what, reports, code, message) => {
    const own = newScript();
    writeFileSync(join(own.directory, 'plain'), 'untouched');
    symlinkSync('plain', join(own.directory, 'alias'));
    execFileSync('mkfifo', [join(own.directory, 'pipe')]);
    const flags = reports(own.directory).flatMap((report) => ['--report', report]);
    const endpoint = ['--role', 'source', '--host', '127.0.0.1', '--port', `${silentPort}`];
    const before = dialled;

    const refused = await own.refused(2)`connections test ${endpoint} --username u --no-password ${flags}`;

    expect(refused.code).toBe(code);
    expect(refused.message).toMatch(message);
    expect(dialled).toBe(before);
    expect(readFileSync(join(own.directory, 'plain'), 'utf8')).toBe('untouched');
    expect(strays(own.directory)).toEqual([]);
  });

  test('a directory that may not be written to, and a summary that can not be', async () => {
    const own = newScript();
    const closed = join(own.directory, 'closed');
    mkdirSync(closed);
    chmodSync(closed, 0o500);
    // Who is root may write everywhere but where the kernel itself says no.
    const directory = process.getuid?.() === 0 ? '/proc/self' : closed;
    const before = dialled;
    const endpoint = ['--role', 'source', '--host', '127.0.0.1', '--port', `${silentPort}`];
    const all = [...endpoint, '--username', 'u', '--no-password'];

    expect((await own.refused(2)`connections test ${all} --report json=${`${directory}/a.json`}`).code).toBe(
      'report_not_writable',
    );
    const inCi = own.given({ env: { GITHUB_STEP_SUMMARY: join(own.directory, 'nowhere', 'summary.md') } });
    expect(await inCi.refused(2)`connections test ${all} --report github`).toMatchObject({
      code: 'report_not_writable',
      message: expect.stringContaining('GITHUB_STEP_SUMMARY'),
    });
    expect(dialled).toBe(before);
  });

  test('a time-out of nothing', async () => {
    const before = dialled;
    expect(await script.refused(2)`connections test --all --timeout 0`).toMatchObject({
      code: 'bad_value',
      fix: expect.stringContaining('--timeout 10s'),
    });
    expect(dialled).toBe(before);
  });
});
