import type { Connection } from '../connections/connection.ts';
import { searchText } from '../connections/filter.ts';
import { addressOf } from '../output/address.ts';
import { kindOf, usersOf } from '../output/connection-list.ts';
import { lastTestSummary } from '../output/last-test.ts';
import { plural } from '../output/relation-words.ts';
import { sayError } from './explorer-parts.ts';
import { askAction, type HomeParts } from './home.ts';
import { type Tab, tabs } from './home-state.ts';
import { plainList } from './plain-prompts.ts';

type PlainStep = { readonly connection: Connection } | { readonly tab: Tab } | 'new' | 'quit';

const tabWords: Readonly<Record<Tab, string>> = {
  all: 'all',
  source: 'sources',
  destination: 'destinations',
};

/** The Connections page as text that is read out: numbered lists, and nothing drawn over. @throws InterruptedError */
export async function showPlainHome(parts: HomeParts): Promise<void> {
  const { asking } = parts;
  let tab: Tab = 'all';
  for (;;) {
    const step = await askStep(parts, tab);
    if (step === 'quit') return;
    try {
      if (step === 'new') await parts.add();
      else if ('tab' in step) tab = step.tab;
      else {
        const action = await askAction(parts, step.connection);
        const outcome = await action?.run(step.connection);
        if (outcome && outcome !== 'printed') asking.stderr.write(`${asking.theme.good(outcome.done)}\n`);
      }
    } catch (error) {
      sayError(asking, error);
    }
    asking.stderr.write('\n');
  }
}

async function askStep({ asking, load }: HomeParts, tab: Tab): Promise<PlainStep> {
  const connections = (await load()).filter(({ role }) => tab === 'all' || role === tab);
  const now = new Date();
  const items = connections.map((connection) => ({
    value: { connection },
    label: connection.name,
    note: noteOf(connection, now),
    more: searchText(connection),
  }));
  const words = [
    { word: 'new', value: 'new' as const },
    ...tabs
      .filter((other) => other !== tab)
      .map((other) => ({ word: tabWords[other], value: { tab: other } })),
    { word: 'quit', value: 'quit' as const },
  ];
  const what = tab === 'all' ? 'connection' : tab;
  const message = `jackfield: ${plural(connections.length, what)}`;
  return (await plainList<PlainStep>(asking, { message, items, words, escape: 'leave' })) ?? 'quit';
}

function noteOf(connection: Connection, now: Date): string {
  const used = connection.usedBy.length === 0 ? '' : `, used by ${usersOf(connection)}`;
  const { text } = lastTestSummary(connection, now);
  return `${connection.role}, ${kindOf(connection)}, ${addressOf(connection)}${used}, ${text}`;
}
