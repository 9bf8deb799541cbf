import { beforeAll, describe, expect, it } from 'vitest';
import { complete, type GrammarCommand } from '../../../src/cli/completion/complete.ts';
import { describeGrammar } from '../../../src/cli/completion/grammar.ts';
import type { LiveNames } from '../../../src/cli/completion/live-values.ts';

let grammar: GrammarCommand;
beforeAll(async () => {
  grammar = await describeGrammar();
});

/** Names that say what they were asked for. */
const names: LiveNames = {
  connections: () => [
    { name: 'shop', role: 'source', tags: ['prod'] },
    { name: 'lake', role: 'destination', tags: [] },
  ],
  pipelines: () => ['nightly'],
  sourceOf: (pipeline) => (pipeline === 'nightly' ? 'shop' : null),
  schemas: (connection) => [`${connection}-schema`, 'public'],
  tables: (_connection, prefix) => [`${prefix}-table`],
  relations: (_connection, prefix) => [`${prefix}-relation`],
};

async function completed(line: string, open: () => Promise<LiveNames> = async () => names) {
  const before = line.split(' ');
  const current = before.pop() ?? '';
  const found = await complete({ grammar, before, current, environment: {}, names: open });
  return found.kind === 'words' ? found.words.map(({ word }) => word) : found.kind;
}

describe('what may be typed next', () => {
  it.each<[string, readonly string[] | string]>([
    ['conn', ['connections']],
    ['conn rot', ['rotate']],
    ['connections cdc st', ['status']],
    ['connections test --shar', ['--shard']],
    ['connections list --role=so', ['source']],
    ['--output j', ['json']],
    ['connections add --ssl-root-cert ', 'files'],
    ['--home ', 'directories'],
    ['completion z', ['zsh']],
    ['config set ti', ['timeout']],
    ['config get co', ['concurrency', 'color'].sort()],
    ['connections nothing ', []],
    ['connections list --search ', []],
  ])('%s: no catalog is opened for it', async (line, expected) => {
    const open = () => Promise.reject(new Error('the catalog was opened'));
    expect(await completed(line, open)).toEqual(expected);
  });

  it.each<[string, readonly string[]]>([
    ['connections show ', ['shop', 'lake']],
    ['connections delete shop ', ['lake']],
    ['connections discover ', ['shop', 'lake']],
    ['connections cdc check ', ['shop']],
    ['pipelines add x --destination ', ['lake']],
    ['pipelines show n', ['nightly']],
    ['connections list --tag ', ['prod']],
    ['connections cdc check shop --table ', ['shop-schema.', 'public.']],
    ['connections cdc plan shop --table a.o', ['a.o-relation']],
    ['pipelines add x --source shop --table ', ['shop-schema.', 'public.']],
    ['pipelines add x --table=a.o --source=shop --table=a.o', ['a.o-relation']],
    ['pipelines add x --table ', []],
    ['pipelines edit nightly --remove-table a.', ['a.-relation']],
    ['connections discover shop --schema s', ['shop-schema']],
    ['connections discover shop --table ord', ['ord-table']],
    ['connections discover shop ', ['shop-schema.', 'public.']],
    ['connections discover shop public.o', ['public.o-relation']],
  ])('%s', async (line, expected) => {
    expect(await completed(line)).toEqual(expected);
  });

  it('is read from the home directory that the line names', async () => {
    const homes: string[] = [];
    const found = await complete({
      ...{ grammar, before: ['--home', '/there', 'connections', 'show'], current: 'sh', environment: {} },
      names: async (home) => {
        homes.push(home);
        return names;
      },
    });
    expect([homes, found]).toEqual([['/there'], { kind: 'words', words: [{ word: 'shop', about: '' }] }]);
  });

  it('is plain data', () => {
    expect(JSON.parse(JSON.stringify(grammar))).toEqual(grammar);
  });
});
