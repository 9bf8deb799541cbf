import type { Secret } from '../secrets/secret.ts';
import { type Asking, askHidden } from './ask.ts';

const leastLength = 8;

/**
 * Asks for the vault's passphrase; twice, until both are the same, where it is a new one.
 * @param purpose `open-again` after one that did not open it
 * @throws InterruptedError
 */
export async function askPassphrase(
  asking: Asking,
  purpose: 'open' | 'open-again' | 'create' | 'replace',
): Promise<Secret> {
  const complain = (text: string) => asking.stderr.write(`${asking.theme.bad(`✗ ${text}`)}\n`);
  const ask = (message: string, least: number) =>
    askHidden(asking, {
      message,
      check: (text) =>
        text.length >= least || (text === '' ? 'it is empty' : `use ${least} characters or more`),
    });
  if (purpose === 'open' || purpose === 'open-again') {
    if (purpose === 'open-again') complain('That does not open the vault; try again, or leave with Ctrl-C.');
    return ask("The vault's passphrase", 1);
  }
  const about =
    purpose === 'create'
      ? 'Passwords go to an encrypted vault. Its passphrase can not be recovered.'
      : 'The vault gets a new key. Its new passphrase can not be recovered.';
  asking.stderr.write(`${asking.theme.faint(about)}\n`);
  for (;;) {
    const first = await ask('New passphrase for the vault', leastLength);
    const second = await ask('The same once more', 1);
    if (first.reveal() === second.reveal()) return first;
    complain('They differ; once again.');
  }
}
