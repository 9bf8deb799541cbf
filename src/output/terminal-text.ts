/*
 * What may stand on a terminal. Names, comments and error texts come from servers and files that
 * nobody vouches for; a terminal obeys what it is sent (CWE-150), and bidirectional controls make
 * a text read as what it is not (https://trojansource.codes).
 */

/**
 * A pattern that is made when it is first used: Unicode's properties cost a millisecond at start-up, and
 * nearly all text needs none of them. A literal is checked, at that cost, where it is only read.
 */
function pattern(source: string, flags: string): () => RegExp {
  let made: RegExp | undefined;
  return () => {
    made ??= new RegExp(source, flags);
    return made;
  };
}

/**
 * Controls (C0, DEL, C1), line and paragraph separators, lone surrogates, interlinear annotations,
 * and everything that Unicode lets a display ignore (bidi controls, zero-width characters, tags,
 * Hangul fillers, soft hyphen …). Joiners and variation selectors are kept: Persian, the scripts of
 * India and emoji can't be written without them.
 */
const unsafe = pattern(
  String.raw`[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\ufff9-\ufffb]|(?!\u200c|\u200d|\p{Variation_Selector})\p{Default_Ignorable_Code_Point}`,
  'gu',
);

/** The same for text in which C0 controls were dealt with already, as in JSON. */
const unsafeAboveAscii = pattern(
  String.raw`[\x7f-\x9f\p{Zl}\p{Zp}\ufff9-\ufffb]|(?!\u200c|\u200d|\p{Variation_Selector})\p{Default_Ignorable_Code_Point}`,
  'gu',
);

/** Nearly all text: safe, and one column for every UTF-16 unit. ASCII, Latin, and what we print ourselves. */
const simple = /^[\x20-\x7e\xa0-\xac\xae-\u02ff\u2010-\u2027\u2190-\u21ff\u2713\u2717]*$/;
const asciiLines = /^[\n\x20-\x7e]*$/;
const shortEscapes = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

/**
 * Makes everything visible that could move a cursor, change colours, hide or reorder text:
 * `\n`, `\x1b`, `\u202e`, `\u{e0041}`. All else is unchanged, a backslash too: the result is for
 * eyes, not for reading back. Idempotent.
 * @param options.multiline keeps newlines and tabs as they are
 */
export function terminalSafe(text: string, options: { readonly multiline?: boolean } = {}): string {
  if (simple.test(text)) return text;
  const multiline = options.multiline === true;
  return text.replace(unsafe(), (char) =>
    multiline && (char === '\n' || char === '\t') ? char : visible(char),
  );
}

function visible(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (code <= 0xff) return shortEscapes.get(char) ?? `\\x${hex.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\u{${hex}}`;
}

/** Whether a string has characters that {@link terminalSafe} would show, those of ASCII below DEL aside. */
export function hasUnsafeAboveAscii(text: string): boolean {
  return !asciiLines.test(text) && text.search(unsafeAboveAscii()) >= 0;
}

/**
 * Replaces the unsafe characters above ASCII by what `toEscape` makes of their code point. For formats
 * that have escapes of their own, so that they are safe to look at and lose nothing.
 */
export function escapeUnsafeAboveAscii(text: string, toEscape: (codePoint: number) => string): string {
  return text.replace(unsafeAboveAscii(), (char) => toEscape(char.codePointAt(0) ?? 0));
}

/**
 * What is drawn as one: a flag, an emoji with its joined parts, or a character with the marks on it.
 * Near to UAX #29; Intl.Segmenter is exact, but takes 7 ms to start.
 */
const clusters = pattern(
  String.raw`\p{RI}{2}|\p{ExtPict}[\p{M}\p{EMod}]*(?:\u200d\p{ExtPict}[\p{M}\p{EMod}]*)*|.(?:[\p{M}\u1160-\u11ff]|\u200c|\u200d)*`,
  'gsu',
);

const emojiCluster = pattern(
  String.raw`^\p{RI}{2}|^\p{Emoji}.*\ufe0f|^\p{ExtPict}.*(?:\p{EMod}|\u200d\p{ExtPict})`,
  'su',
);
const zeroColumns = pattern(
  String.raw`[\p{Mn}\p{Me}\p{Cc}\p{Cs}\p{Default_Ignorable_Code_Point}\u1160-\u11ff\ud7b0-\ud7fb]`,
  'u',
);

/** East Asian Wide and Fullwidth (UAX #11), with unassigned code points of the same blocks. */
const twoColumns = pattern(
  String.raw`[\u1100-\u115f\u2329\u232a\u2630-\u2637\u268a-\u268f\u2e80-\u303e\u3041-\u3247\u3250-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2ff}\u{1d300}-\u{1d376}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}]|(?!\p{RI})\p{Emoji_Presentation}`,
  'u',
);

/** How many terminal columns a text takes. Of text made safe; what is left of controls counts nothing. */
export function displayWidth(text: string): number {
  if (simple.test(text)) return text.length;
  let width = 0;
  for (const [cluster] of text.matchAll(clusters())) width += clusterWidth(cluster);
  return width;
}

function clusterWidth(cluster: string): number {
  if (emojiCluster().test(cluster)) return 2;
  let width = 0;
  for (const char of cluster) {
    if (!zeroColumns().test(char)) width += twoColumns().test(char) ? 2 : 1;
  }
  return width;
}

/** Whether a text is of the kind that needs no look at its parts: safe, its width its length. */
export function isSimple(text: string): boolean {
  return simple.test(text);
}

/** Cuts a text so that it takes at most `width` columns, ending in `…` where something was cut. */
export function truncateToWidth(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  if (width < 1) return '';
  if (simple.test(text)) return `${text.slice(0, width - 1)}…`;
  let kept = '';
  let room = width - 1;
  for (const [cluster] of text.matchAll(clusters())) {
    room -= clusterWidth(cluster);
    if (room < 0) break;
    kept += cluster;
  }
  return `${kept}…`;
}

/** Fills a text with spaces up to `width` columns, on the right or, with `end`, on the left. */
export function padToWidth(text: string, width: number, align: 'start' | 'end' = 'start'): string {
  const space = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return align === 'start' ? text + space : space + text;
}
