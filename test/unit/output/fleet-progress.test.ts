import { PassThrough } from 'node:stream';
import xterm from '@xterm/headless';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { TestResult } from '../../../src/connections/connection.ts';
import { type FleetDisplay, startFleetProgress } from '../../../src/output/fleet-progress.ts';
import { testWords } from '../../../src/output/test-results.ts';
import { plainTheme } from '../../../src/output/theme.ts';
import { denied, now, pipe, testResult } from './samples.ts';

/** A terminal that shows what is written, as one does: `\n` goes to the start of the next line. */
class Screen extends PassThrough {
  readonly isTTY = true;
  columns: number;
  rows: number;
  raw = '';
  readonly #emulator: InstanceType<typeof xterm.Terminal>;

  constructor(columns: number, rows: number) {
    super();
    this.columns = columns;
    this.rows = rows;
    const size = { cols: columns, rows, scrollback: 1000 };
    this.#emulator = new xterm.Terminal({ ...size, convertEol: true, allowProposedApi: true });
  }

  override write(chunk: unknown): boolean {
    this.raw += String(chunk);
    this.#emulator.write(String(chunk));
    return true;
  }

  resize(columns: number, rows: number): void {
    [this.columns, this.rows] = [columns, rows];
    this.#emulator.resize(columns, rows);
  }

  /** Every line that was ever left there, and the column of the cursor. */
  async shown(): Promise<{ lines: string[]; cursor: number }> {
    const shown = new Promise<void>((resolve) => this.#emulator.write('', resolve));
    await vi.advanceTimersByTimeAsync(20);
    await shown;
    const { active } = this.#emulator.buffer;
    const lines: string[] = [];
    for (let row = 0; row < active.length; row += 1) {
      lines.push(active.getLine(row)?.translateToString(true) ?? '');
    }
    return { lines: lines.join('\n').trimEnd().split('\n'), cursor: active.cursorX };
  }
}

const stderrView = { columns: 60, terminal: true, theme: plainTheme, now };

function liveOn(screen: Screen, answer: FleetDisplay['answer'] = null): FleetDisplay {
  const stream = screen as unknown as NodeJS.WriteStream;
  return { stream, view: stderrView, style: 'live', answer: answer && { ...answer, stream } };
}

const names = (count: number) => Array.from({ length: count }, (_, index) => `c${index}`);
const passed = (index: number): TestResult => testResult({ connection: `c${index}` });
/** Two frames and more. */
const aFrame = () => vi.advanceTimersByTimeAsync(220);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('on a terminal', () => {
  test('what is done stays, what is under way is drawn below it, and a count is the last line', async () => {
    const screen = new Screen(60, 10);
    const progress = startFleetProgress(names(4), liveOn(screen), testWords);
    progress.started(0);
    progress.started(1);
    await vi.advanceTimersByTimeAsync(1000);
    progress.finished(passed(1), 1);
    progress.started(2);
    await aFrame();

    const { lines } = await screen.shown();
    expect(lines[0]).toBe('✓ passed  c1  41 ms');
    expect(lines[1]).toMatch(/^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] testing {2}c0 {2}1\.2 s$/);
    expect(lines[2]).toMatch(/^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] testing {2}c2 {2}0\.2 s$/);
    expect(lines[3]).toBe('1/4 done, 1.2 s');
    expect(lines).toHaveLength(4);
    progress.finished({ ...denied, connection: 'c0' }, 0);
    await aFrame();
    expect((await screen.shown()).lines.at(-1)).toMatch(/^2\/4 done, 1 failed, 1\.\d s$/);

    progress.finished(passed(2), 2);
    progress.finished(passed(3), 3);
    progress.stop();
    progress.stop();
    const after = await screen.shown();
    expect(after).toEqual({
      lines: [
        '✓ passed  c1  41 ms',
        '✗ failed  c0  1.3 s  authenticate: password_refused',
        '✓ passed  c2  41 ms',
        '✓ passed  c3  41 ms',
      ],
      cursor: 0,
    });
    const { raw } = screen;
    await aFrame();
    expect(screen.raw).toBe(raw);
    expect(raw).not.toContain('\x1b[?25l');
  });

