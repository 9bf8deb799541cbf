import { displayWidth, truncateToWidth } from '../output/terminal-text.ts';

/**
 * A text in lines of at most `width` columns, broken at blanks; a word that is longer is broken where
 * it must be. Of text made safe.
 */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (displayWidth(longer) <= width) line = longer;
    else {
      if (line !== '') lines.push(line);
      line = word;
      while (displayWidth(line) > width) {
        const start = truncateToWidth(line, width + 1).slice(0, -1);
        lines.push(start);
        line = line.slice(start.length);
      }
    }
  }
  return [...lines, line];
}
