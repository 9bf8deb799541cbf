import type { Asking } from '../screens/ask.ts';
import type { App } from './app.ts';

/** The terminal that a person is asked on. Only where `app.interactive` says that there is one. */
export async function askingOf(app: App): Promise<Asking> {
  const { stdin, stderr } = app.streams;
  const { theme } = await app.view('stderr');
  return { stdin, stderr, signal: app.signal, theme, plain: app.settings.plain };
}
