import { InterruptedError } from '../connections/errors.ts';
import { Secret } from '../secrets/secret.ts';
import type { Asking, Choice, TextQuestion } from './asking.ts';
import type { HiddenQuestion } from './hidden-text.ts';
import { promptTheme } from './prompt-theme.ts';

export type { Asking, Check, Choice, TextQuestion } from './asking.ts';

/** Where inquirer's prompts read and write. */
interface PromptContext {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  readonly signal: AbortSignal;
}

/**
 * Asks one question. Ctrl-C and Ctrl-D are the user's interruption, not an error of the prompt. Ctrl-D
 * closes the prompt's readline, which inquirer leaves waiting for ever: it is seen by its standard input
 * being paused while there is no answer.
 * @throws InterruptedError
 */
export async function put<T>(asking: Asking, prompt: (context: PromptContext) => Promise<T>): Promise<T> {
  const { stdin: input, stderr: output } = asking;
  const left = new AbortController();
  // At the end of a question that was answered it is paused too, and its promise is done by then.
  const paused = () => setImmediate(() => left.abort());
  input.once('pause', paused);
  try {
    return await prompt({ input, output, signal: AbortSignal.any([asking.signal, left.signal]) });
  } catch (error) {
    if (error instanceof Error && /^(?:ExitPrompt|AbortPrompt|CancelPrompt)Error$/.test(error.name)) {
      throw new InterruptedError();
    }
    throw error;
  } finally {
    input.off('pause', paused);
  }
}

/** A line of text. @throws InterruptedError */
export async function askText(asking: Asking, question: TextQuestion): Promise<string> {
  if (asking.plain) return (await import('./plain-prompts.ts')).plainText(asking, question);
  const { message, initial, editable, check } = question;
  const { input } = await import('@inquirer/prompts');
  const config = {
    message,
    theme: promptTheme(asking.theme),
    ...(initial !== undefined && { default: initial }),
    ...(editable && { prefill: 'editable' as const }),
    ...(check && { validate: check }),
  };
  return put(asking, (context) => input(config, context));
}

/** A text that is not echoed, not even as stars. @throws InterruptedError */
export async function askHidden(asking: Asking, question: HiddenQuestion): Promise<Secret> {
  if (asking.plain)
    return new Secret(await (await import('./plain-prompts.ts')).plainHidden(asking, question));
  const { hiddenText } = await import('./hidden-text.ts');
  const config = { ...question, theme: promptTheme(asking.theme) };
  return new Secret(await put(asking, (context) => hiddenText(config, context)));
}

/** One of several. @throws InterruptedError */
export async function askChoice<T>(
  asking: Asking,
  message: string,
  choices: readonly Choice<T>[],
  initial?: T,
): Promise<T> {
  if (asking.plain) {
    const { plainChoice } = await import('./plain-prompts.ts');
    // Enter alone takes the first one where prompts are drawn too.
    return (await plainChoice(asking, message, choices, { initial: initial ?? choices[0]?.value })) as T;
  }
  const { select } = await import('@inquirer/prompts');
  const { faint } = asking.theme;
  const theme = promptTheme(asking.theme);
  const keys = (tips: [key: string, action: string][]) =>
    faint(tips.map(([key, action]) => `${key} ${action}`).join(' · '));
  const config = {
    message,
    choices: choices.map((choice) => ({ ...choice })),
    loop: false,
    pageSize: 10,
    theme: { ...theme, style: { ...theme.style, description: faint, keysHelpTip: keys } },
    ...(initial !== undefined && { default: initial }),
  };
  return put(asking, (context) => select<T>(config, context));
}

/** Yes or no. @throws InterruptedError */
export async function askYesNo(asking: Asking, message: string, initial: boolean): Promise<boolean> {
  if (asking.plain) return (await import('./plain-prompts.ts')).plainYesNo(asking, message, initial);
  const { confirm } = await import('@inquirer/prompts');
  const config = { message, default: initial, theme: promptTheme(asking.theme) };
  return put(asking, (context) => confirm(config, context));
}
