import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { until } from '../support/behind-our-back.ts';
import { goTo, openHome, openRow, paste, pointed, take } from '../support/home-screen.ts';
import { newScript, type Script } from '../support/script.ts';
import type { Terminal } from '../support/terminal.ts';

// What a form holds outlives the program: killed, closed or interrupted, it is offered the next time.

const open = ({ home, env }: Script) => openHome({ home, columns: 80, rows: 24, env: { ...env } });

async function openNew(terminal: Terminal): Promise<void> {
  await terminal.waitFor(pointed('+ New connection'));
  terminal.press('enter');
  await take(terminal, 'New connection: role', 'Source');
  await take(terminal, 'connector and provider', 'Self-hosted');
}

const drafts = ({ home }: Script): string[] => {
  try {
    return readdirSync(join(home, 'drafts')).map((file) => join(home, 'drafts', file));
  } catch {
    return [];
  }
};
const draftSays = (script: Script, text: string) =>
  until(`a draft says ${text}`, () =>
    drafts(script).some((file) => readFileSync(file, 'utf8').includes(text)),
  );

async function killed(terminal: Terminal): Promise<void> {
  terminal.kill();
  expect(await terminal.exit()).toMatchObject({ signal: 'SIGKILL' });
}

test('a new connection that was killed is taken up, without its password, and saved', async () => {
  const script = newScript();
  const first = await open(script);
  await openNew(first);
  await first.waitFor(pointed('Name'));
  first.type('orders');
  paste(first, 'postgresql://app:canary-4711@db.example.com:6432/shop?application_name=canary-4712');
  await first.waitFor('typed, not shown');
  await draftSays(script, 'db.example.com');
  const [file = ''] = drafts(script);
  expect(readFileSync(file, 'utf8')).not.toContain('canary');
  expect(statSync(file).mode & 0o777).toBe(0o600);

  // Whoever opens the same form meanwhile has one of their own.
  const beside = await open(script);
  await openNew(beside);
  await beside.waitFor(pointed('Name'));
  beside.type('theirs');
  await draftSays(script, '"theirs"');
  await killed(first);
  beside.press('escape');
  await beside.waitFor('Leave without saving?');
  beside.type('y');
  await beside.waitFor('jackfield · Connections');
  await until('theirs is gone', () => drafts(script).length === 1);
  beside.press('escape');
  await beside.exit();

  const again = await open(script);
  await openNew(again);
  await again.waitFor(/A draft of orders, .*: Enter takes it up, Esc discards it/);
  await killed(again);
  const last = await open(script);
  await openNew(last);
  await last.waitFor('A draft of orders');
  last.press('enter');
  const form = await last.waitFor('Took up the draft, without the password and options of free text');
  for (const text of ['orders', 'db.example.com', '6432', 'shop', '* not saved'])
    expect(form).toContain(text);
  await goTo(last, 'Password');
  last.type('secret\u0013');
  await last.waitFor('✓ Saved orders');
  expect(drafts(script)).toEqual([]);
  expect(await script.saved()).toMatchObject([{ name: 'orders', port: 6432, options: {} }]);
});

test('an edit is offered to the same connection alone; Esc discards it, and Reset leaves none', async () => {
  const script = newScript();
  for (const name of ['alpha', 'beta']) {
    const flags = ['--host', 'db.example.com', '--username', 'app', '--database', 'shop', '--no-password'];
    const saved = await script.jackfield`connections add --role source --name ${name} ${flags} --no-test`;
    expect(saved.code, saved.stderr).toBe(0);
  }
  const edit = async (name: string) => {
    const terminal = await open(script);
    if (name === 'beta') terminal.press('down');
    await openRow(terminal, name);
    await take(terminal, 'Show in pipelines', 'Edit');
    return terminal;
  };
  const first = await edit('alpha');
  await first.waitFor(pointed('Name'));
  await goTo(first, 'Tags');
  first.type('prod');
  await draftSays(script, 'prod');
  first.press('ctrl-c');
  expect(await first.exit()).toMatchObject({ code: 130 });

  const other = await edit('beta');
  await other.waitFor(pointed('Name'));
  await killed(other);
  const again = await edit('alpha');
  await again.waitFor('A draft of alpha');
  again.press('escape');
  await again.waitFor(pointed('Name'));
  expect(again.screen()).not.toContain('* not saved');
  expect(drafts(script)).toEqual([]);
  await goTo(again, 'Tags');
  again.type('eu');
  await draftSays(script, 'eu');
  await goTo(again, '[ Reset ]');
  again.press('enter');
  await until('the draft is gone', () => drafts(script).length === 0);
  again.press('escape');
  await again.waitFor('jackfield · Connections');
});
