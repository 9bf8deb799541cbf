import { terminalSafe } from './terminal-text.ts';

/**
 * A text on one line, none of it taken for Markdown, HTML, math, a mention or a link. A backslash before
 * any ASCII punctuation is that character (CommonMark, 2.4); GitHub makes its mentions, references to
 * issues and links of what is left, so that `@`, `#`, `://` and `www.` are broken up too.
 */
export function markdownText(text: string): string {
  return terminalSafe(text).replace(special, (found) =>
    /[@#:.]/.test(found) ? `&#${found.charCodeAt(0)};` : `\\${found}`,
  );
}

const special = /(?<=https?|ftp):(?=\/\/)|(?<=\bwww)\.|[@#\\`*_{}[\]<>!|~&$]/gi;

/** A text in a cell of a table, its lines kept apart. */
export function markdownCell(text: string): string {
  return text
    .split(/\r\n|\r|\n/)
    .map(markdownText)
    .join('<br>');
}

/** A block of code, to be copied: fenced by more backticks than it has in a row. Ends in a newline. */
export function markdownCode(language: 'sql' | 'text', text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${terminalSafe(text, { multiline: true })}\n${fence}\n`;
}
