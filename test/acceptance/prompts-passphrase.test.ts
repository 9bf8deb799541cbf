import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { jackfield, newHome } from '../support/program.ts';
import { answer, question } from '../support/questions.ts';
import { openTerminal } from '../support/terminal.ts';
import { keyFileEnv } from '../support/vault-key.ts';

// Without a keychain passwords go to the vault, and a person is asked for its passphrase.

const password = 'revealed-pässword-4711';
const passphrase = 'opens the vault, tést';
const env = { JACKFIELD_PASSPHRASE: passphrase };
let home: string;

const addFlags = ['--role', 'source', '--host', 'localhost', '--port', '9', '--username', 'app'];
const add = async (name: string, vaultKey: Record<string, string>, secret = password) => {
  const args = ['connections', 'add', '--name', name, ...addFlags, '--password-stdin'];
  const added = await jackfield(args, { home, env: vaultKey, stdin: secret });
  expect(added.code, added.stderr).toBe(0);
};

describe('a new vault', () => {
  beforeEach(() => {
    home = newHome();
  });

  test('its passphrase is asked for twice, until both are the same and long enough', async () => {
    const terminal = await openTerminal(['connections', 'add', '--name', 'Orders', ...addFlags], { home });
    await answer(terminal, 'Password', password);
    await terminal.waitFor('Passwords go to an encrypted vault. Its passphrase can not be recovered.');
    await answer(terminal, 'New passphrase for the vault', 'short');
    await terminal.waitFor('✗ use 8 characters or more');
    await answer(terminal, 'New passphrase for the vault', passphrase);
    await answer(terminal, 'The same once more', `${passphrase}x`);
    await terminal.waitFor('✗ They differ; once again.');
    await answer(terminal, 'New passphrase for the vault', passphrase);
    await answer(terminal, 'The same once more', passphrase);
    expect(await terminal.exit()).toEqual({ code: 0, signal: null });
    for (const hidden of [password, passphrase, 'short']) expect(terminal.raw()).not.toContain(hidden);

    const shown = await openTerminal(['connections', 'show', 'Orders', '--reveal'], { home, env });
    expect(await shown.exit()).toEqual({ code: 0, signal: null });
    expect(shown.screen()).toMatch(new RegExp(`^ +Password +${password}$`, 'm'));
  });

  test('left at its passphrase, nothing is saved and no backend is decided', async () => {
    const terminal = await openTerminal(['connections', 'add', '--name', 'Orders', ...addFlags], { home });
    await answer(terminal, 'Password', password);
    await terminal.waitFor(question('New passphrase'));
    terminal.press('ctrl-c');
    expect(await terminal.exit()).toEqual({ code: 130, signal: null });
    expect((await jackfield(['connections', 'list', '--json'], { home })).json()).toEqual([]);
    const status = await jackfield(['secrets', 'status', '--json'], { home });
    expect(status.json()).toMatchObject({ backend: null, stored: 0, vault: { exists: false } });
    const doctor = await jackfield(['doctor', '--json'], { home });
    expect(doctor.code, doctor.stdout).toBe(0);
  });

  test('secrets init makes it ahead of time', async () => {
    const terminal = await openTerminal(['secrets', 'init', '--backend', 'vault'], { home });
    await answer(terminal, 'New passphrase', passphrase);
    await answer(terminal, 'The same once more', passphrase);
    expect(await terminal.exit()).toEqual({ code: 0, signal: null });
    await add('Orders', env);
  });
});

