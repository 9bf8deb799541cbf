import { displayWidth, padToWidth, terminalSafe, truncateToWidth } from '../output/terminal-text.ts';
import type { Theme } from '../output/theme.ts';
import type { Asking } from './ask.ts';
import { hiddenLines } from './hidden-lines.ts';
import { type Frame, type Key, type LiveScreen, type Size, showScreen } from './live-screen.ts';

/** A line of a menu; texts are made terminal-safe here. */
interface MenuItem<T> {
  readonly value: T;
  readonly label: string;
  readonly note?: string;
}

export interface Menu<T> {
  readonly title: string;
  /** What stands below the title; styled and made terminal-safe already. */
  readonly about?: readonly string[];
  readonly items: readonly MenuItem<T>[];
  /** What the pointer stands on at first; the first one when left out. */
  readonly initial?: T;
}

/**
 * A short list to choose from: by arrows, or by the letters that items begin with.
 * @returns null for Esc
 * @throws InterruptedError
 */
export async function askMenu<T>(asking: Asking, menu: Menu<T>): Promise<T | null> {
  if (asking.plain) {
    for (const line of menu.about ?? []) asking.stderr.write(`${line}\n`);
    const choices = menu.items.map(({ value, label, note }) => ({
      value,
      name: label,
      ...(note !== undefined && { description: note }),
    }));
    const { plainChoice } = await import('./plain-prompts.ts');
    return plainChoice(asking, menu.title, choices, { escape: 'go back' });
  }
  const { items } = menu;
  let active = Math.max(
    0,
    items.findIndex(({ value }) => value === menu.initial),
  );
  const screen: LiveScreen<T | null> = {
    draw: (size) => drawMenu(menu, active, asking.theme, size),
    press(key, controls) {
      if (key.name === 'escape' || key.name === 'left') controls.end(null);
      else if (key.name === 'return' || key.name === 'enter') {
        const item = items[active];
        if (item !== undefined) controls.end(item.value);
      } else active = placeAfter(active, items, key);
    },
  };
  return showScreen(asking, screen);
}

/** Where the pointer stands after a key; a letter goes to the next item that begins with it. */
function placeAfter(active: number, items: readonly { readonly label: string }[], key: Key): number {
  const last = items.length - 1;
  if (key.name === 'up' || (key.name === 'tab' && key.shift)) return active === 0 ? last : active - 1;
  if (key.name === 'down' || key.name === 'tab') return active === last ? 0 : active + 1;
  if (key.name === 'home' || key.name === 'pageup') return 0;
  if (key.name === 'end' || key.name === 'pagedown') return last;
  const typed = key.typed.toLowerCase();
  if (typed === '') return active;
  for (let step = 1; step <= items.length; step++) {
    const place = (active + step) % items.length;
    if (items[place]?.label.toLowerCase().startsWith(typed)) return place;
  }
  return active;
}

function drawMenu<T>(menu: Menu<T>, active: number, theme: Theme, { columns, rows }: Size): Frame {
  const { items, about = [] } = menu;
  const width = Math.max(...items.map(({ label }) => displayWidth(terminalSafe(label))));
  const head = [theme.strong(truncateToWidth(terminalSafe(menu.title), columns)), ...about];
  const room = Math.max(1, rows - head.length - 1);
  const first = Math.max(0, Math.min(active - Math.floor(room / 2), items.length - room));
  const shown = items.slice(first, first + room).map(({ label, note }, index) => {
    const isActive = first + index === active;
    const padded = note === undefined ? terminalSafe(label) : padToWidth(terminalSafe(label), width);
    const start = truncateToWidth(`${isActive ? '❯' : ' '} ${padded}`, columns);
    const left = columns - displayWidth(start) - 2;
    const rest = note === undefined || left < 8 ? '' : `  ${truncateToWidth(terminalSafe(note), left)}`;
    return (isActive ? theme.accent(start) : start) + theme.faint(rest);
  });
  const hidden = hiddenLines(first, items.length - first - room);
  const long = `${hidden}↑↓ move · Enter choose · Esc back`;
  const ways = displayWidth(long) <= columns ? long : `${hidden}Enter · Esc back`;
  const help = theme.faint(truncateToWidth(ways, columns));
  const line = head.length + active - first;
  return { lines: [...head, ...shown, help], cursor: { line, column: 0 } };
}
