import { displayWidth, truncateToWidth } from '../output/terminal-text.ts';
import { type Asking, askText, type Check } from './ask.ts';
import { type LiveScreen, showScreen } from './live-screen.ts';
import { editLine, insertInto, lineOf, pastedLine, shownLine } from './text-line.ts';

/** Columns for an answer beside its question. */
const leastRoom = 24;

/** The part of a line that there is room for, with the cursor in it. */
function aroundCursor(
  { text, before }: { readonly text: string; readonly before: string },
  room: number,
): { text: string; before: string } {
  const left = [...before];
  while (left.length > 0 && displayWidth(left.join('')) > room) left.shift();
  const shown = left.join('');
  return { text: truncateToWidth(shown + text.slice(before.length), room), before: shown };
}

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
      const asked = truncateToWidth(message, columns);
      // A question that leaves little room has the answer below it.
      const beside = displayWidth(message) + leastRoom < columns;
      const head = beside ? `${asked} ` : '';
      const { text, before } = aroundCursor(shownLine(line), columns - displayWidth(head) - 1);
      const lines = [
        ...(beside ? [`${theme.strong(asked)} ${text}`] : [theme.strong(asked), text]),
        complaint === null
          ? theme.faint('Enter take it · Esc back')
          : theme.bad(truncateToWidth(`✗ ${complaint}`, columns)),
      ];
      return { lines, cursor: { line: beside ? 0 : 1, column: displayWidth(head + before) } };
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
