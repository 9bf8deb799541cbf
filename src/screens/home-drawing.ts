import type { Connection } from '../connections/connection.ts';
import { addressOf } from '../output/address.ts';
import { connectionCells, kindOf, listColumns, usersOf } from '../output/connection-list.ts';
import { grouped } from '../output/relation-words.ts';
import { columnWidths, fittedWidths, type TableCell, type TableColumn, tableLine } from '../output/table.ts';
import { displayWidth, padToWidth, terminalSafe, truncateToWidth } from '../output/terminal-text.ts';
import { plainTheme, type Theme } from '../output/theme.ts';
import { activeConnection, type HomeState, type Tab, tabs } from './home-state.ts';
import type { Frame, Size } from './live-screen.ts';

/** What the page is drawn with, besides its state. */
export interface HomeLook {
  readonly theme: Theme;
  readonly now: Date;
  /** The widths of all rows' cells, of {@link homeWidths}: columns stay where they are while a page scrolls. */
  readonly widths: readonly number[];
  /** What an action left to be said; made terminal-safe already. */
  readonly notice: string | null;
}

const tabTitles: Readonly<Record<Tab, string>> = {
  all: 'All',
  source: 'Sources',
  destination: 'Destinations',
};

/** Lines besides those of the rows: title, tabs, search, New, header, what the row is, help. */
const otherLines = 7;
/** Where a terminal has room for more, a page is not longer than this. */
const longestPage = 40;

/** The columns of a list, and one in place of its CONNECTOR where there is less room. */
const homeColumns: readonly TableColumn[] = [...listColumns, { title: 'PROVIDER' }];

/** The columns that have room, by their places; what they leave out is told below the rows. */
function columnsFor(room: number): readonly number[] {
  if (room >= 99) return [0, 1, 2, 3, 4, 5];
  if (room >= 79) return [0, 1, 6, 3, 4, 5];
  return room >= 59 ? [0, 1, 3, 5] : [0, 5];
}

function homeCells(connection: Connection, look: Pick<HomeLook, 'theme' | 'now'>): TableCell[] {
  return [...connectionCells(connection, look), { text: connection.provider }];
}

/** The columns that the cells of rows need. */
export function homeWidths(connections: readonly Connection[], now: Date): number[] {
  const widths = columnWidths(rowsOfText(connections, now));
  return homeColumns.map(({ title }, index) => Math.max(title.length, widths[index] ?? 0));
}

function* rowsOfText(connections: readonly Connection[], now: Date): Generator<string[]> {
  for (const connection of connections) {
    yield homeCells(connection, { theme: plainTheme, now }).map(({ text }) => text);
  }
}

/** How many rows a page has. */
export function pageSize({ rows }: Size): number {
  return Math.max(1, Math.min(longestPage, rows - otherLines));
}

/** The Connections page. The cursor stands behind what is searched. */
export function drawHome(state: HomeState, look: HomeLook, size: Size): Frame {
  const { theme } = look;
  const cut = (text: string) => truncateToWidth(text, size.columns);
  const search = `Search: ${terminalSafe(state.search)}`;
  const shownSearch = truncateStart(search, size.columns - 1);
  const page = rowLines(state, look, size);
  const isNew = state.active < 0;
  const pointer = `${isNew ? '❯' : ' '} + New connection`;
  const lines = [
    titleLine(state, look, size),
    tabLine(state, theme, size),
    state.search === '' ? `${shownSearch} ${theme.faint(cut('(type to search)'))}` : shownSearch,
    isNew ? theme.accent(pointer) : pointer,
    ...page,
    look.notice === null ? aboutLine(state, theme, size) : theme.accent(cut(look.notice)),
    theme.faint(helpLine(state, size)),
  ];
  return { lines, cursor: { line: 2, column: displayWidth(shownSearch) + (state.search === '' ? 1 : 0) } };
}

