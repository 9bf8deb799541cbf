import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { defaultHome } from '../../src/cli/default-home.ts';
import { runProgram } from '../../src/cli/program.ts';
import { parseConnectionFile } from '../../src/connections/file.ts';
import { splitWords } from '../../src/secrets/words.ts';

// What the documents tell people to type exists, down to each flag.

const root = fileURLToPath(new URL('../..', import.meta.url));
const documents = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => join('docs', name))];
const read = (document: string) => readFileSync(join(root, document), 'utf8');

interface Block {
  readonly language: string;
  readonly text: string;
}

function blocksOf(markdown: string): Block[] {
  const found = markdown.matchAll(/^```(\w*)\n(.*?)^```$/gms);
  return [...found].map(([, language = '', text = '']) => ({ language, text }));
}

/** What stands between these in a line of shell is a command of its own. */
const betweenCommands = new Set(['|', '||', '&&', ';']);

/** A line without its comment and what makes it a step of a CI job; a job's own number is some number. */
function bareCommand(line: string): string {
  return line
    .replace(/(^|\s)#.*$/, '')
    .replace(/^\s*(- )?(run: )?/, '')
    .replaceAll(/\$\{\{ matrix\.\w+ \}\}|\$CI_NODE_(INDEX|TOTAL)/g, '1');
}

/** Each `jackfield …` of some shell: its arguments, without redirections and comments. */
function commandsOf(shell: string): string[][] {
  const commands: string[][] = [];
  for (const line of shell.replaceAll(/\\\n\s*/g, ' ').split('\n')) {
    let words: string[] = [];
    for (const word of splitWords(bareCommand(line)) ?? []) {
      if (!betweenCommands.has(word)) words.push(word);
      else {
        commands.push(words);
        words = [];
      }
    }
    commands.push(words);
  }
  return commands
    .filter(([program]) => program === 'jackfield')
    .map(([, ...args]) => {
      const redirection = args.findIndex((word) => /^\d?>/.test(word));
      return redirection < 0 ? args : args.slice(0, redirection);
    });
}

function commandsIn(markdown: string): string[][] {
  const prose = markdown.replaceAll(/^```.*?^```$/gms, '');
  const inline = [...prose.matchAll(/`(jackfield\s[^`]+)`/g)].map(([, text = '']) => text.replace('\n', ' '));
  const blocks = blocksOf(markdown).map(({ language, text }) =>
    // Of a session only what was typed.
    language === 'console' ? text.replaceAll(/^(?!\$ ).*$/gm, '').replaceAll(/^\$ /gm, '') : text,
  );
  return [...inline, ...blocks].flatMap(commandsOf);
}

describe.each(documents)('%s', (document) => {
  const markdown = read(document);

  test.each(commandsIn(markdown).map((args) => [args.join(' '), args] as const))(
    'jackfield %s',
    async (_, args) => {
      const outcome = new Set<string>();
      await runProgram(args, {
        version: '0',
        act: async () => void outcome.add('would run'),
        write: () => void outcome.add('prints help'),
        writeError: () => void outcome.add('prints an error'),
      });
      expect([...outcome]).toEqual([args.includes('--help') ? 'prints help' : 'would run']);
    },
  );

  test('its links lead to files', () => {
    const links = [...markdown.matchAll(/\]\((?!https:)([^)#]+)/g)].map(([, path = '']) => path);
    expect(links.filter((path) => !existsSync(join(root, dirname(document), path)))).toEqual([]);
  });

  test('the npm scripts it names exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = [...markdown.matchAll(/npm (?:run (\w+)|(test))/g)].map(([, run, own]) => run ?? own ?? '');
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});

describe('the README', () => {
  const readme = read('README.md');

  test('shows commands for each of its readers', () => {
    const verbs = new Set(commandsIn(readme).map(([noun, verb]) => `${noun} ${verb}`));
    for (const verb of ['connections add', 'connections test', 'connections discover', 'apply --file']) {
      expect(verbs).toContain(verb);
    }
  });

  test('shows a connections file that is one', () => {
    const files = blocksOf(readme).filter(({ text }) => text.startsWith('# connections.yaml\n'));
    expect(files).toHaveLength(1);
    const connections = parseConnectionFile(parse(files[0]?.text ?? ''), 'README.md');
    expect(connections.map(({ name, role, secret }) => [name, role, secret])).toEqual([
      ['shop', 'source', 'env:SHOP_PASSWORD'],
      ['warehouse', 'destination', 'env:WAREHOUSE_PASSWORD'],
    ]);
  });

  test('shows a workflow that gives the test each variable of that file, and keeps the report', () => {
    const workflow = blocksOf(readme).find(({ text }) => text.includes('runs-on:'));
    const steps: Record<string, unknown>[] = parse(workflow?.text ?? '').jobs.test.steps;
    const test = steps.find(({ run }) => String(run).startsWith('jackfield connections test'));
    const secret = (name: string) => `\${{ secrets.${name} }}`;
    expect(test?.env).toEqual({
      SHOP_PASSWORD: secret('SHOP_PASSWORD'),
      WAREHOUSE_PASSWORD: secret('WAREHOUSE_PASSWORD'),
    });
    expect(test?.run).toContain('--file connections.yaml --report github --report junit=connections.xml');
    expect(steps.at(-1)).toMatchObject({ if: 'always()', with: { path: 'connections.xml' } });
  });

  test.each([
    ['linux', '/home/ann', {}, '~/.local/share/jackfield'],
    ['linux', '/home/ann', { XDG_DATA_HOME: '/data' }, '$XDG_DATA_HOME/jackfield'],
    ['darwin', '/home/ann', {}, '~/Library/Application Support/jackfield'],
  ] as const)('names the directory on %s', (platform, home, environment: Record<string, string>, named) => {
    const { XDG_DATA_HOME = '' } = environment;
    const expected = named.replace('~', home).replace('$XDG_DATA_HOME', XDG_DATA_HOME);
    expect(defaultHome(environment, platform, home)).toBe(expected);
    expect(readme).toContain(`\`${named}\``);
  });
});