  test('where it is the answer its rows come in the order of the fleet, each with its fix', async () => {
    const screen = new Screen(60, 12);
    const display = liveOn(screen, { stream: process.stdout, view: stderrView });
    const progress = startFleetProgress(names(3), display, testWords);
    for (const index of [0, 1, 2]) progress.started(index);
    progress.finished({ ...denied, connection: 'c1' }, 1);
    await vi.advanceTimersByTimeAsync(500);
    const before = await screen.shown();
    expect(before.lines.map((line) => line.replace(/^\S+/, '*'))).toEqual([
      '* testing  c0  0.5 s',
      '* testing  c2  0.5 s',
      expect.stringMatching(/^\* done, 1 failed/),
    ]);

    progress.finished(passed(0), 0);
    await aFrame();
    const [first, second, ...more] = (await screen.shown()).lines;
    expect([first, second]).toEqual(['✓ passed   c0  41 ms', '✗ failed   c1  1.3 s']);
    expect(more[0]).toContain('✗ authenticate failed: the server refuses the password');
    expect(progress.printsAnswer).toBe(true);
    progress.finished(passed(2), 2);
    progress.stop();
    expect((await screen.shown()).lines.at(-1)).toBe('✓ passed   c2  41 ms');
  });

  test('what is done when it is interrupted is printed, also behind what is not', async () => {
    const screen = new Screen(60, 12);
    const display = liveOn(screen, { stream: process.stdout, view: stderrView });
    const progress = startFleetProgress(names(4), display, testWords);
    for (const index of [0, 1, 2]) progress.started(index);
    progress.finished(passed(2), 2);
    progress.finished(passed(1), 1);
    await vi.advanceTimersByTimeAsync(500);
    progress.stop();
    expect(await screen.shown()).toEqual({
      lines: ['✓ passed   c1  41 ms', '✓ passed   c2  41 ms'],
      cursor: 0,
    });
  });

  test('what is done soon draws nothing, and prints what is done', async () => {
    const screen = new Screen(60, 10);
    const progress = startFleetProgress(names(1), liveOn(screen), testWords);
    progress.started(0);
    await vi.advanceTimersByTimeAsync(250);
    progress.finished(passed(0), 0);
    progress.stop();
    expect(screen.raw).toBe('✓ passed  c0  41 ms\n');
  });

  test('it is no higher than the terminal and no wider, whatever the names', async () => {
    const wide = Array.from({ length: 30 }, (_, index) => `${'寬'.repeat(30)} 👩‍💻 ${index}`);
    const screen = new Screen(24, 6);
    const progress = startFleetProgress(wide, liveOn(screen), testWords);
    for (const index of wide.keys()) progress.started(index);
    await vi.advanceTimersByTimeAsync(1000);
    const { lines } = await screen.shown();
    expect(lines).toHaveLength(5);
    expect(lines[3]).toBe('  … and 27 more');
    expect(lines[4]).toBe('0/30 done, 1.0 s');
    progress.finished(testResult({ connection: wide[0] ?? '' }), 0);
    await aFrame();
    progress.stop();
    const left = (await screen.shown()).lines;
    expect(left).toHaveLength(1);
    expect(left[0]).toMatch(/^✓ passed {2}寬+…$/);
  });

  test.each([
    ['narrower', 20, 10],
    ['wider', 90, 10],
    ['lower', 60, 6],
    ['of two rows', 60, 2],
    ['of one row', 60, 1],
  ])('that becomes %s is left clean', async (_how, columns, rows) => {
    const screen = new Screen(60, 10);
    const long = names(4).map((name) => `${name} with a name that takes some room`);
    const progress = startFleetProgress(long, liveOn(screen), testWords);
    for (const index of [0, 1, 2]) progress.started(index);
    await vi.advanceTimersByTimeAsync(1000);
    await screen.shown();
    screen.resize(columns, rows);
    await aFrame();
    progress.finished(passed(0), 0);
    await aFrame();
    progress.stop();
    const { lines, cursor } = await screen.shown();
    expect(lines.filter((line) => line.includes('passed'))).toHaveLength(1);
    // What a lower terminal has pushed out of its top is out of reach.
    if (rows === 10) expect(lines).toEqual(['✓ passed  c0  41 ms']);
    expect(cursor).toBe(0);
  });

