import type { Theme } from '../output/theme.ts';

/** The theme of inquirer's prompts: the marks and colours that our answers have. */
export function promptTheme(theme: Theme) {
  return {
    prefix: { idle: theme.accent('?'), done: theme.good('✓') },
    spinner: { interval: 80, frames: ['·'] },
    style: {
      answer: theme.accent,
      message: theme.strong,
      error: (text: string) => theme.bad(`✗ ${text}`),
      defaultAnswer: (text: string) => theme.faint(`(${text})`),
      help: theme.faint,
      highlight: theme.accent,
      key: theme.accent,
    },
  };
}
