import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { InterruptedError } from '../connections/errors.ts';
import { terminalSafe } from '../output/terminal-text.ts';
import type { Asking, Choice, TextQuestion } from './asking.ts';
import type { HiddenQuestion } from './hidden-text.ts';

/*
 * Questions for who has the terminal read out, or has one that knows no cursor: each is printed once,
 * a line is read, and nothing is ever drawn over.
 */

/** A line of text. @throws InterruptedError */
export async function plainText(asking: Asking, question: TextQuestion): Promise<string> {
  const { message, initial, check = () => true } = question;
  const proposal = initial === undefined || initial === '' ? '' : ` [${initial}]`;
  for (;;) {
    const typed = await readLine(asking, `${message}${proposal}: `);
    const text = typed === '' && initial !== undefined ? initial : typed;
    const verdict = await check(text);
    if (verdict === true) return text;
    complain(asking, verdict);
  }
}

/** A text that is not echoed. @throws InterruptedError */
export async function plainHidden(asking: Asking, question: HiddenQuestion): Promise<string> {
  const { message, enterAlone, check = () => true } = question;
  const alone = enterAlone === undefined ? '' : `; Enter alone: ${enterAlone}`;
  for (;;) {
    const text = await readLine(asking, `${message} (not shown as you type${alone}): `, 'unseen');
    asking.stderr.write('\n');
    const verdict = await check(text);
    if (verdict === true) return text;
    complain(asking, verdict);
  }
}

/** Yes or no. @throws InterruptedError */
export async function plainYesNo(asking: Asking, message: string, initial: boolean): Promise<boolean> {
  const check = (text: string) => /^(?:y|yes|n|no)$/i.test(text.trim()) || 'type yes or no';
  const answer = await plainText(asking, { message, initial: initial ? 'yes' : 'no', check });
  return /^y/i.test(answer.trim());
}

/** How a choice is asked for by its number. */
export interface NumberedOptions<T> {
  /** What Enter alone takes. */
  readonly initial?: T | undefined;
  /** What Enter alone does instead: `go back`; null is the answer then. */
  readonly escape?: string;
}

/** One of a few, by number. @returns null for Enter alone where that has a meaning. @throws InterruptedError */
export async function plainChoice<T>(
  asking: Asking,
  message: string,
  choices: readonly Choice<T>[],
  { initial, escape: wayBack }: NumberedOptions<T> = {},
): Promise<T | null> {
  asking.stderr.write(`${terminalSafe(message)}\n`);
  for (const [index, { name, description }] of choices.entries()) {
    const note = description === undefined ? '' : `: ${description}`;
    asking.stderr.write(`${index + 1}. ${terminalSafe(`${name.trim()}${note}`)}\n`);
  }
  const place = choices.findIndex(({ value }) => value === initial);
  const usual = wayBack ?? (initial !== undefined && place >= 0 ? `${place + 1}` : null);
  for (;;) {
    const typed = (await readLine(asking, `Number${usual === null ? '' : ` [Enter: ${usual}]`}: `)).trim();
    if (typed === '' && wayBack !== undefined) return null;
    const chosen = typed === '' ? choices[place] : choices[Number(typed) - 1];
    if (chosen !== undefined) return chosen.value;
    complain(asking, `type a number from 1 to ${choices.length}`);
  }
}

/** A list of any length, as it is read out. */
export interface PlainList<T> {
  readonly message: string;
  readonly items: readonly {
    readonly value: T;
    readonly label: string;
    readonly note?: string;
    readonly more?: string;
  }[];
  /** What Enter alone does: `back`, `leave`. */
  readonly escape: string;
  /** Words that are answers too, with what they are for. */
  readonly words?: readonly { readonly word: string; readonly value: T }[];
}

/** Lines that are read out at once. */
const page = 20;

/** One of many: by number, narrowed by text. @returns null for Enter alone. @throws InterruptedError */
export async function plainList<T>(asking: Asking, list: PlainList<T>): Promise<T | null> {
  const { items, words = [] } = list;
  let found = items;
  let first = 0;
  asking.stderr.write(`${terminalSafe(list.message)}\n`);
  for (;;) {
    for (const [index, { label, note }] of found.slice(first, first + page).entries()) {
      const line = note === undefined ? label : `${label}: ${note}`;
      asking.stderr.write(`${first + index + 1}. ${terminalSafe(line)}\n`);
    }
    const rest = found.length - first - page;
    if (rest > 0) asking.stderr.write(`${rest} more; type "more" to go on.\n`);
    const others = words.map(({ word }) => `"${word}"`);
    const ways = ['a number', 'text to search', ...others].join(', ');
    const typed = (await readLine(asking, `Type ${ways}, or Enter to ${list.escape}: `)).trim();
    if (typed === '') return null;
    const word = words.find((it) => it.word === typed.toLowerCase());
    if (word !== undefined) return word.value;
    const item = /^\d+$/.test(typed) ? found[Number(typed) - 1] : undefined;
    if (item !== undefined) return item.value;
    if (typed.toLowerCase() === 'more' && rest > 0) first += page;
    else {
      const wanted = typed.toLowerCase();
      found = items.filter(({ label, note = '', more = '' }) =>
        `${label}\n${note}\n${more}`.toLowerCase().includes(wanted),
      );
      first = 0;
      asking.stderr.write(`${found.length} found.\n`);
      if (found.length === 0) found = items;
    }
  }
}

/** Waits until Enter is pressed. @throws InterruptedError */
export async function plainPause(asking: Asking, message: string): Promise<void> {
  await readLine(asking, `${message} `);
}

function complain({ stderr, theme }: Asking, complaint: string): void {
  stderr.write(`${theme.bad(`✗ ${terminalSafe(complaint)}`)}\n`);
}

/**
 * The next line. Seen, it is the terminal itself that echoes and edits it; unseen, it is readline, whose
 * output goes nowhere.
 */
function readLine(asking: Asking, prompt: string, echo: 'seen' | 'unseen' = 'seen'): Promise<string> {
  const { stdin, stderr, signal } = asking;
  stderr.write(terminalSafe(prompt));
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  return new Promise((resolve, reject) => {
    const rl = createInterface({ input: stdin, output: nowhere, terminal: echo === 'unseen' });
    const leave = () => rl.close();
    signal.addEventListener('abort', leave, { once: true });
    let line: string | null = null;
    rl.once('line', (text) => {
      line = text;
      rl.close();
    });
    rl.once('SIGINT', leave);
    rl.once('close', () => {
      signal.removeEventListener('abort', leave);
      if (line !== null) return resolve(line);
      stderr.write('\n');
      reject(new InterruptedError());
    });
    if (signal.aborted) leave();
  });
}
