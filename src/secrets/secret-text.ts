/**
 * The text of a secret that came from a file or a program: UTF-8, without one trailing line break,
 * which editors and `echo` add.
 *
 * @returns null when the bytes are not UTF-8: a replacement character would be a wrong password
 */
export function secretText(bytes: Uint8Array): string | null {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
  return text.replace(/\r?\n$/, '');
}
