import { describe, expect, it } from 'vitest';
import type { Connection } from '../../../src/connections/connection.ts';
import { eventOf } from '../../../src/screens/home-list.ts';
import {
  activeConnection,
  emptyHome,
  type HomeEvent,
  type HomeState,
  homeAfter,
} from '../../../src/screens/home-state.ts';
import { connection } from '../output/samples.ts';

const saved = (name: string, role: Connection['role'] = 'source') =>
  connection({ id: name, name, role, lastPassedAt: null });
const three = [saved('alpha'), saved('beta', 'destination'), saved('gamma')];
const homeThen = (state: HomeState, ...events: HomeEvent[]) => events.reduce(homeAfter, state);
const begin = homeThen(emptyHome, { kind: 'loaded', connections: three });
const names = ({ shown }: HomeState) => shown.map(({ name }) => name);
const at = (state: HomeState) => activeConnection(state)?.name ?? null;

describe('the Connections page', () => {
  it('begins at the first connection, or at "+ New connection" where there is none', () => {
    expect(at(begin)).toBe('alpha');
    expect(at(homeThen(emptyHome, { kind: 'loaded', connections: [] }))).toBe(null);
    expect(begin.counts).toEqual({ all: 3, source: 2, destination: 1 });
  });

  it('moves no further than its ends', () => {
    expect(at(homeThen(begin, { kind: 'moved', by: 99 }))).toBe('gamma');
    expect(at(homeThen(begin, { kind: 'moved', by: -99 }))).toBe(null);
  });

  it('goes round its tabs, and stays on a row that the next one has too', () => {
    const gamma = homeThen(begin, { kind: 'moved', by: 2 });
    const sources = homeThen(gamma, { kind: 'tabbed', by: 1 });
    expect([sources.tab, names(sources), at(sources)]).toEqual(['source', ['alpha', 'gamma'], 'gamma']);
    const destinations = homeThen(sources, { kind: 'tabbed', by: 1 });
    expect([names(destinations), at(destinations)]).toEqual([['beta'], 'beta']);
    expect(homeThen(destinations, { kind: 'tabbed', by: 1 }).tab).toBe('all');
    expect(homeThen(begin, { kind: 'tabbed', by: -1 }).tab).toBe('destination');
  });

  it('finds what has every word, whatever the case', () => {
    expect(names(homeThen(begin, { kind: 'searched', search: 'DESTINATION bet' }))).toEqual(['beta']);
    expect(names(homeThen(begin, { kind: 'searched', search: 'never passed' }))).toHaveLength(3);
    const nothing = homeThen(begin, { kind: 'searched', search: 'zzz' });
    expect([names(nothing), at(nothing)]).toEqual([[], null]);
  });

  it('stays on its row when others come and go, and takes the next one for a row that is gone', () => {
    const beta = homeThen(begin, { kind: 'moved', by: 1 });
    const more = [saved('aaa'), ...three];
    expect(at(homeThen(beta, { kind: 'loaded', connections: more }))).toBe('beta');
    const [alpha, , gamma] = three as [Connection, Connection, Connection];
    expect(at(homeThen(beta, { kind: 'loaded', connections: [alpha, gamma] }))).toBe('gamma');
    expect(at(homeThen(beta, { kind: 'loaded', connections: [alpha] }))).toBe('alpha');
    expect(at(homeThen(beta, { kind: 'loaded', connections: [] }))).toBe(null);
  });

  it('keeps tab and search over a reading', () => {
    const narrowed = homeThen(begin, { kind: 'tabbed', by: 1 }, { kind: 'searched', search: 'gam' });
    const again = homeThen(narrowed, { kind: 'loaded', connections: [...three, saved('gamma-2')] });
    expect([again.tab, again.search, names(again)]).toEqual(['source', 'gam', ['gamma', 'gamma-2']]);
  });

  it('shows what was just saved, even where tab or search would hide it', () => {
    const hidden = homeThen(begin, { kind: 'tabbed', by: 1 }, { kind: 'searched', search: 'gam' });
    const found = homeThen(hidden, { kind: 'found', id: 'beta' });
    expect([found.tab, found.search, at(found)]).toEqual(['all', '', 'beta']);
  });

  it.each([
    ['a character', { typed: 'x' }, { kind: 'searched', search: 'ordx' }],
    ['backspace', { name: 'backspace' }, { kind: 'searched', search: 'or' }],
    ['Esc', { name: 'escape' }, { kind: 'searched', search: '' }],
    ['Ctrl-U', { name: 'u', ctrl: true }, { kind: 'searched', search: '' }],
    ['page down', { name: 'pagedown' }, { kind: 'moved', by: 10 }],
    ['left', { name: 'left' }, { kind: 'tabbed', by: -1 }],
    ['Shift-Tab', { name: 'tab', shift: true }, { kind: 'tabbed', by: -1 }],
    ['a key of no meaning', { name: 'f5' }, null],
  ])('%s', (_what, pressed, event) => {
    const key = { name: '', ctrl: false, shift: false, typed: '', ...pressed };
    expect(eventOf({ ...begin, search: 'ord' }, key, 10)).toEqual(event);
  });
});
