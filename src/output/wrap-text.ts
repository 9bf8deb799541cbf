import { displayWidth } from './terminal-text.ts';

/**
 * Prose for a terminal, broken between words, for terminals break within them. A word that has no room
 * on a line of its own is left to the terminal.
 * @param text terminal-safe, on one line; what stands before it counts as text
 * @param width of the terminal in columns; Infinity: it is none
 * @param indent before all lines but the first
 */
export function wrapWords(text: string, width: number, indent: string): string {
  if (displayWidth(text) <= width) return text;
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line.trim() === '' || displayWidth(longer) <= width) line = longer;
    else {
      lines.push(line);
      line = indent + word;
    }
  }
  return [...lines, line].join('\n');
}
