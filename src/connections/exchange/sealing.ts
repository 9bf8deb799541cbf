/** Seals the text of an export by a passphrase, and opens it; a port of the domain. */
export interface ExportSealer {
  /** The text that a file holds. @throws SecretError export_locked, export_passphrase_unfit; InterruptedError */
  seal(text: string): Promise<string>;

  /**
   * @throws SecretError export_locked, export_passphrase_unfit, export_wrong_passphrase, export_damaged,
   * export_too_new; InterruptedError
   */
  open(sealed: string): Promise<string>;
}

/** Whether a file's text is a sealed export, whole or not. */
export function isSealed(text: string): boolean {
  return /^\s*\{"format":"jackfield-export"/.test(text);
}
