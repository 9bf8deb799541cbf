import type { Secret } from '../secrets/secret.ts';
import { type Asking, askHidden } from './ask.ts';

const leastLength = 8;

/** What a passphrase opens, in the words of the questions. */
const words = {
  vault: {
    it: 'the vault',
    question: "The vault's passphrase",
    about: 'Passwords go to an encrypted vault. Its passphrase can not be recovered.',
    fresh: 'New passphrase for the vault',
  },
  export: {
    it: 'the export',
    question: "The export's passphrase",
    about: 'The passwords are encrypted by a passphrase. Who has it and the file has them all.',
    fresh: 'Passphrase for the export',
  },
} as const;

/**
 * Asks for a passphrase; twice, until both are the same, where it is a new one.
 * @param purpose `open-again` after one that did not open it
 * @throws InterruptedError
 */
export async function askPassphrase(
  asking: Asking,
  purpose: 'open' | 'open-again' | 'create' | 'replace',
  opens: keyof typeof words = 'vault',
): Promise<Secret> {
  const { it, question, about, fresh } = words[opens];
  const complain = (text: string) => asking.stderr.write(`${asking.theme.bad(`✗ ${text}`)}\n`);
  const ask = (message: string, least: number) =>
    askHidden(asking, {
      message,
      check: (text) =>
        text.length >= least || (text === '' ? 'it is empty' : `use ${least} characters or more`),
    });
  if (purpose === 'open' || purpose === 'open-again') {
    if (purpose === 'open-again') complain(`That does not open ${it}; try again, or leave with Ctrl-C.`);
    return ask(question, 1);
  }
  const told =
    purpose === 'create' ? about : 'The vault gets a new key. Its new passphrase can not be recovered.';
  asking.stderr.write(`${asking.theme.faint(told)}\n`);
  for (;;) {
    const first = await ask(fresh, leastLength);
    const second = await ask('The same once more', 1);
    if (first.reveal() === second.reveal()) return first;
    complain('They differ; once again.');
  }
}
