import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { connectionListSchema, testResultListSchema } from '../../src/connections/schema.ts';
import { discoverySchema } from '../../src/metadata/schema.ts';
import { createCa, issue } from '../support/certificates.ts';
import { parseCsv } from '../support/csv.ts';
import {
  answerInTurn,
  auth,
  errorResponse,
  honestAnswers,
  keyData,
  parameterStatus,
  ready,
  type ServerScript,
  startHostileServer,
} from '../support/hostile-server.ts';
import { newScript, type Script } from '../support/script.ts';
import { saveScripted } from '../support/scripted-connection.ts';
import { serverFor } from '../support/servers.ts';
import { openTerminal } from '../support/terminal.ts';

/*
 * Rows 32 and 35 of what must hold: what a server says may not move a cursor, colour, hide, reorder or forge
 * text on a terminal, and reads back the same from JSON. A person's terminal is a real pseudo-terminal.
 */

/** Clears the screen, sets the title, colours by C1, turns text round, hides, and forges a line of ours. */
const words =
  'a\u001b[2Jb\u001b]0;owned\u0007c\u009b31md\u202ee\u2066f\u200bg\r\n\u2713 passed   privileges\u0008\u007f\u2028h';
/** How a terminal is shown it. */
const shown = String.raw`a\x1b[2Jb\x1b]0;owned\x07c\x9b31md\u202ee\u2066f\u200bg\r\n✓ passed   privileges\x08\x7f\u2028h`;
/** What nothing that is written to a terminal may hold. ESC alone also begins our own colours. */
const obeyed = /\u001b\[2J|\u001b\]|[\u0007\u0008\u007f-\u009f\u202a-\u202e\u2066-\u2069\u200b\u2028]/;

let script: Script;

beforeEach(() => {
  script = newScript();
});

/** Runs a command in a terminal that is wide enough for all of it. @returns what was written, and shown */
async function onTerminal(args: readonly string[], code: number): Promise<{ raw: string; screen: string }> {
  const terminal = await openTerminal(args, {
    home: script.home,
    env: { JACKFIELD_KEY_FILE: `${script.directory}/vault-key` },
    columns: 1000,
    rows: 60,
  });
  const ended = await terminal.exit(20_000);
  expect(ended.code, terminal.raw()).toBe(code);
  return { raw: terminal.raw(), screen: terminal.scrollback() };
}

async function expectVisible(args: readonly string[], code: number, times = 1): Promise<void> {
  const { raw, screen } = await onTerminal(args, code);
  expect(raw).not.toMatch(obeyed);
  expect(screen.split(shown).length - 1, screen).toBeGreaterThanOrEqual(times);
  expect(screen, 'a line that is not ours').not.toMatch(/^\u2713 passed {3}privileges\\x08/m);
}

describe('32: an error at the start', () => {
  const script32: ServerScript = async (peer) => {
    await peer.startUp();
    peer.write(errorResponse('00000', words, 'N'), errorResponse('XX000', words));
    peer.end();
  };

  test('is shown escaped by all that shows it, and is whole in JSON', async () => {
    const server = await startHostileServer(script32);
    await saveScripted(script, { ...server, password: null });
    await expectVisible(['connections', 'test', 'Scripted'], 1);
    await expectVisible(['connections', 'test', 'Scripted', '--debug'], 1);
    await expectVisible(['connections', 'discover', 'Scripted'], 7);
    await expectVisible(['connections', 'discover', 'Scripted', '--debug'], 7);
    // The outcome of the last test is kept.
    await expectVisible(['connections', 'show', 'Scripted'], 0);
    const list = await onTerminal(['connections', 'list'], 0);
    expect(list.raw).not.toMatch(obeyed);

    const [result] = await script.answer(testResultListSchema, 1)`connections test Scripted`;
    expect(result?.stages.find(({ status }) => status === 'failed')?.message).toContain(words);
    const refused = await script.jackfield`connections discover Scripted --json`;
    expect(refused.errorJson().message).toContain(words);
    const [saved] = await script.answer(connectionListSchema)`connections list`;
    expect(saved?.lastTest.message).toContain(words);
    for (const { raw } of [
      await onTerminal(['connections', 'test', 'Scripted', '--json'], 1),
      await onTerminal(['connections', 'list', '--json'], 0),
    ]) {
      expect(raw).not.toMatch(obeyed);
      expect(raw).not.toContain('\u001b');
      expect(JSON.stringify(JSON.parse(raw))).toContain(JSON.stringify(words).slice(1, -1));
    }
  });
});

