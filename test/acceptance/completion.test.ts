import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { jackfield, newHome, programFile } from '../support/program.ts';
import { newScript } from '../support/script.ts';
import { serverFor } from '../support/servers.ts';
import { openTerminal } from '../support/terminal.ts';
import { keyFileEnv } from '../support/vault-key.ts';

// Tab in real shells: what they put on the command line is what a person sees.

let home: string;
let directory: string;
const names = ['Orders DB', "it's $HOME", 'bills:eu'];

beforeAll(async () => {
  home = newHome();
  directory = join(home, '..');
  const bin = join(directory, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'jackfield'), `#!/bin/sh\nexec '${process.execPath}' '${programFile}' "$@"\n`);
  chmodSync(join(bin, 'jackfield'), 0o755);
  const run = `require('node:child_process').spawnSync(process.argv[2], process.argv.slice(3), { stdio: 'inherit' })`;
  writeFileSync(join(directory, 'shell.cjs'), run);
  writeFileSync(join(directory, '.zshrc'), 'autoload -U compinit; compinit -u; PS1="ready> "\n');
  writeFileSync(join(directory, 'root.pem'), '');
  const endpoint = ['--role', 'source', '--host', 'localhost', '--username', 'app', '--no-password'];
  for (const name of names) {
    const added = await jackfield(['connections', 'add', '--name', name, ...endpoint], {
      home,
      env: keyFileEnv(),
    });
    expect(added.code, added.stderr).toBe(0);
  }
});

const commands = {
  bash: ['bash', '--norc', '--noprofile', '-i'],
  zsh: ['zsh', '-i'],
  fish: ['fish', '--init-command', 'function fish_prompt; echo "ready> "; end; set -g fish_greeting'],
};
const sourcing = {
  bash: 'source <(jackfield completion bash)',
  zsh: 'source <(jackfield completion zsh)',
  fish: 'jackfield completion fish | source',
};

async function openShell(shell: keyof typeof commands) {
  const env = {
    PATH: `${join(directory, 'bin')}:${process.env.PATH}`,
    HOME: directory,
    PS1: 'ready> ',
    ZDOTDIR: directory,
    LANG: 'C.UTF-8',
  };
  const terminal = await openTerminal(commands[shell], {
    home,
    env,
    cwd: directory,
    script: join(directory, 'shell.cjs'),
  });
  await terminal.waitFor('ready>');
  terminal.type(`${sourcing[shell]}; echo load''ed`);
  terminal.press('enter');
  await terminal.waitFor(/^loaded$/m);
  return terminal;
}

