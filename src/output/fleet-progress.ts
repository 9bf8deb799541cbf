import type { View } from './answer.ts';
import { erasing, sizeOf } from './drawn-lines.ts';
import { formatDuration } from './duration.ts';
import type { Drawing } from './progress.ts';
import { displayWidth, padToWidth, terminalSafe, truncateToWidth } from './terminal-text.ts';
import { type Outcome, outcomeStyle } from './theme.ts';

/** Shows how a fleet comes along, until it is stopped. Places are those in the fleet, from 0. */
export interface FleetProgress<Result> extends Drawing {
  started(index: number): void;
  finished(result: Result, index: number): void;
  /** Whether the rows it printed are the answer, so that only the count of them is left to print. */
  readonly printsAnswer: boolean;
}

/** What is shown of the members of a fleet. */
export interface FleetWords<Result> {
  /** What is done with one that is under way: `testing`. */
  readonly doing: string;
  /** Of one that is done: `✗ failed  orders  10.0 s  connect: server_silent`, not yet coloured. */
  finished(result: Result): { readonly outcome: Outcome; readonly text: string };
  /** Its part of the answer; ends in a newline. @param nameWidth columns of the widest name of all */
  row(result: Result, nameWidth: number, view: View): string;
}

/** Where and how it is shown. */
export interface FleetDisplay {
  readonly stream: NodeJS.WriteStream;
  readonly view: View;
  /** `live`: redrawn in place, on a terminal. `plain`: a line for each that is done. */
  readonly style: 'live' | 'plain' | 'silent';
  /** Standard output, where it is the same terminal and a table was asked for: rows go there, in order. */
  readonly answer: { readonly stream: NodeJS.WriteStream; readonly view: View } | null;
}

/** What is done sooner shows nothing. Milliseconds, as is the time between two frames. */
const patience = 300;
const frameTime = 100;
const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** @param names of the whole fleet, in its order */
export function startFleetProgress<Result>(
  names: readonly string[],
  display: FleetDisplay,
  words: FleetWords<Result>,
): FleetProgress<Result> {
  if (display.style === 'live') return new LiveFleet(names, display, words);
  const { stream, style, view } = display;
  const nothing = () => {};
  return {
    started: nothing,
    finished(result) {
      if (style === 'plain') stream.write(`${finishedLine(words, result, view)}\n`);
    },
    print: (line) => void stream.write(line),
    pause: nothing,
    resume: nothing,
    stop: nothing,
    printsAnswer: false,
  };
}

function finishedLine<Result>(words: FleetWords<Result>, result: Result, { columns, theme }: View): string {
  const { outcome, text } = words.finished(result);
  return outcomeStyle(outcome, theme)(truncateToWidth(text, columns - 1));
}

/**
 * Two parts: lines that stay and scroll away like any others, and below them a few that are drawn
 * again and again: what is under way, and a count. What stays is a line for each that is done, as it is
 * done; or, where it is the answer, the rows of the answer in its own order, each as soon as all before
 * it were printed. The cursor is never hidden, and no timer keeps the process alive.
 */
class LiveFleet<Result> implements FleetProgress<Result> {
  readonly printsAnswer: boolean;
  readonly #names: readonly string[];
  readonly #display: FleetDisplay;
  readonly #words: FleetWords<Result>;
  readonly #nameWidth: number;
  readonly #begun = performance.now();
  /** When those under way were started, by their place. */
  readonly #underWay = new Map<number, number>();
  /** Those that are done and not printed yet, in the order they were done. */
  readonly #held = new Map<number, Result>();
  #printed = 0;
  #done = 0;
  #failed = 0;
  /** Columns of each line that is drawn now. */
  #drawn: number[] = [];
  #frames = 0;
  #paused = false;
  #stopped = false;
  #timer: NodeJS.Timeout;
  readonly #leave = () => this.#erase();

