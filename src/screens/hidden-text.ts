import {
  createPrompt,
  isBackspaceKey,
  isEnterKey,
  makeTheme,
  useKeypress,
  usePrefix,
  useRef,
  useState,
} from '@inquirer/core';
import type { promptTheme } from './prompt-theme.ts';

/** What a text that stays unseen is asked with. */
export interface HiddenQuestion {
  readonly message: string;
  /** What Enter alone gives: `none`. Stands there until something is typed; left out where it gives nothing. */
  readonly enterAlone?: string;
  /** A check of what was typed: true, or what is wrong with it. */
  readonly check?: (text: string) => true | string | Promise<true | string>;
  /** What is shown in its place in the end; `given`, or what Enter alone gives, when left out. */
  readonly summary?: (text: string) => string;
}

interface HiddenTextConfig extends HiddenQuestion {
  readonly theme: ReturnType<typeof promptTheme>;
}

/**
 * A prompt for what nobody may see. It says that something was typed, since one that shows nothing
 * looks as if it hung, but neither the screen nor the bytes sent to it tell what, or how much.
 *
 * Inquirer's own keeps the text in readline's line, and its length shows in the cursor's movements;
 * here each key is taken out of the line at once.
 */
export const hiddenText = createPrompt<string, HiddenTextConfig>((config, done) => {
  const { check = () => true, enterAlone } = config;
  const { summary = (text) => (text === '' ? (enterAlone ?? '') : 'given') } = config;
  const theme = makeTheme(config.theme);
  const [status, setStatus] = useState('idle');
  const [isEmpty, setEmpty] = useState(true);
  const [complaint, setComplaint] = useState<string>();
  const typed = useRef('');
  const prefix = usePrefix({ status, theme });

  useKeypress(async (key, rl) => {
    const added = rl.line;
    rl.clearLine(0);
    if (status !== 'idle') return;
    if (isEnterKey(key)) {
      setStatus('loading');
      const verdict = await check(typed.current);
      if (verdict === true) {
        setStatus('done');
        done(typed.current);
        return;
      }
      // What can't be seen can't be mended either: it is typed or pasted anew.
      typed.current = '';
      setEmpty(true);
      setComplaint(verdict);
      setStatus('idle');
      return;
    }
    if (isBackspaceKey(key)) typed.current = [...typed.current].slice(0, -1).join('');
    else if (key.ctrl && (key.name === 'u' || key.name === 'w')) typed.current = '';
    else typed.current += added;
    setEmpty(typed.current === '');
    setComplaint(undefined);
  });

  const message = theme.style.message(config.message, status);
  if (status === 'done') {
    return `${prefix} ${message} ${theme.style.answer(summary(typed.current))}`;
  }
  const start = `not shown as you type${enterAlone === undefined ? '' : `; Enter alone: ${enterAlone}`}`;
  const hint = isEmpty ? start : 'typed, not shown';
  return [
    `${prefix} ${message} ${theme.style.help(`(${hint})`)} `,
    complaint === undefined ? undefined : theme.style.error(complaint),
  ];
});