describe('32: a session that is otherwise honest', () => {
  const hostile =
    (first: Record<string, string>): ServerScript =>
    async (peer) => {
      await peer.startUp();
      peer.write(
        auth.ok,
        parameterStatus('server_version', words),
        parameterStatus(words, words),
        errorResponse('00000', words, 'N'),
        keyData,
        ready,
      );
      const [begin, [facts], privileges] = honestAnswers;
      await answerInTurn(peer, [begin, [{ ...facts, ...first }], privileges]);
    };

  test('with a version of its own words', async () => {
    // What follows a blank is the packager's, and is no version.
    const version = words.replaceAll(' ', '_');
    const server = await startHostileServer(hostile({ version }));
    await saveScripted(script, { ...server, password: null });
    const [result] = await script.answer(testResultListSchema)`connections test Scripted`;
    expect(result?.server?.version).toBe(version);
    const [saved] = await script.answer(connectionListSchema)`connections list`;
    expect(saved?.lastTest.serverVersion).toBe(version);
    for (const verb of ['test', 'show']) {
      const { raw, screen } = await onTerminal(['connections', verb, 'Scripted'], 0);
      expect(raw).not.toMatch(obeyed);
      expect(screen).toContain(shown.replaceAll(' ', '_'));
    }
  });

  test('that refuses a statement with its own words', async () => {
    const server = await startHostileServer(async (peer) => {
      await peer.startUp();
      peer.write(auth.ok, keyData, ready);
      await answerInTurn(peer, [
        Buffer.concat([errorResponse('00000', words, 'N'), errorResponse('42501', words), ready]),
      ]);
    });
    await saveScripted(script, { ...server, password: null });
    await expectVisible(['connections', 'test', 'Scripted'], 1);
    await expectVisible(['connections', 'discover', 'Scripted'], 7);
    const [result] = await script.answer(testResultListSchema, 1)`connections test Scripted`;
    expect(result?.stages.find(({ status }) => status === 'failed')?.message).toContain(words);
  });
});

test('32: the names in a certificate', async () => {
  const ca = await createCa();
  const certificate = await issue({ ca, hosts: [`evil\u001b[2J\u001b]0;owned\u0007.example`] });
  const server = await startHostileServer(async (peer) => {
    await peer.secure(certificate);
    await peer.left;
  });
  await saveScripted(script, {
    ...server,
    password: null,
    flags: ['--ssl-mode', 'verify-full', '--ssl-root-cert', ca.certFile],
  });
  const { raw } = await onTerminal(['connections', 'test', 'Scripted'], 1);
  expect(raw).not.toMatch(obeyed);
  const [result] = await script.answer(testResultListSchema, 1)`connections test Scripted`;
  expect(result?.stages.find(({ status }) => status === 'failed')?.code).toBe('tls_wrong_host');
});

describe('32: what a real server keeps for us', () => {
  const real = serverFor(18);
  /** What PostgreSQL takes as an identifier: anything but NUL, of 63 bytes. */
  const name = words.slice(0, 30);
  const shownName = shown.slice(0, shown.indexOf('e\\u2066') + 1);
  const quoted = `"${name}"`;
  /** A table is a type too, of the same name. */
  const type = `"t${name}"`;
  let role: { name: string; password: string };
  let database: { name: string };

  beforeAll(async () => {
    role = await real.createRole();
    database = await real.createDatabase(`
      create schema ${quoted};
      create type ${quoted}.${type} as enum ('a');
      create table ${quoted}.${quoted} (${quoted} ${quoted}.${type} default 'a');
      comment on table ${quoted}.${quoted} is '${words}';
      comment on column ${quoted}.${quoted}.${quoted} is '${words}';
      grant usage on schema ${quoted} to ${role.name};
      grant select on ${quoted}.${quoted} to ${role.name};
    `);
  });

  test('the names and comments of a discovery', async () => {
    await script.given({ stdin: role.password })
      .jackfield`connections add --role source --name Scripted --host ${real.host} --port ${real.port}
        --database ${database.name} --username ${role.name} --ssl-mode require --password-stdin`;
    const { raw, screen } = await onTerminal(['connections', 'discover', 'Scripted'], 0);
    expect(raw).not.toMatch(obeyed);
    expect(screen.split(shown).length - 1, screen).toBeGreaterThanOrEqual(2);
    expect(screen.split(shownName).length - 1, screen).toBeGreaterThanOrEqual(3);
    for (const format of ['csv', 'yaml', 'json']) {
      const other = await onTerminal(['connections', 'discover', 'Scripted', '--output', format], 0);
      expect(other.raw).not.toMatch(obeyed);
    }
    const found = await script.answer(discoverySchema)`connections discover Scripted`;
    const schema = found.schemas.find((it) => it.name === name);
    expect(schema?.relations).toMatchObject([{ name, comment: words, columns: [{ name, comment: words }] }]);
  });

  test('the names in what a test says and advises', async () => {
    await script.given({ stdin: role.password })
      .jackfield`connections add --role destination --name Scripted --host ${real.host} --port ${real.port}
        --database ${database.name} --username ${role.name} --ssl-mode require --password-stdin
        --schema ${name}`;
    const { raw, screen } = await onTerminal(['connections', 'test', 'Scripted'], 1);
    expect(raw).not.toMatch(obeyed);
    expect(screen).toContain('GRANT');
    expect(screen).toContain(shownName);
  });
});

test('35: formulas in names are neutralised for a spreadsheet where that is asked for', async () => {
  await script.jackfield`connections add --role source --name ${'=1+1'} --host ${'h.example'} --username ${'@u'}
    --database ${'-d'} --no-password`;
  const cells = async (...flags: string[]) => {
    const { stdout } = await script.jackfield`connections list --output csv ${flags}`;
    const [row] = parseCsv(stdout);
    return [row?.name, row?.username, row?.database, row?.port];
  };
  expect(await cells()).toEqual(['=1+1', '@u', '-d', '5432']);
  expect(await cells('--csv-safe')).toEqual(["'=1+1", "'@u", "'-d", '5432']);
  const refused = await script.refused(2)`connections list --csv-safe`;
  expect(refused.code).toBe('conflicting_flags');
});
