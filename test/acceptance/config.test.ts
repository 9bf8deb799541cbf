import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { configListSchema, connectionListSchema, connectionSchema } from '../../src/connections/schema.ts';
import { pipelineSchema } from '../../src/pipelines/schema.ts';
import { afterwards } from '../support/clean-up.ts';
import { newScript, type Script } from '../support/script.ts';
import { openTerminal } from '../support/terminal.ts';

let script: Script;
const file = () => join(script.home, 'config.json');
const write = (text: string) => {
  mkdirSync(script.home, { recursive: true, mode: 0o700 });
  writeFileSync(file(), text);
};

beforeEach(() => {
  script = newScript();
});

describe('config', () => {
  test('set, get, list and unset: a flag comes before the environment, that before the file', async () => {
    expect((await script.jackfield`config get timeout`).stdout).toBe('10s\n');
    expect((await script.jackfield`config set timeout 5s`).code).toBe(0);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(file(), 'utf8'))).toEqual({ timeout: '5s' });
    expect((await script.jackfield`config get timeout`).stdout).toBe('5s\n');
    const env = { JACKFIELD_TIMEOUT: '2s' };
    const listed = await script.given({ env }).answer(configListSchema)`config list`;
    expect(listed).toContainEqual({
      key: 'timeout',
      value: '2s',
      source: 'environment',
      from: 'JACKFIELD_TIMEOUT',
    });
    expect(listed).toContainEqual({ key: 'concurrency', value: '8', source: 'default', from: null });
    await script.jackfield`config unset timeout`;
    expect((await script.jackfield`config get timeout`).stdout).toBe('10s\n');
  });

  test('a test takes its time-out from it, and from a flag before it', async () => {
    const silent = createServer((socket) => void socket.on('error', () => {}));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    afterwards(() => void silent.close());
    const { port } = silent.address() as AddressInfo;
    const endpoint = ['--host', '127.0.0.1', '--port', `${port}`, '--username', 'u', '--no-password'];
    for (const [role, name] of [
      ['source', 'shop'],
      ['source', 'replica'],
      ['destination', 'lake'],
    ] as const) {
      await script.answer(connectionSchema)`connections add --role ${role} --name ${name} ${endpoint}`;
    }
    await script.answer(pipelineSchema)`pipelines add nightly --source shop --destination lake`;
    await script.jackfield`config set timeout 300ms`;
    for (const words of [
      ['connections', 'test', 'shop'],
      ['connections', 'test', '--all'],
      ['connections', 'edit', 'shop', '--schema', 'app', '--test'],
      ['pipelines', 'check', 'nightly'],
      ['pipelines', 'retarget', 'nightly', '--source', 'replica'],
    ]) {
      const before = performance.now();
      expect((await script.jackfield`${words}`).code, words.join(' ')).toBe(1);
      expect(performance.now() - before, words.join(' ')).toBeLessThan(8_000);
    }
    const before = performance.now();
    await script.jackfield`pipelines check nightly --timeout 2s`;
    expect(performance.now() - before).toBeGreaterThan(1_900);
  });

  test('the output of the environment is for everybody, that of the file for a terminal', async () => {
    const env = { JACKFIELD_OUTPUT: 'json' };
    expect(JSON.parse((await script.given({ env }).jackfield`connections list`).stdout)).toEqual([]);
    expect((await script.given({ env }).jackfield`connections list --output csv`).stdout).toMatch(/^id,/);
    await script.jackfield`config set output json`;
    expect((await script.jackfield`connections list`).stdout).not.toContain('[');
    const terminal = await openTerminal(['connections', 'list'], { home: script.home });
    expect(await terminal.exit()).toMatchObject({ code: 0 });
    expect(terminal.screen()).toContain('[]');
  });

  test('color always colours a pipe; NO_COLOR and --no-color come before it', async () => {
    await script.jackfield`config set color always`;
    const coloured = async (its: Script, ...flags: string[]) =>
      (await its.jackfield`connections show nobody ${flags}`).stderr.includes('\u001b[');
    expect(await coloured(script)).toBe(true);
    expect(await coloured(script, '--no-color')).toBe(false);
    expect(await coloured(script.given({ env: { NO_COLOR: '1' } }))).toBe(false);
    expect(await coloured(script.given({ env: { JACKFIELD_COLOR: 'never' } }))).toBe(false);
  });

  test('the default refresh is that of sources for which nothing was decided', async () => {
    const endpoint = ['--role', 'source', '--host', 'localhost', '--username', 'u', '--no-password'];
    await script.jackfield`connections add --name Orders ${endpoint}`;
    await script.jackfield`config set refreshEvery 2h`;
    expect((await script.jackfield`connections source-config Orders --json`).json()).toMatchObject({
      refreshEveryMs: 7_200_000,
    });
  });

  test.each([
    ['{ "outptu": "json" }', 'unknown_key', /did you mean output/],
    ['{ "output": "xml" }', 'bad_value', /output/],
    ['{ "timeout": {} }', 'bad_value', /config set timeout/],
    ['{ nonsense', 'bad_config', /config unset --all/],
    ['[]', 'bad_config', /config unset --all/],
  ])('a file of %s stops every command but config', async (text, code, fix) => {
    write(text);
    const error = await script.refused(2)`connections list`;
    expect(error).toMatchObject({ code, fix: expect.stringMatching(fix) });
    const listed = await script.jackfield`config list`;
    expect(listed.code).toBe(0);
    expect(listed.stderr).toContain(error.message.slice(0, 20));
    expect((await script.jackfield`config unset --all`).code).toBe(0);
    await script.answer(connectionListSchema)`connections list`;
  });

  test('a wrong variable is named; a wrong key or value is not set', async () => {
    const wrong = script.given({ env: { JACKFIELD_CONCURRENCY: 'many' } });
    expect((await wrong.refused(2)`connections list`).message).toContain('JACKFIELD_CONCURRENCY');
    writeFileSync(join(script.directory, 'file'), '');
    const nowhere = script.given({ env: { JACKFIELD_HOME: join(script.directory, 'file', 'home') } });
    expect(await nowhere.refused(2)`config set output json`).toMatchObject({
      code: 'bad_config',
      message: expect.stringContaining("can't be written (its directory is a file)"),
    });
    expect(await script.refused(2)`config set outputs json`).toMatchObject({ fix: 'did you mean output?' });
    await script.refused(2)`config set output jsn`;
    await script.refused(2)`config get nothing`;
    await script.refused(2)`config unset`;
  });
});
