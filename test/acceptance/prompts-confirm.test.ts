import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { jackfield, newHome } from '../support/program.ts';
import { answer, question } from '../support/questions.ts';
import { openTerminal } from '../support/terminal.ts';

// What has to be confirmed at a terminal before it is done.

let home: string;

const add = async (name: string, ...flags: string[]) => {
  const added = await jackfield(
    [
      ...[
        'connections',
        'add',
        '--role',
        'source',
        '--name',
        name,
        '--host',
        'db.example',
        '--username',
        'app',
      ],
      ...['--database', 'shop', ...(flags.length === 0 ? ['--no-password'] : flags)],
    ],
    { home },
  );
  expect(added.code, added.stderr).toBe(0);
};

const names = async () => {
  const listed = await jackfield(['connections', 'list', '--json'], { home });
  return listed.json<{ name: string }[]>().map(({ name }) => name);
};

beforeEach(async () => {
  home = newHome();
  await add('Orders');
});

describe('delete', () => {
  test('says what will be gone, and deletes when its name is typed', async () => {
    const terminal = await openTerminal(['connections', 'delete', 'Orders'], { home, columns: 80, rows: 24 });
    await terminal.waitFor(question('Type its name to delete it:'));
    expect(terminal.screen()).toContain(
      'The source Orders (db.example/shop) and its password will be gone.\n? Type its name',
    );
    await answer(terminal, 'Type its name', ' Orders ');
    expect(await terminal.exit()).toEqual({ code: 0, signal: null });
    expect(terminal.screen()).toContain('✓ Deleted Orders');
    expect(await names()).toEqual([]);
  });

  test.each(['orders', 'Order', '', 'y', 'yes'])('deletes nothing when %j is typed', async (typed) => {
    const terminal = await openTerminal(['connections', 'delete', 'Orders'], { home });
    await answer(terminal, 'Type its name', typed);
    expect(await terminal.exit()).toEqual({ code: 4, signal: null });
    expect(terminal.screen()).toContain('that is not its name: nothing was deleted');
    expect(await names()).toEqual(['Orders']);
  });

  test('deletes none of several when one of them is not confirmed', async () => {
    await add('Bills');
    const terminal = await openTerminal(['connections', 'delete', 'Orders', 'Bills'], { home });
    await answer(terminal, 'Type its name', 'Orders');
    await terminal.waitFor('The source Bills');
    await answer(terminal, 'Type its name', 'Orders');
    expect(await terminal.exit()).toEqual({ code: 4, signal: null });
    expect(await names()).toEqual(['Bills', 'Orders']);
  });

  test('with --yes it asks nothing', async () => {
    const terminal = await openTerminal(['connections', 'delete', 'Orders', '--yes'], { home });
    expect(await terminal.exit()).toEqual({ code: 0, signal: null });
    expect(await names()).toEqual([]);
  });
});

describe('apply', () => {
  const write = () => {
    const file = join(dirname(home), 'connections.yaml');
    writeFileSync(
      file,
      `connections:
        - {name: Orders, role: source, host: db2.example, username: app, database: shop}
        - {name: Bills, role: destination, host: db.example, username: app}`,
    );
    return file;
  };

  test('shows the plan, asks, and does it when told so', async () => {
    const terminal = await openTerminal(['apply', '--file', write()], { home });
    const screen = await terminal.waitFor(question('Apply this? (y/N)'));
    expect(screen).toMatch(/Orders.*host/);
    expect(screen).toMatch(/Bills/);
    await answer(terminal, 'Apply this?', 'y');
    expect(await terminal.exit()).toEqual({ code: 0, signal: null });
    expect(await names()).toEqual(['Bills', 'Orders']);
  });

  test.each(['', 'n', 'what?'])('changes nothing when the answer is %j', async (typed) => {
    const before = (await jackfield(['connections', 'list', '--json'], { home })).json();
    const terminal = await openTerminal(['apply', '--file', write()], { home });
    await answer(terminal, 'Apply this?', typed);
    expect(await terminal.exit()).toEqual({ code: 4, signal: null });
    expect(terminal.scrollback()).toContain('the plan was not confirmed: nothing was changed');
    expect((await jackfield(['connections', 'list', '--json'], { home })).json()).toEqual(before);
  });
});
