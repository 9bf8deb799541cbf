import { terminalSafe } from '../output/terminal-text.ts';
import type { Key } from './live-screen.ts';

/** A line that is being typed. */
export interface TextLine {
  readonly text: string;
  /** Where the next character goes, in UTF-16 units from 0. */
  readonly cursor: number;
}

/** A line with the cursor at its end. */
export function lineOf(text: string): TextLine {
  return { text, cursor: text.length };
}

/**
 * A line after a key, by the keys that shells know; the same line where the key means nothing to it.
 * Characters are whole: the cursor never stands within one and its marks.
 */
export function editLine(line: TextLine, key: Key): TextLine {
  const { text, cursor } = line;
  const before = text.slice(0, cursor);
  const after = text.slice(cursor);
  if (key.typed !== '') return insertInto(line, key.typed);
  switch (key.ctrl ? `ctrl-${key.name}` : key.name) {
    case 'left':
    case 'ctrl-b':
      return { text, cursor: previous(before) };
    case 'right':
    case 'ctrl-f':
      return { text, cursor: cursor + following(after) };
    case 'home':
    case 'ctrl-a':
      return { text, cursor: 0 };
    case 'end':
    case 'ctrl-e':
      return lineOf(text);
    case 'backspace':
    case 'ctrl-h':
      return { text: before.slice(0, previous(before)) + after, cursor: previous(before) };
    case 'delete':
    case 'ctrl-d':
      return { text: before + after.slice(following(after)), cursor };
    case 'ctrl-u':
      return { text: after, cursor: 0 };
    case 'ctrl-k':
      return lineOf(before);
    case 'ctrl-w': {
      const kept = before.replace(/\S+\s*$/, '');
      return { text: kept + after, cursor: kept.length };
    }
    default:
      return line;
  }
}

/** A line with a text put in where the cursor stands. */
export function insertInto({ text, cursor }: TextLine, added: string): TextLine {
  return { text: text.slice(0, cursor) + added + text.slice(cursor), cursor: cursor + added.length };
}

/** A text that was pasted as one line: what would break it is a blank, around it there is none. */
export function pastedLine(text: string): string {
  return text.replace(/[\r\n\t]+/g, ' ').trim();
}

/** What shows of a line, and how far the cursor stands in it. */
export interface ShownLine {
  readonly text: string;
  /** What of it stands before the cursor. */
  readonly before: string;
}

/** A line as it is shown: made terminal-safe. */
export function shownLine({ text, cursor }: TextLine): ShownLine {
  return { text: terminalSafe(text), before: terminalSafe(text.slice(0, cursor)) };
}

const lastCharacter = /(?:.\p{M}*)$/su;
const firstCharacter = /^.\p{M}*/su;

function previous(before: string): number {
  return before.length - (lastCharacter.exec(before)?.[0].length ?? 0);
}

function following(after: string): number {
  return firstCharacter.exec(after)?.[0].length ?? 0;
}
