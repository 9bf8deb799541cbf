import { InterruptedError } from '../connections/errors.ts';
import { Secret } from '../secrets/secret.ts';

/** The terminal that questions are asked on: they go to stderr, for stdout is the answer's. */
export interface Asking {
  readonly stdin: NodeJS.ReadStream;
  readonly stderr: NodeJS.WriteStream;
  readonly signal: AbortSignal;
}

export interface Choice<T> {
  readonly value: T;
  readonly name: string;
  readonly description?: string;
}

/** A check of what was typed: true, or what is wrong with it. */
export type Check = (text: string) => true | string | Promise<true | string>;

function context(asking: Asking): {
  input: NodeJS.ReadStream;
  output: NodeJS.WriteStream;
  signal: AbortSignal;
} {
  return { input: asking.stdin, output: asking.stderr, signal: asking.signal };
}

/** Ctrl-C and Ctrl-D are the user's interruption, not an error of the prompt. */
async function interruptible<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Error && /^(?:ExitPrompt|AbortPrompt|CancelPrompt)Error$/.test(error.name)) {
      throw new InterruptedError();
    }
    throw error;
  }
}

/** A line of text. @throws InterruptedError */
export async function askText(
  asking: Asking,
  message: string,
  initial?: string,
  check?: Check,
): Promise<string> {
  const { input } = await import('@inquirer/prompts');
  const config = {
    message,
    ...(initial !== undefined && { default: initial }),
    ...(check && { validate: check }),
  };
  return interruptible(input(config, context(asking)));
}

/** A text that is not echoed, not even as stars. @throws InterruptedError */
export async function askSecret(asking: Asking, message: string, check?: Check): Promise<Secret> {
  const { password } = await import('@inquirer/prompts');
  const config = { message, mask: false, ...(check && { validate: check }) };
  return new Secret(await interruptible(password(config, context(asking))));
}

/** One of several. @throws InterruptedError */
export async function askChoice<T>(
  asking: Asking,
  message: string,
  choices: readonly Choice<T>[],
  initial?: T,
): Promise<T> {
  const { select } = await import('@inquirer/prompts');
  const config = {
    message,
    choices: choices.map((choice) => ({ ...choice })),
    loop: false,
    ...(initial !== undefined && { default: initial }),
  };
  return interruptible(select<T>(config, context(asking)));
}

/** Yes or no. @throws InterruptedError */
export async function askYesNo(asking: Asking, message: string, initial: boolean): Promise<boolean> {
  const { confirm } = await import('@inquirer/prompts');
  return interruptible(confirm({ message, default: initial }, context(asking)));
}
