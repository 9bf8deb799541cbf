import { type ErrorParts, SecretError } from '../connections/errors.ts';

const useTheVault =
  'where there is no keychain, use the vault: set JACKFIELD_PASSPHRASE_FILE and run jackfield secrets move --to vault';

/** What the keychain library says, as seen with version 2.1.2, and what it means. The first match counts. */
const meanings: ReadonlyArray<readonly [RegExp, ErrorParts]> = [
  [
    // Secret Service: no default collection was ever made; reads find nothing, writes fail with this.
    /Secret Service: no result found/,
    {
      code: 'keychain_unavailable',
      message: 'the keychain has no default collection to store in',
      fix: `log in to the desktop once, which makes it; ${useTheVault}`,
    },
  ],
  [
    // Secret Service: locked, and the unlock prompt was closed or could not be shown. macOS: the
    // keychain is locked, or may not ask for permission in this session.
    /unlock prompt was dismissed|is locked|access platform storage/i,
    {
      code: 'keychain_locked',
      message: 'the keychain is locked',
      fix: 'unlock it (log in to the desktop, or answer its prompt) and try again',
    },
  ],
  [
    /DBUS_SESSION_BUS_ADDRESS/,
    {
      code: 'keychain_unavailable',
      message: 'no keychain can be reached: DBUS_SESSION_BUS_ADDRESS is not set in this session',
      fix: `run it in a desktop session; ${useTheVault}`,
    },
  ],
  [
    /not valid UTF-8/,
    {
      code: 'secret_damaged',
      message: "the keychain's item is not one that jackfield wrote",
      fix: 'enter the password again: jackfield connections edit',
    },
  ],
  [
    // The library is a native one, an optional dependency for each platform.
    /Cannot find (module|native binding)/,
    {
      code: 'keychain_unavailable',
      message: "the keychain's library is not installed for this platform",
      fix: `install jackfield again, with optional dependencies; ${useTheVault}`,
    },
  ],
  [
    // libdbus waits 2 seconds for each answer of the Secret Service.
    /Did not receive a reply/,
    {
      code: 'keychain_timeout',
      message: 'the keychain does not answer',
      fix: `look whether its service hangs; ${useTheVault}`,
    },
  ],
];

const unavailable: ErrorParts = {
  code: 'keychain_unavailable',
  message: 'no keychain can be reached',
  fix: `start the keychain's service; ${useTheVault}`,
};

/** The error for what the keychain library said, in one table for every operation. */
export function keychainError(libraryMessage: string): SecretError {
  const parts = meanings.find(([pattern]) => pattern.test(libraryMessage))?.[1] ?? unavailable;
  return new SecretError({ ...parts, cause: new Error(libraryMessage) });
}

/** No answer within the time-out. */
export function keychainTimeout(timeoutMs: number): SecretError {
  return new SecretError({
    code: 'keychain_timeout',
    message: `the keychain did not answer within ${timeoutMs / 1000} s`,
    fix: `if it shows a prompt, answer it and try again; otherwise look whether its service hangs; ${useTheVault}`,
  });
}
