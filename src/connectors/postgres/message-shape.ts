/**
 * Whether the body of an ErrorResponse or NoticeResponse is what the manual says (54.8): fields of a
 * letter and a text that ends in NUL, and a NUL after the last. pg looks for that NUL without minding
 * where the message ends, and looks for ever where there is none.
 */
export function isFieldList(body: Buffer): boolean {
  let at = 0;
  while (at < body.length) {
    if (body[at] === 0) return at === body.length - 1;
    const end = body.indexOf(0, at + 1);
    if (end < 0) return false;
    at = end + 1;
  }
  return false;
}
