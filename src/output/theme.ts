type Style = (text: string) => string;

/** Styles by what they mean. Each takes text that was made safe already. */
export interface Theme {
  readonly strong: Style;
  readonly faint: Style;
  readonly accent: Style;
  readonly good: Style;
  readonly caution: Style;
  readonly bad: Style;
}

const asIs: Style = (text) => text;

/** No colour at all. */
export const plainTheme: Theme = {
  strong: asIs,
  faint: asIs,
  accent: asIs,
  good: asIs,
  caution: asIs,
  bad: asIs,
};

/** The styles of a stream. chalk is loaded only where there is colour. */
export async function themeFor({ color }: { readonly color: boolean }): Promise<Theme> {
  if (!color) return plainTheme;
  const { Chalk } = await import('chalk');
  // Level 1, the terminal's own sixteen colours: they follow the user's light or dark scheme.
  const chalk = new Chalk({ level: 1 });
  return {
    strong: (text) => chalk.bold(text),
    faint: (text) => chalk.dim(text),
    accent: (text) => chalk.cyan(text),
    good: (text) => chalk.green(text),
    caution: (text) => chalk.yellow(text),
    bad: (text) => chalk.red(text),
  };
}

/**
 * Whether a stream gets colour, first match wins: `--no-color` or `--color`; NO_COLOR, not empty
 * (https://no-color.org); FORCE_COLOR, `0` and `false` being no (https://force-color.org); a
 * terminal that is not TERM=dumb.
 * @param flag what the command line says, undefined when nothing
 */
export function wantsColor(from: {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isTerminal: boolean;
  readonly flag?: boolean | undefined;
}): boolean {
  const { env, isTerminal, flag } = from;
  if (flag !== undefined) return flag;
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false;
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '') {
    return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  }
  return isTerminal && env.TERM !== 'dumb';
}

/** How something went. */
export type Outcome = 'passed' | 'warned' | 'failed' | 'skipped';

const glyphs: Readonly<Record<Outcome, string>> = { passed: '✓', warned: '!', failed: '✗', skipped: '–' };

/** The style of an outcome. */
export function outcomeStyle(outcome: Outcome, theme: Theme): Style {
  if (outcome === 'passed') return theme.good;
  if (outcome === 'warned') return theme.caution;
  return outcome === 'failed' ? theme.bad : theme.faint;
}

/** A glyph with its word, `✓ passed`, not yet coloured: a glyph or a colour never stands alone. */
export function mark(outcome: Outcome, word: string = outcome): string {
  return `${glyphs[outcome]} ${word}`;
}

/** {@link mark} in its colour. */
export function coloredMark(outcome: Outcome, theme: Theme, word: string = outcome): string {
  return outcomeStyle(outcome, theme)(mark(outcome, word));
}
