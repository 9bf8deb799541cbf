import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../support/behind-our-back.ts';
import { afterwards } from '../support/clean-up.ts';
import type { RunResult } from '../support/program.ts';
import { newScript, type Script } from '../support/script.ts';
import { serverFor } from '../support/servers.ts';
import { filesWithTraces, findTraces } from '../support/traces.ts';

// A password that can be told anywhere goes through every command, in success and in failure, and is
// looked for in all that the program prints, writes and shows of itself.

const word = 'Kanarienvogel4711';
const password = `ü"'\\ $(${word})%41🔑`;
const server = serverFor(18);
let role: { name: string };
let database: { name: string };
let script: Script;

beforeAll(async () => {
  role = await server.createRole({ password });
  database = await server.createDatabase(
    `create table orders (id int primary key); grant select on orders to ${role.name}`,
  );
});

beforeEach(() => {
  script = newScript();
});

const endpoint = () => [
  ...['--host', server.host, '--port', String(server.port), '--database', database.name],
  ...['--username', role.name, '--ssl-mode', 'require'],
];

/** Runs a command with this on its standard input, and looks at what it says and leaves behind. */
const quietly = async (
  args: readonly string[],
  code: number,
  stdin = '',
  by = script,
): Promise<RunResult> => {
  const ended = await by.given({ stdin }).jackfield`${args}`;
  expect(ended.code, `${args.join(' ')}: ${ended.stdout}${ended.stderr}`).toBe(code);
  expect(findTraces(word, ended.stdout), args.join(' ')).toEqual([]);
  expect(findTraces(word, ended.stderr), args.join(' ')).toEqual([]);
  return ended;
};

test('the search finds what it looks for', () => {
  for (const text of [
    `x${word}x`,
    Buffer.from(`a ${word}`).toString('hex'),
    ...['', 'a', 'ab'].map((before) => Buffer.from(`${before}${word} and more`).toString('base64')),
    JSON.stringify(password),
    encodeURIComponent(password),
  ]) {
    expect(findTraces(word, text), text).not.toEqual([]);
  }
  expect(findTraces(word, 'Kanarienvogel 4711')).toEqual([]);
});

describe.each([
  ['for people', []],
  ['with --json', ['--json']],
  ['with --debug', ['--debug']],
  ['with --json --debug', ['--json', '--debug']],
])('a password is in nothing that the program says or writes, %s', (_what, flags) => {
  test('through the life of a connection', async () => {
    const run = (args: string, code = 0, stdin = '') => quietly([...args.split(' '), ...flags], code, stdin);
    const add = ['connections', 'add', ...endpoint(), '--password-stdin', ...flags];
    await quietly([...add, '--role', 'source', '--name', 'Orders', '--test'], 0, password);
    await quietly([...add, '--role', 'source', '--name', 'Orders'], 4, password);
    await quietly([...add, '--role', 'source', '--name', '\u0007'], 2, password);
    await quietly([...add, '--role', 'destination', '--name', 'Target', '--test'], 1, password);
    await quietly(
      [...add, '--role', 'destination', '--name', 'Target', '--test', '--save-anyway'],
      0,
      password,
    );
    await run('connections show Orders');
    await run('connections list');
    await run('connections test Orders');
    await run('connections test --all', 1);
    await run('connections discover Orders');
    await run('connections edit Orders --schema missing --test', 1);
    await run('connections edit Orders --database postgres');
    await run('connections edit Orders --host 127.0.0.1', 2);
    await run('connections edit Orders --password-stdin', 0, `${password} 2`);
    await run('connections test Orders', 1);
    await run('connections discover Orders', 7);
    await run('connections duplicate Orders --name Copy');
    await run('connections show Orders --reveal', flags.includes('--json') ? 2 : 4);
    await run('secrets status');
    await run('doctor');
    expect(filesWithTraces(word, script.directory)).toEqual([]);
    await run('connections delete Orders Target Copy --yes');
    expect(filesWithTraces(word, script.directory)).toEqual([]);
  });

  test('when it is given where it does not belong', async () => {
    const run = (args: readonly string[], code: number, stdin = '') =>
      quietly([...args, ...flags], code, stdin);
    const add = ['connections', 'add', '--role', 'source', '--name', 'Orders'];
    await run([...add, '--host', 'h', '--username', 'u', '--password', word], 2);
    await run([...add, '--host', 'h', '--username', 'u', `--password=${word}`], 2);
    await run([...add, '--host', 'h', '--username', 'u', '--password-ref', word], 2);
    await run([...add, '--host', 'h', '--username', 'u', '--option', `password=${word}`], 2);
    await run([...add, '--url', `postgresql://u:${word}@h/d`], 2);
    await run([...add, '--url', `postgresql://u:${word}@h:port/d`], 2);
    await run([...add, '--url-stdin'], 2, `postgresql://u:${word}@h:port/d`);
    await run([...add, '--url-stdin'], 2, `postgresql://u:${word}@h/d?sslmode=${word}`);
    await run([...add, '--url-stdin'], 2, `host=h user=u password='${word}`);
    await run([...add, '--url-stdin'], 2, `mysql://u:${word}@h/d`);
    await run(['connections', 'show', `postgresql://u:${word}@h/d`], 3);
    await run(['connections', 'test', '--role', 'source', '--url', `postgresql://u:${word}@h/d`], 2);

    const file = join(script.directory, 'connections.yaml');
    const entry = 'connections: [{name: New, role: source, host: h, username: u';
    for (const wrong of [
      `${entry}, password: ${word}}]`,
      `${entry}, secret: ${word}}]`,
      `${entry}, port: ${word}}]`,
      `${entry}, secret: "${word}]`,
      `${entry}, options: {password: ${word}}}]`,
      `- ${word}`,
    ]) {
      writeFileSync(file, wrong);
      await run(['apply', '--file', file, '--yes'], 2);
    }
  });

  test('when something breaks in the middle', async () => {
    await quietly(
      ['connections', 'add', '--role', 'source', '--name', 'Orders', ...endpoint(), '--password-stdin'],
      0,
      password,
    );
    const preload = (name: string, text: string) => {
      const file = join(script.directory, `${name}.cjs`);
      writeFileSync(file, text);
      return script.given({ env: { NODE_OPTIONS: `--require=${file}` } });
    };
    const test = ['connections', 'test', 'Orders', ...flags];
    const thrown = preload(
      'thrown',
      `require('node:net').Socket.prototype.setKeepAlive = () => { throw new TypeError('broken on purpose'); };`,
    );
    const defect = await quietly(test, 70, '', thrown);
    if (flags.includes('--debug')) expect(defect.stderr).toContain('TypeError: broken on purpose');
    else expect(defect.stderr).not.toContain('broken on purpose');

    const uncaught = preload(
      'uncaught',
      `const { Socket } = require('node:net');
      const { connect } = Socket.prototype;
      Socket.prototype.connect = function (...args) {
        setTimeout(() => { throw new TypeError('broken on purpose'); });
        return connect.apply(this, args);
      };`,
    );
    await quietly(test, 70, '', uncaught);

    const rejected = preload(
      'rejected',
      `const { Socket } = require('node:net');
      const { connect } = Socket.prototype;
      Socket.prototype.connect = function (...args) {
        Promise.reject(new TypeError('broken on purpose'));
        return connect.apply(this, args);
      };`,
    );
    await quietly(test, 70, '', rejected);

    const wrongKey = join(script.directory, 'wrong-key');
    writeFileSync(wrongKey, 'k'.repeat(40), { mode: 0o600 });
    await quietly(test, 5, '', script.given({ env: { JACKFIELD_KEY_FILE: wrongKey } }));
    expect(filesWithTraces(word, script.directory)).toEqual([]);
  });
});

