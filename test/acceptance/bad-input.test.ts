import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Connection } from '../../src/connections/connection.ts';
import { connectionSchema } from '../../src/connections/schema.ts';
import { newScript, type Script } from '../support/script.ts';

let script: Script;
let saved: Connection[];

beforeAll(async () => {
  script = newScript().given({
    stdin: 'the password',
    env: { EMPTY: '', DATABASE_URL: 'postgresql://u@h.example.com/d' },
  });
  await script.answer(connectionSchema)`connections add --role source --name Orders
    --host db.example.com --username app --password-stdin`;
  saved = await script.saved();
});

afterEach(async () => {
  expect(await script.saved(), 'something was changed').toEqual(saved);
});

const add = ['connections', 'add', '--role', 'source', '--name', 'New'];
const there = ['--host', 'db.example.com', '--username', 'app'];
const addThere = [...add, ...there, '--no-password'];

/** The flags of an add without the given one, which a row gives itself. */
function addWithout(flag: string): string[] {
  const at = addThere.indexOf(flag);
  return addThere.filter((_word, index) => index !== at && index !== at + 1);
}

describe('bad input is one sentence with its fix, exit 2, and changes nothing', () => {
  test.each<[string, string[], string]>([
    ['an unknown flag', [...addThere, '--hots', 'x'], 'unknown_flag'],
    ['an unknown verb', ['connections', 'remove', 'Orders'], 'unknown_command'],
    ['an unknown noun', ['conections', 'list'], 'unknown_command'],
    ['a word too many', ['connections', 'show', 'Orders', 'Other'], 'excess_arguments'],
    ['a word too few', ['connections', 'show'], 'missing_argument'],
    ['a flag without its value', [...addThere, '--schema'], 'missing_value'],
    ['an unknown connector', ['connections', 'add', 'oracle', ...addThere.slice(2)], 'unknown_connector'],
    ['a role that is neither', [...addWithout('--role'), '--role', 'both'], 'bad_value'],
    ['port 0', [...addThere, '--port', '0'], 'bad_value'],
    ['port 70000', [...addThere, '--port', '70000'], 'bad_value'],
    ['a port that is no number', [...addThere, '--port', '5432x'], 'bad_value'],
    ['a port with a sign', [...addThere, '--port', '+5432'], 'bad_value'],
    ['an unknown sslmode', [...addThere, '--ssl-mode', 'on'], 'bad_value'],
    ['an unknown output format', ['connections', 'list', '--output', 'xml'], 'unknown_output'],
    ['an unknown status', ['connections', 'list', '--status', 'good'], 'bad_value'],
    ['no time', ['connections', 'test', 'Orders', '--timeout', '0s'], 'bad_value'],
    ['a time that is none', ['connections', 'test', 'Orders', '--timeout', 'soon'], 'bad_value'],
    ['nobody at work', ['connections', 'test', 'Orders', '--concurrency', '0'], 'bad_value'],
    ['an unknown schema', ['schema', 'conection'], 'bad_value'],

    ['an empty name', [...addWithout('--name'), '--name', ''], 'bad_name'],
    ['a name of blanks', [...addWithout('--name'), '--name', ' \u00a0 '], 'bad_name'],
    ['a name with a newline', [...addWithout('--name'), '--name', 'a\nb'], 'bad_name'],
    ['a name with an escape', [...addWithout('--name'), '--name', 'a\u001b[31mb'], 'bad_name'],
    ['a name that turns the text around', [...addWithout('--name'), '--name', 'a\u202eb'], 'bad_name'],
    ['a name with an invisible blank', [...addWithout('--name'), '--name', 'a\u200bb'], 'bad_name'],
    ['a name like a flag', [...addWithout('--name'), '--name', '-orders'], 'bad_name'],
    ['a name that is too long', [...addWithout('--name'), '--name', 'x'.repeat(101)], 'bad_name'],
    ['a bad new name', ['connections', 'edit', 'Orders', '--rename', 'a\u0007b'], 'bad_name'],
    ['a bad name of a copy', ['connections', 'duplicate', 'Orders', '--name', 'a\tb'], 'bad_name'],
    ['an empty tag', [...addThere, '--tag', ''], 'bad_tag'],
    ['two tags in one', [...addThere, '--tag', 'a,b'], 'bad_tag'],

    ['an empty host', [...addWithout('--host'), '--host', ''], 'bad_host'],
    ['a host with a port', [...addWithout('--host'), '--host', 'db.example.com:5433'], 'bad_host'],
    ['a host with a blank', [...addWithout('--host'), '--host', 'db example'], 'bad_host'],
    ['a host that is a URL', [...addWithout('--host'), '--host', 'postgresql://h/d'], 'bad_host'],
    ['an empty username', [...addWithout('--username'), '--username', ''], 'bad_username'],
    ['a database that the server would cut', [...addThere, '--database', 'x'.repeat(64)], 'bad_database'],
    ['an empty schema', [...addThere, '--schema', ''], 'bad_schema'],
    ['an empty database in an edit', ['connections', 'edit', 'Orders', '--database', ''], 'bad_database'],

    ['an option without a value', [...addThere, '--option', 'connect_timeout'], 'bad_value'],
    [
      'an option twice',
      [...addThere, '--option', 'keepalives=0', '--option', 'keepalives=1'],
      'conflicting_flags',
    ],
    ['an unknown option', [...addThere, '--option', 'colour=red'], 'bad_option'],
    ['an option with an impossible value', [...addThere, '--option', 'connect_timeout=soon'], 'bad_option'],
    ['an option that points to a secret', [...addThere, '--option', 'passfile=/etc/passwd'], 'bad_option'],
    ['an option that is a secret', [...addThere, '--option', 'password=hunter2'], 'bad_option'],
    ['an option that has its own flag', [...addThere, '--option', 'sslmode=disable'], 'bad_option'],

    [
      'two URLs',
      [...add, '--url', 'postgresql://u@h/d', '--url-env', 'DATABASE_URL', '--no-password'],
      'conflicting_flags',
    ],
    [
      'a URL and its host',
      [...add, '--url-env', 'DATABASE_URL', '--host', 'h', '--no-password'],
      'conflicting_flags',
    ],
    [
      'two passwords',
      [...addThere.slice(0, -1), '--password-stdin', '--password-env', 'EMPTY'],
      'conflicting_flags',
    ],
    ['a password and none', [...addThere, '--password-stdin'], 'conflicting_flags'],
    ['two readers of standard input', [...add, '--url-stdin', '--password-stdin'], 'conflicting_flags'],
    ['used and unused', ['connections', 'list', '--used', '--unused'], 'conflicting_flags'],
    ['two formats', ['connections', 'list', '--output', 'csv'], 'conflicting_flags'],
    ['a key without its certificate', [...addThere, '--ssl-key', '/nowhere'], 'bad_ssl_settings'],
    [
      "the system's roots and a weak mode",
      [...addThere, '--ssl-root-cert', 'system', '--ssl-mode', 'require'],
      'bad_ssl_settings',
    ],
    ['a certificate that is not there', [...addThere, '--ssl-root-cert', '/nowhere'], 'bad_ssl_file'],

    ['a password as a value', [...addThere.slice(0, -1), '--password', 'hunter2'], 'no_password_flag'],
    ['a password after an equals sign', [...addThere.slice(0, -1), '--password=hunter2'], 'no_password_flag'],
    ['a password as a reference', [...addThere.slice(0, -1), '--password-ref', 'hunter2'], 'bad_reference'],
    ['a URL as a variable', [...add, '--url-env', 'postgresql://u:hunter2@h/d'], 'bad_value'],
    ['a password as a variable', [...addThere.slice(0, -1), '--password-env', 'hunter2!'], 'bad_value'],
    ['a password of a key as a variable', [...addThere, '--ssl-key-password-env', 'hunter2!'], 'bad_value'],
  ])('%s', async (_what, words, code) => {
    const refused = await script.refused(2)`${words}`;

    expect(refused.code).toBe(code);
    expect(JSON.stringify(refused)).not.toContain('hunter2');
    expect(refused.message).not.toMatch(/\. |\.$/);
  });

  test('what a person reads is that sentence, and the fix below it', async () => {
    const { code, stdout, stderr } = await script.jackfield`connections edit Orders --port 70000`;

    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toBe(
      'jackfield: the value of --port is not a number from 1 to 65535\n' +
        "  → use --port 5432, PostgreSQL's own, unless yours differs\n",
    );
  });

  test('nothing on standard input, too much of it, and what is no text', async () => {
    const flags = [...addThere.slice(0, -1), '--password-stdin'];
    const given = (stdin: string) => script.given({ stdin }).refused(2)`${flags}`;

    expect((await given('')).code).toBe('bad_stdin');
    expect((await given('\n')).code).toBe('bad_stdin');
    expect((await given('a\0b')).code).toBe('bad_stdin');
    expect((await given('x'.repeat(70_000))).code).toBe('bad_stdin');
  });

  test('a typing slip gets a suggestion', async () => {
    expect((await script.refused(2)`connections lst`).fix).toContain('list');
    expect((await script.refused(2)`connections list --serch x`).fix).toContain('--search');
  });
});

