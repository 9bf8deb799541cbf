import { emitKeypressEvents, type Interface } from 'node:readline';
import { createPrompt, useEffect, useKeypress, useRef, useState } from '@inquirer/core';
import { displayWidth, truncateToWidth } from '../output/terminal-text.ts';
import { type Asking, put } from './ask.ts';

/** A key that was pressed. */
export interface Key {
  /** Node's name of it: `up`, `return`, `escape`, `a`. */
  readonly name: string;
  readonly ctrl: boolean;
  readonly shift: boolean;
  /** The character that it types; empty for one that types none. */
  readonly typed: string;
}

/** The terminal's size, in columns and rows. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/**
 * What a screen shows: lines of styled, terminal-safe text. They are cut to the terminal's width and
 * height where it is drawn.
 */
export interface Frame {
  readonly lines: readonly string[];
  /** Where the cursor stands: the line, from 0, and the columns before it. */
  readonly cursor: { readonly line: number; readonly column: number };
}

/** What a screen can do by itself, not because of a key. */
interface ScreenControls<T> {
  redraw(): void;
  /** Takes the screen away; its answer. */
  end(value: T): void;
  /** Takes it away too: the error is thrown to who showed it. */
  fail(error: unknown): void;
}

/** A screen that is drawn in place, on a terminal, and answers keys until it ends. */
export interface LiveScreen<T> {
  draw(size: Size): Frame;
  press(key: Key, controls: ScreenControls<T>): void;
  /** A text that was pasted as one, where the terminal says so. */
  paste?(text: string, controls: ScreenControls<T>): void;
  /** Ctrl-C. @returns whether it was meant for something that goes on, and not for the program */
  interrupt?(): boolean;
  /** Called when it is there to be drawn. @returns what is to be done at its end */
  begin?(controls: ScreenControls<T>): (() => void) | undefined;
}

/** Below these a screen can't be read. */
const leastSize: Size = { columns: 30, rows: 8 };

/** How long an Esc may be the begin of what another key sends. Milliseconds. */
const escapeMs = 40;

const pasteOn = '\u001b[?2004h';
const pasteOff = '\u001b[?2004l';

/**
 * Shows a screen where the cursor is, and takes it away in the end. It is drawn among the lines of the
 * terminal, not on its alternate screen, and the cursor is never hidden: a program that is killed leaves
 * nothing behind that a shell does not set right at its next prompt.
 * @throws InterruptedError
 */
export async function showScreen<T>(asking: Asking, screen: LiveScreen<T>): Promise<T> {
  const { stdin, stderr } = asking;
  // Who is the first to ask for a stream's keys says how long an Esc is waited for; Node's half a second is long.
  emitKeypressEvents(stdin, { escapeCodeTimeout: escapeMs } as unknown as Interface);
  // Whatever ends the process, also what no screen is told of.
  const restore = () => void stderr.write(pasteOff);
  process.once('exit', restore);
  stderr.write(pasteOn);
  try {
    const config = { screen: screen as LiveScreen<unknown>, stdin, stderr };
    const ending = await put(asking, (context) => live(config, { ...context, clearPromptOnDone: true }));
    if ('error' in ending) throw ending.error;
    return ending.value as T;
  } finally {
    process.off('exit', restore);
    restore();
  }
}

type Ending = { readonly value: unknown } | { readonly error: unknown };

interface LiveConfig {
  readonly screen: LiveScreen<unknown>;
  readonly stdin: NodeJS.ReadStream;
  readonly stderr: NodeJS.WriteStream;
}

/** The parts of readline that inquirer's type leaves out. */
interface Readline {
  readonly line: string;
  clearLine(direction: 0): void;
  listeners(event: 'SIGINT'): ((...args: unknown[]) => void)[];
  on(event: string, listener: () => void): void;
  removeListener(event: string, listener: (...args: unknown[]) => void): void;
  getCursorPos(): { rows: number; cols: number };
}

/** What Node tells of a key, more than inquirer's type says. */
interface NodeKey {
  readonly name?: string;
  readonly sequence?: string;
  readonly ctrl: boolean;
  readonly shift?: boolean;
  readonly meta?: boolean;
}