test("Node's own diagnostics don't tell it either", async () => {
  const debugging = script.given({
    env: { NODE_DEBUG: 'net,tls,child_process,fs,stream,module,http,timer' },
  });
  await quietly(
    [
      'connections',
      'add',
      '--role',
      'source',
      '--name',
      'Orders',
      ...endpoint(),
      '--password-stdin',
      '--test',
    ],
    0,
    password,
    debugging,
  );
  await quietly(['connections', 'test', 'Orders', '--json'], 0, '', debugging);
});

describe('a running program', () => {
  /** Answers nothing, so that the program is seen waiting for it with the password in its memory. */
  const startSilentServer = async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    afterwards(() => void silent.close());
    let calls = 0;
    silent.on('connection', (socket) => {
      calls += 1;
      afterwards(() => void socket.destroy());
    });
    return { port: (silent.address() as { port: number }).port, isCalled: () => calls > 0 };
  };

  test('shows its password neither in its arguments and environment nor in its open catalog', async () => {
    const silent = await startSilentServer();
    const running = script.given({ stdin: password })
      .start`connections add --role source --name Orders --host 127.0.0.1 --port ${silent.port}
        --username u --ssl-mode disable --password-stdin --test --timeout 20s`;
    await until('it has called the server', silent.isCalled);
    for (const pid of [String(running.pid), ...childrenOf(running.pid)]) {
      expect(findTraces(word, readFileSync(`/proc/${pid}/cmdline`))).toEqual([]);
      expect(findTraces(word, readFileSync(`/proc/${pid}/environ`))).toEqual([]);
    }
    expect(filesWithTraces(word, script.directory)).toEqual([]);
    running.kill('SIGKILL');
    await running.done;
    expect(filesWithTraces(word, script.directory), 'nor in what a crash leaves').toEqual([]);
  });

  test('gives a program of a cmd: reference nothing of its own', async () => {
    const seen = join(script.directory, 'seen');
    const add = script.given({ env: { JACKFIELD_PASSPHRASE: undefined } });
    await add.jackfield`connections add --role source --name Orders ${endpoint()}
      --password-ref ${`cmd:sh -c "tr '\\0' '\\n' </proc/self/environ >${seen}; echo x"`}`;
    const passphrase = script.given({
      env: { JACKFIELD_KEY_FILE: undefined, JACKFIELD_PASSPHRASE: word, jackfield_lower: word, KEPT: 'yes' },
    });
    await passphrase.jackfield`connections test Orders`;
    const environment = readFileSync(seen, 'utf8');
    expect(environment).toContain('KEPT=yes');
    expect(environment).not.toMatch(/jackfield_/i);
    expect(findTraces(word, environment)).toEqual([]);
  });
});

function childrenOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8')
      .split(' ')
      .filter((child) => child !== ''),
  );
}
