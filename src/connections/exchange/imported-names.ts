import { nameComplaint, trimmedName } from '../names.ts';

const longest = 100;

/** A name that can be saved, as near as it can be to what a file has. */
export function validName(input: string): string {
  const printed = [...input.normalize('NFC')].filter((it) => nameComplaint(`a${it}a`) === null).join('');
  const name = cut(trimmedName(printed).replace(/^-+/, ''), longest);
  if (nameComplaint(name) === null) return name;
  if (name === '') return 'imported';
  const prefixed = cut(trimmedName(`imported-${name}`), longest);
  return nameComplaint(prefixed) === null ? prefixed : 'imported';
}

/** The name, or the first of `name-2`, `name-3` … that is free. */
export function freeName(name: string, isTaken: (name: string) => boolean): string {
  for (let number = 1; ; number += 1) {
    const candidate = numbered(name, number);
    if (!isTaken(candidate)) return candidate;
  }
}

/** The name with a number from 2 on. */
export function numbered(name: string, number: number): string {
  if (number === 1) return name;
  const suffix = `-${number}`;
  return `${cut(name, longest - suffix.length)}${suffix}`;
}

function cut(text: string, length: number): string {
  return [...text].slice(0, length).join('').trim();
}
