import type { Candidates } from './complete.ts';
import { type CompletionRequest, complete } from './complete.ts';
import { quoteForBash, readBashLine } from './shell-line.ts';

/**
 * Answers a shell's script: what is typed on standard input, a line of what to do and a line a candidate
 * on standard output. bash sends COMP_WORDBREAKS and its line up to the cursor; zsh and fish send their
 * words, the one at the cursor last. All are divided by NUL.
 */
export async function answerShell(
  shell: string,
  input: string,
  request: Pick<CompletionRequest, 'grammar' | 'environment' | 'names'>,
): Promise<string> {
  if (shell === 'bash') {
    const [breaks = '', line = ''] = input.split('\0');
    const typed = readBashLine(line, breaks);
    const { current, quote, kept } = typed;
    const found = await complete({ ...request, before: typed.before.slice(1), current });
    // A flag's value is completed alone, and stands after what bash has of the flag.
    const lead = /^--[^=]*=/.exec(current)?.[0] ?? '';
    return lines(found, (word) => quoteForBash((lead + word).slice(kept), quote));
  }
  const sent = input.split('\0').slice(1, -1);
  const current = sent.pop() ?? '';
  const found = await complete({ ...request, before: sent, current });
  const lead = shell === 'fish' ? (/^--[^=]*=/.exec(current)?.[0] ?? '') : '';
  return lines(found, (word, about) => (about === '' ? lead + word : `${lead}${word}\t${about}`));
}

function lines(found: Candidates, line: (word: string, about: string) => string): string {
  if (found.kind !== 'words') return `${found.kind}\n`;
  return ['words', ...found.words.map(({ word, about }) => line(word, about))]
    .map((it) => `${it}\n`)
    .join('');
}