describe('a malformed URL is refused and nowhere to be seen', () => {
  test.each([
    ['no scheme that is known', 'mysql://app:hunter2@db.example.com/shop'],
    ['half a scheme', 'postgresql:/app:hunter2@db.example.com/shop'],
    ['no scheme at all', 'app:hunter2@db.example.com/shop'],
    ['a blank in it', 'postgresql://app:hun hunter2@db.example.com/shop'],
    ['a bad percent sign', 'postgresql://app:hunter2%@db.example.com/shop'],
    ['a zero byte', 'postgresql://app:hunter2%00@db.example.com/shop'],
    ['bytes that are no text', 'postgresql://app:hunter2%ff@db.example.com/shop'],
    ['a port that is a piece of the password', 'postgresql://app:hunter2/x@db.example.com/shop'],
    ['an open bracket', 'postgresql://app:hunter2@[::1/shop'],
    ['an unknown parameter', 'postgresql://app@db.example.com/shop?passwrd=hunter2'],
    ['a parameter whose name is the secret', 'postgresql://app@db.example.com/shop?hunter2=x'],
    ['a parameter without a value', 'postgresql://app@db.example.com/shop?hunter2'],
    ['a bad sslmode', 'postgresql://app:hunter2@db.example.com/shop?sslmode=hunter2'],
    ['a bad port', 'postgresql://app:hunter2@db.example.com:70000/shop'],
    ['an open quote', "host=db.example.com password='hunter2"],
    ['a keyword without a value', 'host=db.example.com hunter2'],
  ])('%s', async (_what, url) => {
    const withUrl = script.given({ stdin: url, env: { BAD_URL: url } });
    const commands = [
      [...add, '--url', url],
      [...add, '--url-stdin'],
      [...add, '--url-env', 'BAD_URL'],
      ['connections', 'edit', 'Orders', '--url-stdin'],
      ['connections', 'test', '--role', 'source', '--url-env', 'BAD_URL'],
    ];

    for (const ended of await Promise.all(commands.map((words) => withUrl.jackfield`${words} --debug`))) {
      expect(ended.code).toBe(2);
      expect(ended.stdout).toBe('');
      expect(ended.stderr).toMatch(/^jackfield: [^\n]+\n {2}→ [^\n]+\n/);
      expect(ended.stderr).not.toContain('hunter2');
    }
  });

  test.each<[string, string[]]>([
    ['a command', []],
    ['a verb', ['connections']],
    ['a connector', ['connections', 'add']],
    ['a word too many', ['connections', 'add', 'postgres']],
    ['a name', ['connections', 'show']],
    ['a name to test', ['connections', 'test']],
    ['a name to delete', ['connections', 'delete', '--yes']],
    ['a host', [...addWithout('--host'), '--host']],
  ])('a URL in the place of %s', async (_what, words) => {
    const url = 'postgresql://app:hunter2@db.example.com/shop';
    const { code, stderr, stdout } = await script.jackfield`${words} ${url} --debug`;

    expect([2, 3], stdout + stderr).toContain(code);
    expect(stdout + stderr).not.toContain('hunter2');
  });
});

test('a secret that is read wrongly is nowhere to be seen', async () => {
  const file = join(script.directory, 'binary');
  writeFileSync(file, Buffer.concat([Buffer.from('hunter2'), Buffer.from([0xff, 0xfe])]), { mode: 0o600 });

  const binary = await script.jackfield`${addThere.slice(0, -1)} --password-file ${file} --debug`;
  const empty = await script.jackfield`${addThere.slice(0, -1)} --password-env EMPTY --debug`;

  expect(binary.code).toBe(5);
  expect(binary.stderr).not.toContain('hunter2');
  expect(empty.code).toBe(5);
  expect(empty.stderr).toContain('--password-env');
  expect(readFileSync(file).subarray(0, 7).toString()).toBe('hunter2');
});
