import { readFileSync, writeFileSync } from 'node:fs';

/*
 * Parts of documents that tests have recorded. JACKFIELD_UPDATE_DOCS=1 makes a test write what it saw
 * instead of comparing it.
 */

const root = new URL('../../', import.meta.url);

/**
 * What a document says between `<!-- recorded: NAME -->` and `<!-- end of NAME -->`.
 * @param seen written there first, when documents are to be renewed
 */
export function recordedPart(document: string, name: string, seen: string): string {
  const file = new URL(document, root);
  const text = readFileSync(file, 'utf8');
  const [start, end] = [`<!-- recorded: ${name} -->`, `<!-- end of ${name} -->`];
  const [before, part, ...others] = text.split(start);
  const [said = '', after] = part?.split(end) ?? [];
  if (before === undefined || after === undefined || others.length > 0)
    throw new Error(`${document} has no place for "${name}"`);
  if (process.env.JACKFIELD_UPDATE_DOCS !== '1') return said.trim();
  writeFileSync(file, `${before}${start}\n\n${seen}\n\n${end}${after}`);
  return seen;
}