  test('redraws no more than ten times a second, however much is done', async () => {
    const screen = new Screen(60, 10);
    const write = vi.spyOn(screen, 'write');
    const progress = startFleetProgress(names(500), liveOn(screen), testWords);
    for (let index = 0; index < 500; index += 1) {
      progress.started(index);
      await vi.advanceTimersByTimeAsync(4);
      progress.finished(passed(index), index);
    }
    const frames = write.mock.calls.filter(([text]) => String(text).includes(' done, ')).length;
    expect(frames).toBeGreaterThan(10);
    expect(frames).toBeLessThanOrEqual(20);
    progress.stop();
    expect((await screen.shown()).lines.at(-1)).toBe('✓ passed  c499  41 ms');
  });

  test('makes way for a question and for notices', async () => {
    const screen = new Screen(60, 10);
    const progress = startFleetProgress(names(2), liveOn(screen), testWords);
    progress.started(0);
    await vi.advanceTimersByTimeAsync(500);
    progress.print('a notice\n');
    await aFrame();
    expect((await screen.shown()).lines[0]).toBe('a notice');
    progress.pause();
    expect((await screen.shown()).lines).toEqual(['a notice']);
    screen.write('Passphrase: ');
    progress.finished(passed(0), 0);
    await aFrame();
    expect((await screen.shown()).lines).toEqual(['a notice', 'Passphrase:']);
    screen.write('\r\x1b[J');
    progress.resume();
    await aFrame();
    expect((await screen.shown()).lines.slice(0, 2)).toEqual(['a notice', '✓ passed  c0  41 ms']);
    progress.stop();
  });

  test('keeps no process alive, and clears when one ends at once', async () => {
    vi.useRealTimers();
    const before = process.listenerCount('exit');
    const timers = vi.spyOn(globalThis, 'setTimeout');
    const intervals = vi.spyOn(globalThis, 'setInterval');
    const screen = new Screen(60, 10);
    const progress = startFleetProgress(names(2), liveOn(screen), testWords);
    progress.started(0);
    const [delay] = timers.mock.results;
    expect(delay?.value.hasRef()).toBe(false);
    await vi.waitFor(() => expect(screen.raw).toContain('0/2 done'), 3000);
    expect(intervals.mock.results.some(({ value }) => value.hasRef())).toBe(false);
    screen.raw = '';
    const leave = process.listeners('exit').at(-1);
    leave?.(130);
    expect(screen.raw).toBe('\r\x1b[1A\x1b[J');
    progress.stop();
    expect(process.listenerCount('exit')).toBe(before);
    vi.restoreAllMocks();
  });
});

describe('elsewhere', () => {
  test.each([
    ['plain', '✓ passed  c1  41 ms\n✗ failed  c0  1.3 s  authenticate: password_refused\n'],
    ['silent', ''],
  ] as const)('%s, nothing is drawn', async (style, expected) => {
    const screen = new Screen(60, 10);
    const stream = screen as unknown as NodeJS.WriteStream;
    const progress = startFleetProgress(names(2), { stream, view: pipe, style, answer: null }, testWords);
    progress.started(0);
    progress.started(1);
    progress.finished(passed(1), 1);
    await vi.advanceTimersByTimeAsync(1000);
    progress.finished({ ...denied, connection: 'c0' }, 0);
    progress.stop();
    expect(screen.raw).toBe(expected);
    expect(progress.printsAnswer).toBe(false);
    progress.print('a notice\n');
    expect(screen.raw).toBe(`${expected}a notice\n`);
  });
});