describe.each(['bash', 'zsh', 'fish'] as const)('Tab in %s', (shell) => {
  test.each([
    ['jackfield secr', /jackfield secrets/],
    ['jackfield connections hist', /connections history/],
    ['jackfield connections list --rol', /--role/],
    ['jackfield connections list --role=so', /--role=source/],
    ['jackfield connections show Or', /show Orders\\ DB/],
    ['jackfield connections show "Or', /show "Orders DB"/],
    ['jackfield connections show it', /show (it\\'s\\ \\\$HOME|"it's \\\$HOME")/],
    ['jackfield connections show bills:', /show bills(\\?):eu/],
    ['jackfield connections add --ssl-root-cert roo', /root\.pem/],
  ])('%s', async (typed, expected) => {
    const terminal = await openShell(shell);
    terminal.type(typed);
    terminal.press('tab');
    await terminal.waitFor(expected);
  });
});

const asked = (words: string[], stdin = `${['jackfield', ...words].join('\0')}\0`) =>
  jackfield(['__complete', 'zsh'], { home, stdin });

describe('completion', () => {
  test('never asks, never fails and makes nothing', async () => {
    const elsewhere = newHome();
    const none = await jackfield(['__complete', 'zsh'], {
      home: elsewhere,
      stdin: 'jackfield\0connections\0show\0\0',
    });
    expect(none).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(await jackfield(['doctor', '--json'], { home: elsewhere })).toMatchObject({ code: 0 });
    for (const stdin of ['', '\0\0\0', 'jackfield\0no\0such\0\0']) {
      expect(await asked([], stdin)).toMatchObject({ code: 0, stderr: '' });
    }
    mkdirSync(elsewhere, { recursive: true });
    writeFileSync(join(elsewhere, 'catalog.db'), 'no database at all');
    const broken = await jackfield(['__complete', 'zsh'], {
      home: elsewhere,
      stdin: 'jackfield\0connections\0show\0\0',
    });
    expect(broken).toMatchObject({ code: 0, stdout: '', stderr: '' });
  });

  test('gives what the grammar and the catalog hold, by --home too', async () => {
    const listed = async (...words: string[]) => (await asked(words)).stdout.split('\n').slice(0, -1);
    expect(await listed('connections', 'show', '')).toEqual(['words', 'Orders DB', 'bills:eu', "it's $HOME"]);
    expect(await listed('connections', 'delete', 'Orders DB', '')).not.toContain('Orders DB');
    expect(await listed('--home', newHome(), 'connections', 'show', '')).toEqual([]);
    expect(await listed('connections', 'add', '--name', '')).toEqual(['words']);
    expect(await listed('--home', '')).toEqual(['directories']);
    expect(await listed('secrets', 'move', '--to', '')).toEqual(['words', 'keychain', 'vault']);
  });

  test('gives the names of pipelines and their ends, and the verbs of CDC', async () => {
    const endpoint = ['--host', 'localhost', '--username', 'app', '--no-password'];
    const script = newScript();
    const at = { home: script.home, env: script.env };
    await jackfield(['connections', 'add', '--role', 'source', '--name', 'shop', ...endpoint], at);
    await jackfield(['connections', 'add', '--role', 'destination', '--name', 'lake', ...endpoint], at);
    const ends = ['--source', 'shop', '--destination', 'lake'];
    expect((await jackfield(['pipelines', 'add', 'nightly', ...ends], at)).code).toBe(0);
    const listed = async (...words: string[]) => {
      const stdin = `${['jackfield', ...words].join('\0')}\0`;
      const { stdout } = await jackfield(['__complete', 'zsh'], { home: script.home, stdin });
      return stdout.split('\n').slice(1, -1);
    };
    expect(await listed('pipelines', 'show', '')).toEqual(['nightly']);
    expect(await listed('pipelines', 'add', '')).toEqual([]);
    expect(await listed('pipelines', 'add', 'x', '--source', '')).toEqual(['shop']);
    expect(await listed('pipelines', 'retarget', '--from', '')).toEqual(['lake', 'shop']);
    expect((await listed('connections', 'cdc', '')).map((line) => line.split('\t')[0])).toEqual([
      ...['check', 'plan', 'setup', 'status', 'teardown'],
    ]);
    expect(await listed('connections', 'cdc', 'check', '')).toEqual(['shop']);
    expect((await listed('connections', 'cdc', 'status', 'shop', '--max')).join()).toContain('--max-lag');
  });

  test('gives the schemas and tables of the newest discovery, and those of no other', async () => {
    const server = serverFor(18);
    const role = await server.createRole();
    const database = await server.createDatabase(`
      create schema app;
      create table app.orders (id int);
      create table app.gone (id int);
      create table public.notes (id int);
      grant usage on schema app to ${role.name};
      grant select on all tables in schema app, public to ${role.name};
    `);
    const script = newScript().given({ stdin: role.password });
    const added = await script.jackfield`connections add --role source --name Shop --host localhost
      --port ${server.port} --database ${database.name} --username ${role.name}
      --ssl-mode require --password-stdin`;
    expect(added.code, added.stderr).toBe(0);
    const listed = async (...words: string[]) => {
      const stdin = `${['jackfield', 'connections', 'discover', 'Shop', ...words].join('\0')}\0`;
      const { stdout } = await jackfield(['__complete', 'zsh'], { home: script.home, stdin });
      return stdout.split('\n').slice(1, -1);
    };
    expect(await listed('--schema', '')).toEqual([]);
    const found = await script.jackfield`connections discover Shop`;
    expect(found.code, found.stderr).toBe(0);
    await server.run('drop table app.gone', database.name);
    await script.jackfield`connections discover Shop --refresh`;
    expect(await listed('--schema', '')).toEqual(['app', 'public']);
    expect(await listed('--table', 'o')).toEqual(['orders']);
    expect(await listed('')).toEqual(['app.', 'public.']);
    expect(await listed('app.')).toEqual(['app.orders']);
  });
});
