import { type ErrorParts, JackfieldError } from '../connections/errors.ts';
import { shellWord } from '../connections/shell-word.ts';

const place = /\b(cdc (?:check|plan|setup|status|teardown)|connections (?:edit|discover)) NAME\b/g;

/** A fix with the connection's name in the commands that it has, so that they can be typed. */
function namedFix<T extends string | null>(fix: T, name: string): T {
  return (fix?.replace(place, (_match, command) => `${command} ${shellWord(name)}`) ?? null) as T;
}

/** Things that have a fix, each with the name in it. */
export function withNamedFixes<T extends { readonly fix: string | null }>(
  them: readonly T[],
  name: string,
): T[] {
  return them.map((it) => ({ ...it, fix: namedFix(it.fix, name) }));
}

/** Runs work; an error of it has the name in its fix. */
export async function namingErrors<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof JackfieldError) || error.fix === null) throw error;
    const { code, message, excerpt, cause } = error;
    const Kind = error.constructor as new (parts: ErrorParts) => JackfieldError;
    throw new Kind({ code, message, fix: namedFix(error.fix, name), excerpt, cause });
  }
}
