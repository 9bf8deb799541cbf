import { terminalSafe } from './terminal-text.ts';
import type { Theme } from './theme.ts';

/**
 * A fix below what it mends: an arrow and the text, indented. Several commands stay on lines of
 * their own, and none is wrapped or cut, for they are copied.
 */
export function fixLines(fix: string | null, indent: string, theme: Theme): string {
  if (fix === null || fix === '') return '';
  return fix
    .split('\n')
    .map((line, index) => `${indent}${index === 0 ? '→' : ' '} ${theme.accent(terminalSafe(line))}\n`)
    .join('');
}
