/**
 * A word of the command line as a message repeats it: in quotes; but not a URL or keyword/value string
 * that stands where a name should, as it may hold a password.
 */
export function shownWord(word: string): string {
  return looksLikeUrl(word) ? '(a URL, which is not repeated here)' : JSON.stringify(word);
}

/** Whether a text may be a URL or a keyword/value string. */
function looksLikeUrl(text: string): boolean {
  return /:\/\/|\bpass\w*\s*=/i.test(text);
}
