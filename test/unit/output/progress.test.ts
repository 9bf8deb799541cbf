import { PassThrough } from 'node:stream';
import { WriteStream } from 'node:tty';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startProgress } from '../../../src/output/progress.ts';
import { until } from '../../support/behind-our-back.ts';

/** Enough of a terminal's stream to draw on; keeps what is written. */
class Screen extends PassThrough {
  readonly isTTY = true;
  readonly columns = 80;
  readonly rows = 24;
  written = '';

  override write(chunk: unknown): boolean {
    this.written += String(chunk);
    return true;
  }

  cursorTo = WriteStream.prototype.cursorTo;
  moveCursor = WriteStream.prototype.moveCursor;
  clearLine = WriteStream.prototype.clearLine;
}

let screen: Screen & NodeJS.WriteStream;

beforeEach(() => {
  screen = new Screen() as unknown as Screen & NodeJS.WriteStream;
});
afterEach(() => {
  vi.restoreAllMocks();
});

test('what is done soon shows nothing', async () => {
  const progress = startProgress('testing', { stream: screen, enabled: true, quiet: false });
  progress.stop();
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect(screen.written).toBe('');
});

test('what takes longer spins, says what it does, safely, and goes away', async () => {
  const intervals = vi.spyOn(globalThis, 'setInterval');
  const timeouts = vi.spyOn(globalThis, 'setTimeout');
  const progress = startProgress('testing a\x1b[2Jb', { stream: screen, enabled: true, quiet: false });
  const [delay] = timeouts.mock.results;
  progress.update('testing c\u202ed');
  await until('it is shown', () => screen.written.includes('testing c\\u202ed'));
  expect(intervals.mock.results.map(({ value }) => value.hasRef())).toEqual([false]);
  expect(delay?.value.hasRef()).toBe(false);

  screen.written = '';
  progress.print('a line\n');
  expect(screen.written).toMatch(/^\x1b\[1G\x1b\[\d?K?.*a line\n.*testing c/s);

  progress.stop();
  progress.stop();
  expect(screen.written.endsWith('\x1b[1G\x1b[1K') || /\x1b\[\d*K$/.test(screen.written)).toBe(true);
  const silentNow = screen.written;
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(screen.written).toBe(silentNow);
  // The cursor was never hidden, so there is nothing to leave behind.
  expect(screen.written).not.toContain('\x1b[?25l');
});

test.each([
  ['off a terminal', { enabled: false, quiet: false }, 'a line\n'],
  ['with --quiet', { enabled: true, quiet: true }, ''],
])('%s there is no spinner', async (_case, about, printed) => {
  const progress = startProgress('testing', { stream: screen, ...about });
  progress.update('more');
  progress.print('a line\n');
  await new Promise((resolve) => setTimeout(resolve, 400));
  progress.stop();
  expect(screen.written).toBe(printed);
});
