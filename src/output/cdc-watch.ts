import type { CdcStatus } from '../cdc/cdc.ts';
import type { View } from './answer.ts';
import { cdcStatus, statusLine } from './cdc-status.ts';
import { erasing, sizeOf } from './drawn-lines.ts';
import { jsonText } from './json-text.ts';
import type { Drawing } from './progress.ts';
import { bytesText } from './relation-details-words.ts';
import { sparkline } from './sparkline.ts';
import { displayWidth, truncateToWidth } from './terminal-text.ts';
import { plainTheme } from './theme.ts';

/** Samples that are remembered for the line of blocks. */
const remembered = 200;

/** Shows one status after another. */
export interface StatusWatch extends Drawing {
  show(status: CdcStatus): void;
}

/** How statuses are shown: drawn in place on a terminal, else a line each, of text or JSON. */
export interface WatchDisplay {
  readonly stream: NodeJS.WriteStream;
  readonly view: View;
  readonly style: 'live' | 'plain' | 'json';
  /** Milliseconds between two samples. */
  readonly intervalMs: number;
}

export function startStatusWatch(display: WatchDisplay): StatusWatch {
  if (display.style === 'live') return new LiveWatch(display);
  const { stream, style, view } = display;
  const nothing = () => {};
  return {
    show: (status) => void stream.write(style === 'json' ? jsonText(status, 0) : statusLine(status, view)),
    print: (line) => void process.stderr.write(line),
    pause: nothing,
    resume: nothing,
    stop: nothing,
  };
}

/** The last status stays on the screen when it ends. The cursor is never hidden, no line wraps. */
class LiveWatch implements StatusWatch {
  readonly #display: WatchDisplay;
  readonly #lags: (number | null)[] = [];
  #drawn: number[] = [];
  #last: CdcStatus | null = null;

  constructor(display: WatchDisplay) {
    this.#display = display;
  }

  show(status: CdcStatus): void {
    this.#last = status;
    this.#lags.push(status.slot?.lagBytes ?? null);
    if (this.#lags.length > remembered) this.#lags.shift();
    this.#draw();
  }

  print(line: string): void {
    this.#erase();
    process.stderr.write(line);
    this.#draw();
  }

  pause(): void {
    this.#erase();
  }

  resume(): void {
    this.#draw();
  }

  /** Leaves what is drawn, and the cursor below it. */
  stop(): void {
    this.#drawn = [];
  }

  #draw(): void {
    if (this.#last === null) return;
    const { stream } = this.#display;
    const { columns, rows } = sizeOf(stream);
    // Room for the terminal's own `^C`, and for the line below.
    const lines = this.#lines(columns - 3).slice(0, Math.max(1, rows - 1));
    const text = lines.map(({ drawn }) => `${drawn}\n`).join('');
    stream.write(`${erasing(stream, this.#drawn, 'below')}${text}`);
    this.#drawn = lines.map(({ width }) => width);
  }

  #lines(room: number): { drawn: string; width: number }[] {
    const { view, intervalMs } = this.#display;
    if (this.#last === null) return [];
    const now = { ...view, now: new Date() };
    const plain = cdcStatus(this.#last)
      .text({ ...now, theme: plainTheme })
      .trimEnd()
      .split('\n');
    const colored = cdcStatus(this.#last).text(now).trimEnd().split('\n');
    const known = this.#lags.filter((it) => it !== null);
    const most = known.length === 0 ? '' : `  ${bytesText(Math.max(...known))} at the most`;
    const line = `  Lag over ${Math.round(((this.#lags.length - 1) * intervalMs) / 1000)} s  `;
    const graph = `${line}${sparkline(this.#lags, Math.max(1, room - displayWidth(line + most)))}${most}`;
    const foot = `${this.#last.at}, every ${intervalMs / 1000} s; Ctrl-C ends it`;
    const whole = plain.map((text, index) => {
      const width = displayWidth(text);
      // What must be cut loses its colour, since an escape sequence can't be cut.
      return width <= room
        ? { drawn: colored[index] ?? text, width }
        : { drawn: truncateToWidth(text, room), width: room };
    });
    const cut = (text: string, style: (it: string) => string) => {
      const kept = truncateToWidth(text, room);
      return { drawn: style(kept), width: displayWidth(kept) };
    };
    return [...whole, cut(graph, view.theme.accent), cut(foot, view.theme.faint)];
  }

  /** Also where the terminal has become narrower, and has wrapped what was drawn. */
  #erase(): void {
    const { stream } = this.#display;
    const erased = erasing(stream, this.#drawn, 'below');
    if (erased !== '') stream.write(erased);
    this.#drawn = [];
  }
}