const live = createPrompt<Ending, LiveConfig>(({ screen, stdin, stderr }, done) => {
  const [drawings, setDrawings] = useState(0);
  const count = useRef(0);
  count.current = drawings;
  const ended = useRef(false);
  const shown = useRef<Shown>({ widths: [1], cursor: { line: 0, column: 0 } });
  const pasted = useRef<string | null>(null);
  const end = (ending: Ending) => {
    if (ended.current) return;
    ended.current = true;
    done(ending);
  };
  const controls: ScreenControls<unknown> = {
    redraw: () => {
      if (!ended.current) setDrawings(count.current + 1);
    },
    end: (value) => end({ value }),
    fail: (error) => end({ error }),
  };

  useEffect((inquirers) => {
    const rl = inquirers as unknown as Readline;
    // inquirer takes the cursor to where readline would have it, behind what is typed at a prompt's end.
    rl.getCursorPos = () => ({ rows: 0, cols: shown.current.cursor.column });
    const [leave] = rl.listeners('SIGINT');
    if (leave !== undefined) rl.removeListener('SIGINT', leave);
    rl.on('SIGINT', () => {
      if (screen.interrupt?.() === true) controls.redraw();
      else leave?.();
    });
    // Ctrl-Z: readline's own way back would look like the end of standard input.
    // After the key's own redrawing.
    rl.on('SIGTSTP', () => void setImmediate(() => suspend({ stdin, stderr }, shown.current, controls)));
    const resized = () => {
      stderr.write(takenAway(shown.current, stderr.columns ?? 80) + roomToErase(shown.current));
      controls.redraw();
    };
    stderr.on('resize', resized);
    const ending = screen.begin?.(controls);
    controls.redraw();
    return () => {
      stderr.off('resize', resized);
      ending?.();
    };
  }, []);

  useKeypress((event, inquirers) => {
    const rl = inquirers as unknown as Readline;
    const { name = '', sequence = '', ctrl, shift = false, meta = false } = event as NodeKey;
    // Nothing stays in readline's line: what is typed may be a password.
    const typed = rl.line.replaceAll('\t', '');
    rl.clearLine(0);
    if (ended.current) return;
    if (sequence === '\u001b[200~') pasted.current = '';
    else if (sequence === '\u001b[201~') {
      const text = pasted.current ?? '';
      pasted.current = null;
      screen.paste?.(text, controls);
    } else if (pasted.current !== null) pasted.current += sequence;
    else screen.press({ name, ctrl, shift, typed: ctrl || meta ? '' : typed }, controls);
    if (pasted.current === null) controls.redraw();
  });

  const { lines, cursor } = frameFor(screen, sizeOf(stderr));
  shown.current = { widths: lines.map((line) => displayWidth(withoutStyles(line))), cursor };
  // An empty line counts as a full one to inquirer.
  const upTo = lines.slice(0, cursor.line + 1).map((line) => line || ' ');
  return [upTo.join('\n'), lines.slice(cursor.line + 1).join('\n')];
});

function sizeOf({ columns = 80, rows = 24 }: NodeJS.WriteStream): Size {
  // A line that is as long as the terminal is wide would wrap. In the last row a newline would scroll.
  return { columns: columns - 1, rows: rows - 1 };
}

function frameFor(screen: LiveScreen<unknown>, size: Size): Frame {
  if (size.columns < leastSize.columns - 1 || size.rows < leastSize.rows - 1) {
    const text = `Too small: ${leastSize.columns}×${leastSize.rows} needed`;
    return { lines: [truncateToWidth(text, Math.max(1, size.columns))], cursor: { line: 0, column: 0 } };
  }
  const { lines, cursor } = screen.draw(size);
  const column = Math.min(cursor.column, size.columns);
  return { lines: lines.slice(0, size.rows), cursor: { line: Math.min(cursor.line, size.rows - 1), column } };
}

/** How the last frame stands on the terminal. */
interface Shown {
  readonly widths: readonly number[];
  readonly cursor: Frame['cursor'];
}

/**
 * Takes the frame away, the cursor to where it began. A terminal that has become narrower breaks lines
 * anew, and where the cursor is then, they do not agree (xterm.js counts the lines below it too): all that
 * is to be seen goes.
 */
function takenAway({ widths, cursor }: Shown, columns: number): string {
  if (widths.some((width) => width > columns)) return '\u001b[2J\u001b[H';
  return `${cursor.line > 0 ? `\u001b[${cursor.line}A` : ''}\r\u001b[J`;
}

/** Room for inquirer to erase as many lines as it drew, and to end up where the cursor is now. */
function roomToErase({ widths, cursor }: Shown): string {
  const below = widths.length - 1 - cursor.line;
  return '\n'.repeat(widths.length - 1) + (below > 0 ? `\u001b[${below}A` : '');
}

/** Stops the program, as Ctrl-Z is meant, with the terminal as a shell wants it; draws anew when it goes on. */
function suspend(
  { stdin, stderr }: Pick<Asking, 'stdin' | 'stderr'>,
  shown: Shown,
  controls: ScreenControls<unknown>,
): void {
  if (process.platform === 'win32') return;
  stdin.setRawMode?.(false);
  stderr.write(takenAway(shown, stderr.columns ?? 80) + pasteOff);
  process.once('SIGCONT', () => {
    stdin.setRawMode?.(true);
    stderr.write(roomToErase(shown) + pasteOn);
    controls.redraw();
  });
  process.kill(process.pid, 'SIGSTOP');
}

/** Select Graphic Rendition, all that our styles are made of. */
const styles = /\u001b\[[\d;]*m/g;

function withoutStyles(text: string): string {
  return text.replace(styles, '');
}
