import { describe, expect, it } from 'vitest';
import { groups, nouns, verbs } from '../../../src/cli/verbs.ts';
import { readCommandLine } from '../../support/command-line.ts';

const globalFlags = [
  '--output',
  '--json',
  '--csv-safe',
  '--no-input',
  '--quiet',
  '--debug',
  '--no-color',
  '--home',
  '--help',
];

describe('help', () => {
  it.each(verbs.map(({ path }) => path))(
    'of jackfield %s tells what it does, all flags, and examples',
    async (path) => {
      const { verb, globals, stdout, stderr } = await readCommandLine(...path.split(' '), '--help');
      expect({ verb, globals, stderr }).toEqual({ verb: null, globals: null, stderr: '' });
      const { summary } = verbs.find((it) => it.path === path) ?? { summary: 'no such verb' };
      expect(stdout).toContain(
        `Usage: jackfield ${path}`.replace('connections', 'connections|conn').split('|')[0] ?? '',
      );
      expect(stdout).toContain(summary);
      for (const flag of globalFlags) expect(stdout).toContain(flag);
      expect(stdout).toMatch(/\nExamples:\n {2}\$ /);
    },
  );

  it('has examples that its own grammar takes', async () => {
    for (const { path } of verbs) {
      const { stdout } = await readCommandLine(...path.split(' '), '--help');
      for (const line of examplesOf(stdout)) {
        const read = await readCommandLine(...line);
        expect(read.verb, line.join(' ')).toBe(path);
      }
    }
  });

  it.each([
    ['help', 'connections', 'test'],
    ['connections', 'help', 'test'],
    ['conn', 'help', 'test'],
  ])('%s %s %s is that of the verb, whole', async (...argv) => {
    const whole = await readCommandLine('connections', 'test', '--help');
    expect((await readCommandLine(...argv)).stdout).toBe(whole.stdout);
  });

  it.each([
    ['help', 'bogus'],
    ['help', 'test'],
    ['connections', 'help', 'bogus'],
  ])('%s %s is no help with something else', async (...argv) => {
    await expect(readCommandLine(...argv)).rejects.toMatchObject({ code: 'unknown_command' });
  });

  it('of the program lists every noun and verb with its summary', async () => {
    const { stdout } = await readCommandLine('--help');
    for (const { name, summary } of nouns)
      expect(stdout).toMatch(new RegExp(`^ {2}${name}\\b.* ${summary}$`, 'm'));
    for (const { path, summary } of verbs.filter(({ path }) => !path.includes(' '))) {
      expect(stdout).toMatch(new RegExp(`^ {2}${path}\\b.* ${summary}$`, 'm'));
    }
  });

  it.each(nouns.map(({ name }) => name))(
    'of jackfield %s lists its verbs with their summaries',
    async (noun) => {
      const { stdout } = await readCommandLine(noun, '--help');
      const below = [...verbs, ...groups].filter(({ path }) => path.startsWith(`${noun} `));
      for (const { path, summary } of below.filter((it) => it.path.split(' ').length === 2)) {
        expect(stdout).toMatch(new RegExp(`^ {2}${path.slice(noun.length + 1)}\\b.* ${summary}$`, 'm'));
      }
    },
  );

  it.each(groups.map(({ path }) => path))(
    'of jackfield %s lists its verbs with their summaries',
    async (group) => {
      const { stdout, loaded } = await readCommandLine(...group.split(' '), '--help');
      expect(loaded).toEqual([]);
      for (const { path, summary } of verbs.filter((verb) => verb.path.startsWith(`${group} `))) {
        expect(stdout).toMatch(new RegExp(`^ {2}${path.slice(group.length + 1)}\\b.* ${summary}$`, 'm'));
      }
    },
  );

  it.each([
    [['help', 'conn', 'cdc', 'plan']],
    [['connections', 'help', 'cdc', 'plan']],
    [['conn', 'cdc', 'help', 'plan']],
  ])('%j is that of the verb of a group, whole', async (argv) => {
    const whole = await readCommandLine('connections', 'cdc', 'plan', '--help');
    expect((await readCommandLine(...argv)).stdout).toBe(whole.stdout);
  });

  it.each([[['connections', 'cdc', 'help', 'bogus']], [['connections', 'cdc', 'bogus']]])(
    '%j is no help with something else',
    async (argv) => {
      await expect(readCommandLine(...argv)).rejects.toMatchObject({ code: 'unknown_command' });
    },
  );

  it.each([
    [['help']],
    [['help', 'connections']],
    [['help', 'doctor']],
    [['connections', 'help']],
    [['connections', 'help', 'list']],
    [['connections', 'add', '--port', '0x', '--help']],
  ])('is to be had as %j too', async (argv) => {
    const read = await readCommandLine(...argv).catch((error: unknown) => error);
    if (argv.includes('0x')) expect(read).toMatchObject({ code: 'bad_value' });
    else
      expect(read).toMatchObject({
        verb: null,
        ended: 'run',
        stdout: expect.stringContaining('Usage: jackfield'),
      });
  });

  it('stands on stderr, and the command counts as misused, where a verb was left out', async () => {
    for (const argv of [[], ['connections'], ['secrets'], ['--json', 'connections'], ['conn', 'cdc']]) {
      const { ended, stdout, stderr } = await readCommandLine(...argv);
      expect({ ended, stdout }).toEqual({ ended: 'misused', stdout: '' });
      expect(stderr).toContain('Usage: jackfield');
    }
  });

  it('loads no grammar but that of the verb it is about, and --version none', async () => {
    expect(await readCommandLine('--version')).toMatchObject({ stdout: '1.2.3\n', ended: 'run', loaded: [] });
    expect((await readCommandLine('--help')).loaded).toEqual([]);
    expect((await readCommandLine('connections', '--help')).loaded).toEqual([]);
    expect((await readCommandLine('connections', 'ls', '--help')).loaded).toEqual(['connections list']);
    expect((await readCommandLine('connections', 'show', 'orders')).loaded).toEqual(['connections show']);
  });
});

/** The examples of a help text as a shell reads them: with pipes and variables before the program, and comments. */
function examplesOf(help: string): string[][] {
  const [, examples = ''] = help.split('\nExamples:\n');
  const lines = examples.replaceAll(/\\\n\s*/g, '').split('\n');
  return lines
    .filter((line) => line.startsWith('  $ '))
    .map((line) => {
      const command = line.replace(/^.*?\bjackfield /, '').replace(/ #.*$/, '');
      return (command.match(/'[^']*'|\S+/g) ?? []).map((word) => word.replace(/^'(.*)'$/, '$1'));
    });
}
