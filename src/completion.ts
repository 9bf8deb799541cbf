import { readFileSync, writeSync } from 'node:fs';
import { answerShell } from './cli/completion/answer-shell.ts';
import type { GrammarCommand } from './cli/completion/complete.ts';

/**
 * Answers a shell's completion script, in the place of main: somebody is typing, so that it loads what it
 * needs and no more. Whatever goes wrong, it says nothing.
 * @param grammarFile the grammar, as the build has written it down
 */
export async function completeForShell(shell: string, grammarFile: string): Promise<void> {
  try {
    const answer = await answerShell(shell, readFileSync(0, 'utf8'), {
      grammar: JSON.parse(readFileSync(grammarFile, 'utf8')) as GrammarCommand,
      environment: process.env,
      names: async (home) => (await import('./catalog/names-reader.ts')).namesReader(home),
    });
    writeSync(1, answer);
  } catch {
    // Nothing can be completed then.
  }
}

/** For the build. */
export async function describeGrammar(): Promise<GrammarCommand> {
  return (await import('./cli/completion/grammar.ts')).describeGrammar();
}
