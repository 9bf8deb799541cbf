import type { Secret } from '../secrets/secret.ts';
import { type Asking, askHidden } from './ask.ts';

/** Asks for a new password twice, until both are the same. @throws InterruptedError */
export async function askNewPassword(asking: Asking): Promise<Secret> {
  for (;;) {
    const message = 'New password';
    const first = await askHidden(asking, { message, check: (text) => text !== '' || 'it is empty' });
    const second = await askHidden(asking, { message: 'The same once more', check: () => true });
    if (first.reveal() === second.reveal()) return first;
    asking.stderr.write(`${asking.theme.bad('✗ They differ; once again.')}\n`);
  }
}