  constructor(names: readonly string[], display: FleetDisplay, words: FleetWords<Result>) {
    this.#names = names;
    this.#display = display;
    this.#words = words;
    this.printsAnswer = display.answer !== null;
    this.#nameWidth = Math.max(...names.map((name) => displayWidth(terminalSafe(name))));
    this.#timer = setTimeout(() => {
      this.#draw();
      this.#timer = setInterval(() => this.#draw(), frameTime).unref();
    }, patience).unref();
    // Whoever ends the process at once leaves a clean line to the shell.
    process.on('exit', this.#leave);
  }

  started(index: number): void {
    this.#underWay.set(index, performance.now());
  }

  finished(result: Result, index: number): void {
    this.#underWay.delete(index);
    this.#held.set(index, result);
    this.#done += 1;
    if (this.#words.finished(result).outcome === 'failed') this.#failed += 1;
  }

  print(line: string): void {
    this.#erase();
    this.#display.stream.write(line);
  }

  pause(): void {
    this.#paused = true;
    this.#erase();
  }

  resume(): void {
    this.#paused = false;
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    clearTimeout(this.#timer);
    process.off('exit', this.#leave);
    this.#erase();
    // Of a run that was interrupted some are done behind others that never will be.
    this.#printDone([...this.#held.keys()].sort((one, other) => one - other));
  }

  #draw(): void {
    if (this.#paused || this.#stopped) return;
    const { stream } = this.#display;
    const done = this.printsAnswer ? this.#nextInOrder() : [...this.#held.keys()];
    // What stays may go to another stream, so that what is drawn must be gone before.
    if (done.length > 0) this.#erase();
    this.#printDone(done);
    const lines = this.#liveLines(sizeOf(stream));
    stream.write(`${erasing(stream, this.#drawn, 'last')}${lines.map(({ drawn }) => drawn).join('\n')}`);
    this.#drawn = lines.map(({ width }) => width);
    this.#frames += 1;
  }

  /** Those that are done and follow what was printed, without a gap. */
  #nextInOrder(): number[] {
    const ready: number[] = [];
    while (this.#held.has(this.#printed + ready.length)) ready.push(this.#printed + ready.length);
    return ready;
  }

  #printDone(indexes: readonly number[]): void {
    const { answer, stream, view } = this.#display;
    let text = '';
    for (const index of indexes) {
      const result = this.#held.get(index);
      if (result === undefined) continue;
      this.#held.delete(index);
      this.#printed += 1;
      text += answer
        ? this.#words.row(result, this.#nameWidth, answer.view)
        : `${finishedLine(this.#words, result, { ...view, columns: sizeOf(stream).columns })}\n`;
    }
    if (text !== '') (answer?.stream ?? stream).write(text);
  }

  /** At most as many as there are rows but one; the count is the last. None of them wraps. */
  #liveLines({ columns, rows }: Size): { drawn: string; width: number }[] {
    const { theme } = this.#display.view;
    const now = performance.now();
    // Three columns less: the terminal's own `^C` behind the last line is not to wrap either.
    const width = Math.max(1, columns - 3);
    const line = (text: string, style: (text: string) => string = (it) => it) => {
      const kept = truncateToWidth(text, width);
      return { drawn: style(kept), width: displayWidth(kept) };
    };
    const sign = spinner[this.#frames % spinner.length];
    const room = Math.max(0, rows - 2);
    const running = [...this.#underWay].map(([index, since]) => {
      const name = padToWidth(terminalSafe(this.#names[index] ?? ''), this.#nameWidth);
      return line(`${sign} ${this.#words.doing}  ${name}  ${formatSeconds(now - since)}`, theme.accent);
    });
    const shown = running.length > room ? running.slice(0, Math.max(0, room - 1)) : running;
    const more =
      shown.length < running.length && room > 0
        ? [line(`  … and ${running.length - shown.length} more`, theme.faint)]
        : [];
    const failed = this.#failed === 0 ? '' : `, ${this.#failed} failed`;
    const count = `${this.#done}/${this.#names.length} done${failed}, ${formatSeconds(now - this.#begun)}`;
    return [...shown, ...more, line(count)];
  }

  /** Takes away what is drawn, also where the terminal has become narrower and has wrapped it. */
  #erase(): void {
    const { stream } = this.#display;
    const erased = erasing(stream, this.#drawn, 'last');
    if (erased !== '') stream.write(erased);
    this.#drawn = [];
  }
}

interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** In tenths of a second throughout, so that the line does not jump. */
function formatSeconds(ms: number): string {
  return ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : formatDuration(ms);
}