describe('an existing vault', () => {
  beforeAll(async () => {
    home = newHome();
    await add('Orders', env);
    await add('Bills', env);
  });

  test('a slip of the passphrase may be mended; show --reveal shows the password then', async () => {
    const terminal = await openTerminal(['connections', 'show', 'Orders', '--reveal'], { home });
    await answer(terminal, "The vault's passphrase");
    await terminal.waitFor('✗ it is empty');
    await answer(terminal, "The vault's passphrase", 'wrong-passphrase');
    await terminal.waitFor('✗ That does not open the vault; try again');
    await answer(terminal, "The vault's passphrase", passphrase);
    expect(await terminal.exit()).toEqual({ code: 0, signal: null });
    expect(terminal.screen()).toContain(password);
    expect(terminal.raw()).not.toMatch(/wrong-passphrase|opens the vault/);
  });

  test('three wrong ones are enough', async () => {
    const terminal = await openTerminal(['connections', 'test', 'Orders'], { home });
    await answer(terminal, "The vault's passphrase", 'the 1st wrong one');
    await terminal.waitFor(/^✗ That does not open the vault.*\n\? The vault's passphrase/m);
    await answer(terminal, "The vault's passphrase", 'the 2nd wrong one');
    await terminal.waitFor(/(^✗ That does not open the vault.*\n[^✗]*){2}\? The vault's passphrase/m);
    await answer(terminal, "The vault's passphrase", 'the 3rd wrong one');
    expect(await terminal.exit()).toEqual({ code: 5, signal: null });
    expect(terminal.screen()).toContain('jackfield: the vault does not open');
  });

  test('a wrong one from the environment asks nobody', async () => {
    const terminal = await openTerminal(['connections', 'show', 'Orders', '--reveal'], {
      home,
      env: { JACKFIELD_PASSPHRASE: 'wrong-passphrase' },
    });
    expect(await terminal.exit()).toEqual({ code: 5, signal: null });
    expect(terminal.screen()).not.toContain('? The vault');
  });

  test('the spinner of a fleet does not draw into the question', async () => {
    const terminal = await openTerminal(['connections', 'test', '--all'], { home });
    await terminal.waitFor(question("The vault's passphrase"));
    const start = terminal.raw().length;
    // Long enough for the spinner to come up and turn a few times.
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(terminal.raw().slice(start)).toBe('');
    await answer(terminal, "The vault's passphrase", passphrase);
    expect(await terminal.exit()).toEqual({ code: 1, signal: null });
    expect(terminal.screen()).toContain('2 tested: 0 passed, 0 warned, 2 failed');
    expect(terminal.screen().match(/The vault's passphrase/g)).toHaveLength(1);
  });

  test('list, show and deletion need no passphrase', async () => {
    for (const args of [['list'], ['show', 'Orders'], ['delete', 'Orders', '--yes']]) {
      const terminal = await openTerminal(['connections', ...args], { home });
      expect(await terminal.exit()).toEqual({ code: 0, signal: null });
      expect(terminal.scrollback()).not.toContain('?');
    }
  });
});

describe('secrets rotate', () => {
  test('asks for the former passphrase and twice for the new one, which opens the vault then', async () => {
    home = newHome();
    await add('Orders', env);
    const next = 'another passphrase';
    const terminal = await openTerminal(['secrets', 'rotate'], { home });
    await answer(terminal, "The vault's passphrase", passphrase);
    await answer(terminal, 'New passphrase for the vault', next);
    await answer(terminal, 'The same once more', next);
    expect(await terminal.exit()).toEqual({ code: 0, signal: null });
    for (const hidden of [passphrase, next]) expect(terminal.raw()).not.toContain(hidden);
    const shown = await openTerminal(['connections', 'show', 'Orders', '--reveal'], {
      home,
      env: { JACKFIELD_PASSPHRASE: next },
    });
    expect(await shown.exit()).toEqual({ code: 0, signal: null });
    expect(shown.screen()).toContain(password);
  });
});

describe('show --reveal', () => {
  let keyFile: Record<string, string>;

  beforeAll(() => {
    home = newHome();
    keyFile = keyFileEnv();
  });

  test('is for a terminal alone', async () => {
    await add('Orders', keyFile);
    const args = ['connections', 'show', 'Orders', '--reveal'];
    const piped = await jackfield(args, { home, env: keyFile });
    expect([piped.code, piped.stdout]).toEqual([4, '']);
    expect(piped.stderr).not.toContain(password);
    for (const output of ['json', 'csv', 'yaml']) {
      const terminal = await openTerminal([...args, '--output', output], { home, env: keyFile });
      expect(await terminal.exit()).toEqual({ code: 2, signal: null });
      expect(terminal.raw()).not.toContain(password);
    }
  });

  test('a password with control characters does not command the terminal', async () => {
    await add('Odd', keyFile, 'a\u001b[2Jb\u202ec');
    const args = ['connections', 'show', 'Odd', '--reveal'];
    const terminal = await openTerminal(args, { home, env: keyFile });
    expect(await terminal.exit()).toEqual({ code: 0, signal: null });
    expect(terminal.screen()).toContain('a\\x1b[2Jb\\u202ec');
    expect(terminal.raw()).not.toContain('\u001b[2J');
  });
});
