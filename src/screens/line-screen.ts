import { displayWidth, truncateToWidth } from '../output/terminal-text.ts';
import { type Asking, askText, type Check } from './ask.ts';
import { type LiveScreen, showScreen } from './live-screen.ts';
import { editLine, insertInto, lineOf, pastedLine, shownLine } from './text-line.ts';

/**
 * A line of text that can be left.
 * @param initial stands there to be edited
 * @param check as {@link askText}'s; of the trimmed text
 * @returns null for Esc; in plain mode there is no Esc, and an empty line is as good
 * @throws InterruptedError
 */
export async function askLine(
  asking: Asking,
  message: string,
  initial: string,
  check: Check,
): Promise<string | null> {
  if (asking.plain) {
    const checked: Check = (text) => text.trim() === '' || check(text.trim());
    const answer = await askText(asking, { message: `${message} (nothing: go back)`, check: checked });
    return answer.trim() === '' ? null : answer.trim();
  }
  const { theme } = asking;
  let line = lineOf(initial);
  let complaint: string | null = null;
  let checking = false;
  const screen: LiveScreen<string | null> = {
    draw({ columns }) {
      const { text, before } = shownLine(line);
      const head = `${message} `;
      const lines = [
        `${theme.strong(message)} ${truncateToWidth(text, columns - head.length)}`,
        complaint === null
          ? theme.faint('Enter take it · Esc back')
          : theme.bad(truncateToWidth(`✗ ${complaint}`, columns)),
      ];
      return { lines, cursor: { line: 0, column: displayWidth(head + before) } };
    },
    press(key, controls) {
      if (checking) return;
      if (key.name === 'escape') return controls.end(null);
      if (key.name !== 'return' && key.name !== 'enter') {
        line = editLine(line, key);
        complaint = null;
        return;
      }
      checking = true;
      const text = line.text.trim();
      Promise.resolve(check(text)).then(
        (verdict) => {
          checking = false;
          if (verdict === true) return controls.end(text);
          complaint = verdict;
          controls.redraw();
        },
        (error: unknown) => controls.fail(error),
      );
    },
    paste(text) {
      line = insertInto(line, pastedLine(text));
    },
  };
  return showScreen(asking, screen);
}
