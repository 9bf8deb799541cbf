/**
 * Splits a command line into words, without a shell: blanks separate words; between single quotes
 * everything stands for itself; between double quotes too, but for `\"` and `\\`; elsewhere a backslash
 * makes the next character stand for itself. Nothing else is special: no variables, globs or pipes.
 *
 * @returns null when a quote is left open or a backslash stands last
 */
export function splitWords(text: string): string[] | null {
  const words: string[] = [];
  // A word may be empty (''), so "no word yet" is not the empty string.
  let word: string | null = null;
  let quote: "'" | '"' | null = null;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (quote !== null) {
      if (character === quote) quote = null;
      else if (quote === '"' && character === '\\' && /["\\]/.test(text.charAt(at + 1))) {
        at += 1;
        word = (word ?? '') + text.charAt(at);
      } else word = (word ?? '') + character;
    } else if (/[ \t\n\r]/.test(character)) {
      if (word !== null) words.push(word);
      word = null;
    } else if (character === "'" || character === '"') {
      quote = character;
      word ??= '';
    } else if (character === '\\') {
      at += 1;
      if (at >= text.length) return null;
      word = (word ?? '') + text.charAt(at);
    } else word = (word ?? '') + character;
  }
  if (quote !== null) return null;
  if (word !== null) words.push(word);
  return words;
}

/** A text that {@link splitWords} splits into exactly these words. */
export function quoteWords(words: readonly string[]): string {
  return words.map((word) => (/^[\w./:=@%+,-]+$/.test(word) ? word : quote(word))).join(' ');
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
