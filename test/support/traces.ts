import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What a text leaves behind where it was written as it is, or in hexadecimal or base64, whatever stood
 * before it. The text is a word of ASCII, so that escapes of JSON, URLs and shells leave it alone.
 */
function tracesOf(word: string): string[] {
  const hex = Buffer.from(word).toString('hex');
  const base64 = [0, 1, 2].map((before) => {
    const text = Buffer.from(`${' '.repeat(before)}${word}`).toString('base64');
    // The ends depend on what stands beside the word.
    return text.slice(before === 0 ? 0 : before + 1, Math.floor(((before + word.length) * 8) / 6) - 1);
  });
  return [word, hex, hex.toUpperCase(), ...base64, ...base64.map((text) => text.replace(/\+/g, '-'))];
}

/** Where traces of a word are found in these bytes; empty when nowhere. */
export function findTraces(word: string, text: string | Buffer): string[] {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  return tracesOf(word).filter(
    (trace) => bytes.includes(trace) || bytes.includes(Buffer.from(trace, 'utf16le')),
  );
}

/** The files below a directory that hold traces of a word. */
export function filesWithTraces(word: string, directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile())
    .filter((file) => findTraces(word, readFileSync(file)).length > 0);
}
