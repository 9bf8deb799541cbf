import type { Asking } from '../screens/ask.ts';
import type { App } from './app.ts';

/** The terminal that a person is asked on. Only where `app.interactive` says that there is one. */
export async function askingOf(app: App): Promise<Asking> {
  const { stdin, stderr } = app.streams;
  return { stdin, stderr, signal: app.signal, theme: (await app.view('stderr')).theme };
}
