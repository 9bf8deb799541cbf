import {
  createPrompt,
  isEnterKey,
  makeTheme,
  useEffect,
  useKeypress,
  useRef,
  useState,
} from '@inquirer/core';
import { displayWidth, padToWidth, terminalSafe, truncateToWidth } from '../output/terminal-text.ts';
import { type Asking, put } from './ask.ts';
import { promptTheme } from './prompt-theme.ts';

/** A line of a list. Texts are made terminal-safe here. */
export interface ListItem<T> {
  readonly value: T;
  readonly label: string;
  /** Stands behind the label. */
  readonly note?: string;
  /** Looked at by a search too, where it is not shown in full. */
  readonly more?: string;
}

export interface ListQuestion<T> {
  /** Made terminal-safe here. */
  readonly message: string;
  readonly items: readonly ListItem<T>[];
  /** What Esc does: `back`, `leave`. */
  readonly escape: string;
}

interface ListConfig {
  readonly message: string;
  readonly items: readonly ListItem<unknown>[];
  readonly lines: readonly SearchLine[];
  readonly escape: string;
  readonly stderr: NodeJS.WriteStream;
  readonly theme: ReturnType<typeof promptTheme>;
}

/** Lines of a page, where the terminal has room for them. */
const mostLines = 15;
/** Lines around the page: the question above, the help below. */
const otherLines = 4;
/** From the cursor, which stands in the question's line, to the screen's end (ED, ECMA-48). */
const eraseBelow = '\u001b[J';
/** A label is not padded beyond it. */
const widestLabel = 48;

/**
 * Shows a list that typing narrows, of any length: what is drawn is a page of it. It is taken away when
 * it is answered.
 * @returns null for Esc
 * @throws InterruptedError
 */
export async function askFromList<T>(asking: Asking, question: ListQuestion<T>): Promise<T | null> {
  if (asking.plain) return (await import('./plain-prompts.ts')).plainList(asking, question);
  const { stderr } = asking;
  const lines = searchLines(question.items);
  const config = { ...question, lines, stderr, theme: promptTheme(asking.theme) };
  const chosen = await put(asking, (context) => list(config, { ...context, clearPromptOnDone: true }));
  return chosen === null ? null : (chosen.value as T);
}

/** Inquirer's own `search` draws all lines for a page of them at each key, and knows no way back. */
const list = createPrompt<ListItem<unknown> | null, ListConfig>((config, done) => {
  const { message, items, lines, stderr } = config;
  const theme = makeTheme(config.theme);
  const [term, setTerm] = useState('');
  const [active, setActive] = useState(0);
  const found = useRef({ term: '', items });
  const ended = useRef(false);
  if (found.current.term !== term) found.current = { term, items: search(lines, term) };
  const shown = found.current.items;
  const pageSize = Math.max(3, Math.min(mostLines, (stderr.rows ?? 24) - otherLines));

  const [, setSize] = useState('');
  useEffect(() => {
    const redraw = () => {
      // Lines that wrap now take more rows than were drawn.
      stderr.write(eraseBelow);
      setSize(`${stderr.columns} ${stderr.rows}`);
    };
    stderr.on('resize', redraw);
    return () => void stderr.off('resize', redraw);
  }, []);

  useKeypress((key, rl) => {
    if (ended.current) return;
    const end = (item: ListItem<unknown> | null) => {
      ended.current = true;
      done(item);
    };
    if (isEnterKey(key)) {
      const chosen = shown[active];
      if (chosen !== undefined) end(chosen);
      // Enter has emptied the line.
      else rl.write(term);
      return;
    }
    if (key.name === 'escape') return end(null);
    const step = steps(pageSize)[key.name];
    if (step !== undefined) {
      setActive(Math.max(0, Math.min(shown.length - 1, active + step)));
      return;
    }
    const typed = rl.line.replaceAll('\t', '');
    if (typed !== rl.line) {
      rl.clearLine(0);
      rl.write(typed);
    }
    if (typed === term) return;
    setTerm(typed);
    setActive(0);
  });

  const first = Math.max(0, Math.min(active - Math.floor(pageSize / 2), shown.length - pageSize));
  const page = drawn(shown.slice(first, first + pageSize), active - first, config);
  const count = shown.length === items.length ? `${items.length}` : `${shown.length} of ${items.length}`;
  const help = `type to search · ↑↓ move · Enter choose · Esc ${config.escape} · ${count}`;
  const header = `${theme.prefix.idle} ${theme.style.message(terminalSafe(message), 'idle')} ${terminalSafe(term)}`;
  const room = (stderr.columns ?? 80) - 1;
  return [header, [...page, theme.style.help(truncateToWidth(help, room))].join('\n')];
});

function steps(pageSize: number): Readonly<Record<string, number>> {
  return { up: -1, down: 1, pageup: -pageSize, pagedown: pageSize };
}

function drawn(items: readonly ListItem<unknown>[], active: number, { stderr, theme }: ListConfig): string[] {
  if (items.length === 0) return [theme.style.help('  nothing has this in its name or comment')];
  const room = (stderr.columns ?? 80) - 1;
  const labels = items.map(({ label }) => terminalSafe(label));
  const width = Math.min(widestLabel, Math.max(...labels.map(displayWidth)));
  return items.map(({ note }, index) => {
    const label = `${index === active ? '❯' : ' '} ${labels[index]}`;
    const padded = note === undefined ? label : `${padToWidth(label, width + 2)}  `;
    const start = truncateToWidth(padded, room);
    const rest = truncateToWidth(terminalSafe(note ?? ''), Math.max(0, room - displayWidth(start)));
    return (index === active ? theme.style.highlight(start) : start) + theme.style.help(rest);
  });
}

interface SearchLine {
  readonly item: ListItem<unknown>;
  readonly label: string;
  readonly text: string;
}

function searchLines(items: readonly ListItem<unknown>[]): SearchLine[] {
  return items.map((item) => {
    const label = item.label.toLowerCase();
    return { item, label, text: `${label}\n${item.more?.toLowerCase() ?? ''}` };
  });
}

/** What has every word of the term, whatever the case: labels that begin with it first, then others. */
function search(lines: readonly SearchLine[], term: string): ListItem<unknown>[] {
  const words = term.toLowerCase().split(/\s+/).filter(Boolean);
  const [start = ''] = words;
  const ranks: ListItem<unknown>[][] = [[], [], []];
  for (const { item, label, text } of lines) {
    if (!words.every((word) => text.includes(word))) continue;
    ranks[label.startsWith(start) ? 0 : label.includes(start) ? 1 : 2]?.push(item);
  }
  return ranks.flat();
}
