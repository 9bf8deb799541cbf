import { SecretError } from '../connections/errors.ts';

/** A store has no item under that account. */
export function secretMissing(): SecretError {
  return new SecretError({
    code: 'secret_missing',
    message: 'the stored password is not there any more',
    fix: 'enter it again: jackfield connections edit',
  });
}