function titleLine(state: HomeState, { theme }: HomeLook, { columns }: Size): string {
  const title = 'jackfield · Connections';
  const never = state.rows.filter(({ connection }) => connection.lastPassedAt === null).length;
  const note = never === 0 ? '' : `! ${grouped(never)} never passed a test`;
  const room = columns - title.length - 2;
  return displayWidth(note) > room || note === ''
    ? theme.strong(title)
    : `${theme.strong(title)}  ${theme.caution(note)}`;
}

/** The tab that is shown is in brackets, for who sees no colours. */
function tabLine(state: HomeState, theme: Theme, { columns }: Size): string {
  const texts = tabs.map((tab) => {
    const text = `${tabTitles[tab]} ${grouped(state.counts[tab])}`;
    return tab === state.tab ? `[${text}]` : ` ${text} `;
  });
  const narrow = displayWidth(texts.join(' ')) > columns;
  return texts
    .map((text, index) => {
      const shown = narrow ? text.replace(/ \d[\d,]*/, '') : text;
      return tabs[index] === state.tab ? theme.accent(shown) : shown;
    })
    .join(narrow ? '' : ' ');
}

function rowLines(state: HomeState, look: HomeLook, size: Size): string[] {
  const { theme } = look;
  if (state.shown.length === 0) return ['', theme.faint(`  ${emptyText(state)}`)];
  const chosen = columnsFor(size.columns);
  const pick = <T>(all: readonly T[]) => chosen.map((index) => all[index] as T);
  const columns = pick(homeColumns);
  const widths = fittedWidths(pick(look.widths), columns, size.columns - 2);
  const length = pageSize(size);
  const first = Math.max(
    0,
    Math.min(Math.max(0, state.active) - Math.floor(length / 2), state.shown.length - length),
  );
  const header = tableLine(
    columns,
    columns.map(({ title }) => title),
    widths,
  );
  const page = state.shown.slice(first, first + length);
  return [
    theme.faint(`  ${header}`),
    ...page.map((connection, index) => {
      const isActive = first + index === state.active;
      const cells = pick(homeCells(connection, { theme: isActive ? plainTheme : theme, now: look.now }));
      const line = tableLine(columns, cells, widths);
      return isActive ? theme.accent(`❯ ${line}`) : `  ${line}`;
    }),
  ];
}

function emptyText({ rows, tab, search }: HomeState): string {
  if (rows.length === 0) return 'Nothing is saved yet: Enter makes the first connection.';
  if (search !== '') return 'Nothing here has this; Esc clears the search.';
  return `No ${tab} is saved yet.`;
}

/** What the columns that had no room say of the row that the pointer stands on, and how far down it is. */
function aboutLine(state: HomeState, theme: Theme, { columns }: Size): string {
  const connection = activeConnection(state);
  const { shown, active } = state;
  if (connection === null) return '';
  const place = `${grouped(active + 1)} of ${grouped(shown.length)}`;
  const told = columnsFor(columns).length;
  const parts = [
    ...(told < 3 ? [connection.role] : []),
    addressOf(connection),
    kindOf(connection),
    ...(told < 6 && connection.usedBy.length > 0 ? [`used by ${usersOf(connection)}`] : []),
    `user ${connection.username}`,
    ...(connection.tags.length === 0 ? [] : [connection.tags.join(', ')]),
  ];
  const about = truncateToWidth(terminalSafe(parts.join(' · ')), columns - place.length - 4);
  return theme.faint(`  ${padToWidth(about, columns - place.length - 4)}  ${place}`);
}

function helpLine(state: HomeState, { columns }: Size): string {
  const wayOut = state.search === '' ? 'Esc leave' : 'Esc clear';
  const long = `↑↓ move · ←→ tab · Enter menu · Ctrl-N new · ${wayOut}`;
  return truncateToWidth(
    displayWidth(long) <= columns ? long : `↑↓ ←→ · Enter · ^N new · ${wayOut}`,
    columns,
  );
}

/** The end of a text that is too long: what is being typed. */
function truncateStart(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  const characters = [...text];
  while (displayWidth(characters.join('')) > width - 1) characters.shift();
  return `…${characters.join('')}`;
}
