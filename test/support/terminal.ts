import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import nodePty from '@lydell/node-pty';
import xterm from '@xterm/headless';
import { afterwards } from './clean-up.ts';
import { bareEnvironment, programFile, type RunOptions } from './program.ts';

/** How long nothing comes before what is drawn counts as whole. Milliseconds. */
const restMs = 15;

/** What a terminal sends for a key that is no character. */
const keys = {
  enter: '\r',
  tab: '\t',
  'shift-tab': '\u001b[Z',
  escape: '\u001b',
  space: ' ',
  backspace: '\u007f',
  delete: '\u001b[3~',
  up: '\u001b[A',
  down: '\u001b[B',
  right: '\u001b[C',
  left: '\u001b[D',
  home: '\u001b[H',
  end: '\u001b[F',
  'page-up': '\u001b[5~',
  'page-down': '\u001b[6~',
  'ctrl-a': '\u0001',
  'ctrl-c': '\u0003',
  'ctrl-d': '\u0004',
  'ctrl-u': '\u0015',
} as const;

type Key = keyof typeof keys;

export interface TerminalOptions extends Omit<RunOptions, 'stdin' | 'timeoutMs'> {
  /** 100 when left out. */
  readonly columns?: number;
  /** 30 when left out. */
  readonly rows?: number;
  /** Run with Node instead of jackfield. */
  readonly script?: string;
}

/** A real pseudo-terminal with a program in it. It is killed after the test if it still runs. */
export interface Terminal {
  /** Types characters. Wait for the prompt first: what is typed before it is echoed by the terminal. */
  type(text: string): void;
  press(...pressed: Key[]): void;
  /**
   * Waits until the screen shows this. @returns the screen, when all of what was being drawn is drawn
   * @param timeoutMs 20 000 when left out
   */
  waitFor(expected: string | RegExp, timeoutMs?: number): Promise<string>;
  /** The same, the instant it is there: for who measures. */
  sees(expected: string | RegExp): Promise<string>;
  /** The lines that the screen shows, without blanks at their ends. */
  screen(): string;
  /** The lines that have scrolled out of the screen, and after them the screen's. */
  scrollback(): string;
  /** Everything that the program has written, escape sequences included. */
  raw(): string;
  resize(columns: number, rows: number): void;
  /** Kills the program, which is told nothing before. */
  kill(): void;
  /**
   * Waits for the program's end.
   * @param timeoutMs 20 000 when left out
   */
  exit(timeoutMs?: number): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

/** Runs the program as a person does: in a pseudo-terminal that understands what an xterm does. */
export async function openTerminal(args: readonly string[], options: TerminalOptions): Promise<Terminal> {
  const { columns = 100, rows = 30 } = options;
  const emulator = new xterm.Terminal({ cols: columns, rows, scrollback: 10_000, allowProposedApi: true });
  const pty = nodePty.spawn(process.execPath, [options.script ?? programFile, ...args], {
    name: 'xterm-256color',
    cols: columns,
    rows,
    cwd: options.cwd ?? process.cwd(),
    env: bareEnvironment({ ...options, env: { LANG: 'C.UTF-8', ...options.env } }),
  });
  let written = '';
  let ended: { code: number | null; signal: NodeJS.Signals | null } | null = null;
  const watchers = new Set<() => void>();
  let changedAt = performance.now();
  const changed = () => {
    changedAt = performance.now();
    for (const watcher of [...watchers]) watcher();
  };
  pty.onData((data) => {
    written += data;
    changedAt = performance.now();
    emulator.write(data, changed);
  });
  // Answers to a program's questions, after the cursor's position for example.
  emulator.onData((answer) => pty.write(answer));
  pty.onExit(({ exitCode, signal }) => {
    // What was written before is on the screen by then.
    emulator.write('', () => {
      ended = signal ? { code: null, signal: signalName(signal) } : { code: exitCode, signal: null };
      changed();
    });
  });

  /** Looks again at each change until there is something to be had, or nothing more to wait for. */
  const until = <T>(look: () => T | undefined, failure: () => string, timeoutMs: number): Promise<T> =>
    new Promise((resolve, reject) => {
      const finish = (act: () => void) => {
        watchers.delete(check);
        clearTimeout(timer);
        act();
      };
      const check = () => {
        const found = look();
        if (found !== undefined) finish(() => resolve(found));
        else if (ended !== null) finish(() => reject(new Error(failure())));
      };
      const timer = setTimeout(() => finish(() => reject(new Error(failure()))), timeoutMs);
      watchers.add(check);
      check();
    });

  /** A frame may come in pieces: waits until nothing more comes, or on what never rests for a while. */
  const atRest = async (): Promise<void> => {
    const giveUpAt = performance.now() + 20 * restMs;
    while (ended === null && performance.now() < Math.min(changedAt + restMs, giveUpAt)) await sleep(5);
  };

  const lines = (from: number) => {
    const { active } = emulator.buffer;
    const shown: string[] = [];
    for (let row = from; row < active.length; row += 1) {
      shown.push(active.getLine(row)?.translateToString(true) ?? '');
    }
    return shown.join('\n').trimEnd();
  };
  const screen = () => lines(emulator.buffer.active.baseY);

  const look = (expected: string | RegExp) => {
    const shown = screen();
    const found = typeof expected === 'string' ? shown.includes(expected) : expected.test(shown);
    return found ? shown : undefined;
  };
  const seen = (expected: string | RegExp, timeoutMs: number) =>
    until(
      () => look(expected),
      () =>
        `${ended === null ? `after ${timeoutMs} ms` : 'at its end'} no ${expected} on the screen:\n${screen()}`,
      timeoutMs,
    );

  const exit: Terminal['exit'] = (timeoutMs = 20_000) =>
    until(
      () => ended ?? undefined,
      () => `the program did not end within ${timeoutMs} ms:\n${screen()}`,
      timeoutMs,
    );

  afterwards(async () => {
    if (ended === null) pty.kill('SIGKILL');
    await exit();
    emulator.dispose();
  });
  return {
    type: (text) => pty.write(text),
    press: (...pressed) => {
      for (const key of pressed) pty.write(keys[key]);
    },
    screen,
    scrollback: () => lines(0),
    raw: () => written,
    resize: (newColumns, newRows) => {
      emulator.resize(newColumns, newRows);
      pty.resize(newColumns, newRows);
    },
    kill: () => pty.kill('SIGKILL'),
    sees: (expected) => seen(expected, 20_000),
    waitFor: async (expected, timeoutMs = 20_000) => {
      const shown = await seen(expected, timeoutMs);
      await atRest();
      // What was there for a moment only was seen.
      return look(expected) ?? shown;
    },
    exit,
  };
}

function signalName(wanted: number): NodeJS.Signals {
  for (const [name, number] of Object.entries(constants.signals)) {
    if (number === wanted) return name as NodeJS.Signals;
  }
  throw new Error(`no signal has the number ${wanted}`);
}
