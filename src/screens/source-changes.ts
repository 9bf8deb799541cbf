import { UsageError } from '../connections/errors.ts';
import type { SourceConfig } from '../metadata/source-config.ts';
import type { Asking } from './ask.ts';
import { askLine } from './line-screen.ts';
import { askMenu } from './menu-screen.ts';

type Part = 'back' | keyof SourceConfig;

const parts: readonly { readonly value: Part; readonly label: string; readonly note?: string }[] = [
  { value: 'back', label: 'Back to the connections' },
  { value: 'refreshEveryMs', label: 'How often it is read', note: '30m, 6h, 7d, or off' },
  { value: 'include', label: 'Read only what matches', note: 'globs with blanks between; nothing for all' },
  { value: 'exclude', label: 'Leave out what matches', note: 'globs with blanks between; nothing for none' },
];

/** What stands for nothing where an empty line goes back. */
const plainNothing = '-';

/**
 * Asks what is to be changed of how a source is read.
 * @param config as it is: globs are edited, not typed anew
 * @param readEvery reads `6h` or `off`, 0 for it; throws UsageError
 * @returns null when the user went back
 * @throws InterruptedError
 */
export async function askSourceChanges(
  asking: Asking,
  readEvery: (text: string) => number,
  config: SourceConfig,
): Promise<Partial<SourceConfig> | null> {
  for (;;) {
    const part = await askMenu<Part>(asking, { title: 'Change', items: parts });
    if (part === null || part === 'back') return null;
    if (part === 'refreshEveryMs') {
      const check = (text: string) => complaintAbout(() => readEvery(text)) ?? true;
      const every = await askLine(asking, 'Read every:', '', check);
      if (every !== null) return { refreshEveryMs: readEvery(every) || null };
    } else {
      const asked = asking.plain ? `Globs, ${plainNothing} for none:` : 'Globs:';
      const globs = await askLine(asking, asked, config[part].join(' '), () => true);
      if (globs === null) continue;
      return { [part]: asking.plain && globs === plainNothing ? [] : globs.split(/\s+/).filter(Boolean) };
    }
  }
}

function complaintAbout(attempt: () => unknown): string | null {
  try {
    attempt();
    return null;
  } catch (error) {
    if (error instanceof UsageError) return error.fix ?? error.message;
    throw error;
  }
}
