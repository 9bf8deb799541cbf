import type { Terminal } from './terminal.ts';

/** The question that stands open on a terminal: one that was answered has a tick before it. */
export function question(text: string): RegExp {
  return new RegExp(`^\\? ${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`, 'm');
}

/** Waits for this question, types the answer and presses Enter; without an answer Enter alone. */
export async function answer(terminal: Terminal, text: string, typed = ''): Promise<void> {
  await terminal.waitFor(question(text));
  if (typed !== '') terminal.type(typed);
  terminal.press('enter');
}

/** Clears what stands in the field of this question, types another answer and presses Enter. */
export async function answerInstead(terminal: Terminal, text: string, typed: string): Promise<void> {
  await terminal.waitFor(question(text));
  terminal.press('ctrl-u');
  await answer(terminal, text, typed);
}

/** Waits for this list, goes to the choice that begins so by typing it, and takes it. */
export async function choose(terminal: Terminal, text: string, choice: string): Promise<void> {
  await terminal.waitFor(question(text));
  terminal.type(choice);
  await terminal.waitFor(new RegExp(`^❯ ${choice}`, 'm'));
  terminal.press('enter');
}
