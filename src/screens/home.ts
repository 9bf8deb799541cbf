import type { Connection } from '../connections/connection.ts';
import { addressOf } from '../output/address.ts';
import type { View } from '../output/answer.ts';
import { kindOf, usersOf } from '../output/connection-list.ts';
import { lastTestSummary } from '../output/last-test.ts';
import { terminalSafe } from '../output/terminal-text.ts';
import { mark, outcomeStyle } from '../output/theme.ts';
import type { Asking } from './ask.ts';
import { sayError } from './explorer-parts.ts';
import { chooseConnection, type HomeSource } from './home-list.ts';
import { activeConnection, emptyHome, type HomeState, homeAfter } from './home-state.ts';
import { type LiveScreen, showScreen } from './live-screen.ts';
import { askMenu } from './menu-screen.ts';
import { wrapped } from './wrapped-text.ts';

/**
 * What came of an action: a sentence for the page, `printed` where something stands on the terminal
 * that is to be read first, or nothing.
 */
export type ActionOutcome = { readonly done: string } | 'printed' | null;

/** A line of a row's menu. */
export interface HomeAction {
  readonly label: string;
  readonly note: string | ((connection: Connection) => string);
  /** Only of a source. */
  readonly ofSource?: boolean;
  /** @throws JackfieldError, which is shown on the page */
  run(connection: Connection): Promise<ActionOutcome>;
}

/** What the Connections page works with. */
export interface HomeParts extends HomeSource {
  readonly asking: Asking;
  /** Of the terminal that is asked on. */
  view(): Promise<View>;
  /** The menu of a row, in its order. */
  readonly actions: readonly HomeAction[];
  /** Makes a new connection. @returns its name; null when nothing was saved */
  add(): Promise<{ readonly id: string; readonly name: string } | null>;
}

/** The Connections page, until the user leaves it. @throws InterruptedError */
export async function showHome(parts: HomeParts): Promise<void> {
  const page = new ConnectionsPage(parts);
  await page.show();
}

class ConnectionsPage {
  readonly #parts: HomeParts;
  #state: HomeState = emptyHome;
  #notice: string | null = null;

  constructor(parts: HomeParts) {
    this.#parts = parts;
  }

  async show(): Promise<void> {
    const { asking } = this.#parts;
    for (;;) {
      await this.#load();
      const begin = { state: this.#state, notice: this.#notice };
      const { state, step } = await chooseConnection(asking, this.#parts, begin);
      this.#state = state;
      this.#notice = null;
      const connection = activeConnection(state);
      if (step === 'leave') return;
      if (step === 'new' || connection === null) await this.#perform(() => this.#add());
      else await this.#openMenu(connection);
    }
  }

  async #load(): Promise<void> {
    this.#state = homeAfter(this.#state, { kind: 'loaded', connections: await this.#parts.load() });
  }

  async #add(): Promise<ActionOutcome> {
    const added = await this.#parts.add();
    if (added === null) return null;
    await this.#load();
    this.#state = homeAfter(this.#state, { kind: 'found', id: added.id });
    return { done: `Saved ${added.name}` };
  }

  async #openMenu(connection: Connection): Promise<void> {
    const action = await askAction(this.#parts, connection);
    if (action !== null) await this.#perform(() => action.run(connection));
  }

  /** What fails is shown, and is no reason to leave. */
  async #perform(act: () => Promise<ActionOutcome>): Promise<void> {
    const { asking } = this.#parts;
    let outcome: ActionOutcome = 'printed';
    try {
      outcome = await act();
    } catch (error) {
      sayError(asking, error);
    }
    if (outcome === 'printed') await pause(asking);
    else if (outcome !== null) this.#notice = mark('passed', terminalSafe(outcome.done));
  }
}

/** The menu of a row. @returns null for back */
export async function askAction(parts: HomeParts, connection: Connection): Promise<HomeAction | null> {
  const view = await parts.view();
  const items = parts.actions
    .filter(({ ofSource }) => ofSource !== true || connection.role === 'source')
    .map((action) => ({
      value: action,
      label: action.label,
      note: typeof action.note === 'string' ? action.note : action.note(connection),
    }));
  return askMenu(parts.asking, { title: connection.name, about: aboutLines(connection, view), items });
}

function aboutLines(connection: Connection, view: View): string[] {
  const { outcome, text } = lastTestSummary(connection, view.now);
  const used = connection.usedBy.length === 0 ? '' : `, used by ${usersOf(connection)}`;
  const width = Math.min(view.columns, 200) - 3;
  const lines = [
    `${connection.role}, ${kindOf(connection)}${used}`,
    `${addressOf(connection)}, user ${connection.username}`,
  ].flatMap((line) => wrapped(terminalSafe(line), width));
  const message = connection.lastTest.status === 'failed' ? (connection.lastTest.message ?? '') : '';
  return [
    ...lines.map((line) => `  ${line}`),
    ...wrapped(terminalSafe(text), width).map((line) => `  ${outcomeStyle(outcome, view.theme)(line)}`),
    ...(message === '' ? [] : wrapped(terminalSafe(message), width - 2).map((line) => `    ${line}`)),
  ];
}

/** Waits for Enter, or any key that people leave pages by. */
async function pause(asking: Asking): Promise<void> {
  const text = 'Enter: back to the connections';
  const screen: LiveScreen<null> = {
    draw: () => ({ lines: [asking.theme.faint(text)], cursor: { line: 0, column: text.length } }),
    press(key, controls) {
      if (['return', 'enter', 'escape', 'space', 'q'].includes(key.name)) controls.end(null);
    },
  };
  await showScreen(asking, screen);
}
