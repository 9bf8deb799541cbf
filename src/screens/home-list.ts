import type { Connection } from '../connections/connection.ts';
import type { Asking } from './ask.ts';
import { looksLikeUrl } from './form-filling.ts';
import { drawHome, homeWidths, pageSize } from './home-drawing.ts';
import { type HomeEvent, type HomeState, homeAfter } from './home-state.ts';
import { type Key, type LiveScreen, showScreen } from './live-screen.ts';
import { pastedLine } from './text-line.ts';

/** The saved connections, as the page reads them. */
export interface HomeSource {
  load(): Promise<readonly Connection[]>;
  /** A number that is another one once another process has changed what is saved. */
  version(): Promise<number>;
}

/** What the user wants of the page. */
export type HomeStep = 'leave' | 'new' | 'menu';

/** How often it is looked whether another process has changed something, in milliseconds. */
const watchMs = 2_000;
/** A key within this time puts off the reading of what was changed: thousands take a while. Milliseconds. */
const quietMs = 500;

const urlNotice = '! That is a URL, which may hold a password: Ctrl-N, then paste it into the form.';

/** Shows the list until a connection, a new one or the way out is chosen. @throws InterruptedError */
export async function chooseConnection(
  asking: Asking,
  source: HomeSource,
  begin: { readonly state: HomeState; readonly notice: string | null },
): Promise<{ readonly state: HomeState; readonly step: HomeStep }> {
  let { state, notice } = begin;
  let page = 10;
  let lastKey = 0;
  let widths = homeWidths(
    state.rows.map(({ connection }) => connection),
    new Date(),
  );
  const apply = (event: HomeEvent) => {
    state = homeAfter(state, event);
  };
  const search = (text: string) => {
    const isUrl = looksLikeUrl(text);
    if (isUrl) notice = urlNotice;
    apply({ kind: 'searched', search: isUrl ? '' : text });
  };
  const screen: LiveScreen<HomeStep> = {
    draw(size) {
      page = pageSize(size);
      return drawHome(state, { theme: asking.theme, now: new Date(), widths, notice }, size);
    },
    begin(controls) {
      let seen: number | null = null;
      const look = async () => {
        if (performance.now() - lastKey < quietMs) return;
        const version = await source.version();
        if (version === seen) return;
        seen = version;
        const connections = await source.load();
        widths = homeWidths(connections, new Date());
        apply({ kind: 'loaded', connections });
        controls.redraw();
      };
      // What can't be read now is told when it is needed.
      const timer = setInterval(() => void look().catch(() => {}), watchMs).unref();
      return () => clearInterval(timer);
    },
    press(key, controls) {
      lastKey = performance.now();
      notice = null;
      const step = stepOf(state, key);
      if (step !== null) return controls.end(step);
      const event = eventOf(state, key, page);
      if (event?.kind === 'searched') search(event.search);
      else if (event !== null) apply(event);
    },
    paste(text) {
      notice = null;
      search(state.search + pastedLine(text));
    },
  };
  const step = await showScreen(asking, screen);
  return { state, step };
}

function stepOf(state: HomeState, key: Key): HomeStep | null {
  if (key.name === 'return' || key.name === 'enter') return state.active < 0 ? 'new' : 'menu';
  if (key.name === 'escape') return state.search === '' ? 'leave' : null;
  if (key.ctrl && key.name === 'd') return 'leave';
  if (key.ctrl && key.name === 'n') return 'new';
  return key.typed === '+' && state.search === '' ? 'new' : null;
}

/** What a key changes on the page; null: nothing. */
export function eventOf({ search, shown }: HomeState, key: Key, page: number): HomeEvent | null {
  switch (key.name) {
    case 'up':
      return { kind: 'moved', by: -1 };
    case 'down':
      return { kind: 'moved', by: 1 };
    case 'pageup':
      return { kind: 'moved', by: -page };
    case 'pagedown':
      return { kind: 'moved', by: page };
    case 'home':
      return { kind: 'moved', by: -shown.length };
    case 'end':
      return { kind: 'moved', by: shown.length + 1 };
    case 'left':
      return { kind: 'tabbed', by: -1 };
    case 'right':
      return { kind: 'tabbed', by: 1 };
    case 'tab':
      return { kind: 'tabbed', by: key.shift ? -1 : 1 };
    case 'escape':
      return { kind: 'searched', search: '' };
    case 'backspace':
      return search === '' ? null : { kind: 'searched', search: [...search].slice(0, -1).join('') };
    default:
      if (key.ctrl && key.name === 'u') return { kind: 'searched', search: '' };
      if (key.ctrl && key.name === 'w') return { kind: 'searched', search: search.replace(/\S+\s*$/, '') };
      return key.typed === '' ? null : { kind: 'searched', search: search + key.typed };
  }
}
