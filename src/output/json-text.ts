import { escapeUnsafeAboveAscii, hasUnsafeAboveAscii } from './terminal-text.ts';

/** UTF-16 units that are gathered before a chunk is handed on. */
const chunkSize = 65_536;
/** Records that are written at once. */
const batch = 16;
/** Lists that hold lists that hold lists …: a discovery has its relations on the fourth level. */
const deepest = 4;

/**
 * JSON, indented by two (0: on one line), ending in a newline, with every character that a terminal
 * might obey as a `\u` escape: it reads back the same and is safe to look at.
 */
export function jsonText(value: unknown, indent = 2): string {
  return `${shown(JSON.stringify(value, null, indent))}\n`;
}

/**
 * {@link jsonText} in pieces, so that a large answer is never in memory as one string. For values
 * that are JSON already: without undefined, toJSON or cycles.
 */
export function* jsonChunks(value: unknown): Generator<string> {
  let chunk = '';
  for (const piece of pieces(value, '\n', deepest)) {
    chunk += piece;
    if (chunk.length < chunkSize) continue;
    yield shown(chunk);
    chunk = '';
  }
  yield `${shown(chunk)}\n`;
}

/** @param newline a line feed and the indentation that the value stands at */
function* pieces(value: unknown, newline: string, depth: number): Generator<string> {
  if (depth === 0 || !holdsRecords(value)) {
    yield indented(JSON.stringify(value, null, 2), newline);
    return;
  }
  if (Array.isArray(value) && (depth === 1 || !holdsRecords(value[0]))) {
    for (let at = 0; at < value.length; at += batch) {
      const members = JSON.stringify(value.slice(at, at + batch), null, 2).slice(1, -2);
      yield (at === 0 ? '[' : ',') + indented(members, newline);
    }
    yield `${newline}]`;
    return;
  }
  const list = Array.isArray(value);
  let before = list ? '[' : '{';
  for (const [key, member] of Object.entries(value)) {
    yield `${before}${newline}  ${list ? '' : `${JSON.stringify(key)}: `}`;
    yield* pieces(member, `${newline}  `, depth - 1);
    before = ',';
  }
  yield newline + (list ? ']' : '}');
}

/** A line feed within a string is an escape, so all of them are the indentation's. */
function indented(json: string, newline: string): string {
  return newline === '\n' ? json : json.replaceAll('\n', newline);
}

function holdsRecords(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return typeof value[0] === 'object' && value[0] !== null;
  return Object.values(value).some((member) => Array.isArray(member) && holdsRecords(member));
}

/** JSON text with the characters that a terminal might obey escaped: they are within string literals (RFC 8259, section 7). */
export function shown(json: string): string {
  return hasUnsafeAboveAscii(json) ? escapeUnsafeAboveAscii(json, jsonEscape) : json;
}

function jsonEscape(codePoint: number): string {
  let escaped = '';
  for (const unit of String.fromCodePoint(codePoint).split('')) {
    escaped += `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  }
  return escaped;
}
