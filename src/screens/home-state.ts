import type { Connection } from '../connections/connection.ts';
import { searchText } from '../connections/filter.ts';
import { roles } from '../connections/vocabulary.ts';

/** The tabs of the Connections page, in their order. */
export const tabs = ['all', ...roles] as const;
export type Tab = (typeof tabs)[number];

/** A connection, and what a search looks at of it: made once, for thousands of keys. */
interface HomeRow {
  readonly connection: Connection;
  readonly text: string;
}

/** Where the user is on the Connections page. */
export interface HomeState {
  readonly rows: readonly HomeRow[];
  readonly tab: Tab;
  readonly search: string;
  /** The connections of the tab that the search finds, in the catalog's order. */
  readonly shown: readonly Connection[];
  /** The place in `shown`; -1: "+ New connection", which stands above them. */
  readonly active: number;
  /** How many there are on each tab, whatever is searched. */
  readonly counts: Readonly<Record<Tab, number>>;
}

export type HomeEvent =
  | { readonly kind: 'loaded'; readonly connections: readonly Connection[] }
  /** Up or down, as far as there are rows. */
  | { readonly kind: 'moved'; readonly by: number }
  /** To the next tab, or the one before; there is no end. */
  | { readonly kind: 'tabbed'; readonly by: 1 | -1 }
  | { readonly kind: 'searched'; readonly search: string }
  /** To a connection, whatever tab and search hide it. */
  | { readonly kind: 'found'; readonly id: string };

export const emptyHome: HomeState = {
  rows: [],
  tab: 'all',
  search: '',
  shown: [],
  active: -1,
  counts: { all: 0, source: 0, destination: 0 },
};

export function homeAfter(state: HomeState, event: HomeEvent): HomeState {
  switch (event.kind) {
    case 'loaded':
      return loaded(state, event.connections);
    case 'moved': {
      const active = Math.max(-1, Math.min(state.shown.length - 1, state.active + event.by));
      return { ...state, active };
    }
    case 'tabbed': {
      const tab = tabs[(tabs.indexOf(state.tab) + event.by + tabs.length) % tabs.length] ?? 'all';
      return narrowed({ ...state, tab }, activeConnection(state)?.id);
    }
    case 'searched':
      // What is found best is looked at first, as the list is another one with each character.
      return narrowed({ ...state, search: event.search }, undefined);
    case 'found':
      return found(state, event.id);
  }
}

/** The connection that the pointer stands on; null on "+ New connection". */
export function activeConnection({ shown, active }: HomeState): Connection | null {
  return shown[active] ?? null;
}

function loaded(state: HomeState, connections: readonly Connection[]): HomeState {
  const rows = connections.map((connection) => ({ connection, text: searchText(connection) }));
  const of = (role: Tab) => connections.filter((connection) => connection.role === role).length;
  const counts = { all: connections.length, source: of('source'), destination: of('destination') };
  const next = narrowed({ ...state, rows, counts }, activeConnection(state)?.id);
  const isFirst = state.rows.length === 0;
  if (isFirst || activeConnection(next)?.id === activeConnection(state)?.id) return next;
  // It is gone: what has taken its place.
  return { ...next, active: Math.min(state.active, next.shown.length - 1) };
}

/** @param id what the pointer stays on, where it is still shown; else it goes to the first */
function narrowed(state: HomeState, id: string | undefined): HomeState {
  const { rows, tab, search } = state;
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const shown: Connection[] = [];
  for (const { connection, text } of rows) {
    if (tab !== 'all' && connection.role !== tab) continue;
    if (words.every((word) => text.includes(word))) shown.push(connection);
  }
  const same = id === undefined ? -1 : shown.findIndex((connection) => connection.id === id);
  return { ...state, shown, active: same >= 0 ? same : Math.min(0, shown.length - 1) };
}

function found(state: HomeState, id: string): HomeState {
  const here = state.shown.findIndex((connection) => connection.id === id);
  if (here >= 0) return { ...state, active: here };
  return narrowed({ ...state, tab: 'all', search: '' }, id);
}
