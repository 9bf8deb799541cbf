import { readFile, stat } from 'node:fs/promises';
import type { Document, ParseOptions, SchemaOptions } from 'yaml';
import { UsageError } from '../connections/errors.ts';
import type { DataFile } from '../connections/exchange/imported.ts';

const largest = 8 * 1024 * 1024;

/**
 * Reads a YAML or JSON file into plain values. YAML's own tags and aliases that multiply are not
 * followed.
 * @throws UsageError bad_file; the place is named, the content never, which may hold a password
 */
export async function readDataFile(path: string): Promise<unknown> {
  const text = await readTextFile(path);
  const json = plainJson(text);
  if (json !== undefined) return json;
  const document = await parse(text, path, {});
  return plainValue(document, path);
}

/**
 * Parses YAML or JSON of another program's, merge keys (`<<: *defaults`) and all, and keeps where what
 * stands.
 * @throws UsageError bad_file, as {@link readDataFile}
 */
export async function parseForeignData(text: string, path: string): Promise<DataFile> {
  const { isMap, isScalar, isSeq } = await import('yaml');
  const document = await parse(text, path, { merge: true });
  const value = plainValue(document, path);
  /** The node of a path, or of its last key; undefined where an alias or a merge key leads to it. */
  const nodeOf = (at: readonly (string | number)[], part: 'key' | 'value') => {
    const parent = at.length === 1 ? document.contents : document.getIn(at.slice(0, -1), true);
    const last = at.at(-1);
    if (isSeq(parent)) return parent.get(Number(last), true);
    const pair = isMap(parent)
      ? parent.items.find(({ key }) => String(isScalar(key) ? key.value : key) === last)
      : undefined;
    return pair?.[part];
  };
  return {
    value,
    lineOf: (at) => {
      const range = (nodeOf(at, 'key') as { range?: readonly number[] } | undefined)?.range;
      return range ? text.slice(0, range[0]).split('\n').length : null;
    },
    textOf: (at) => {
      const node = nodeOf(at, 'value');
      const plain = at.reduce<unknown>((it, key) => (it as Record<string | number, unknown>)?.[key], value);
      if (plain === null || plain === undefined || typeof plain === 'object') return null;
      return isScalar(node) && typeof node.source === 'string' ? node.source : String(plain);
    },
  };
}

async function parse(text: string, path: string, options: ParseOptions & SchemaOptions): Promise<Document> {
  const { parseDocument } = await import('yaml');
  // JSON is YAML 1.2; one parser reads both.
  const document = parseDocument(text, { prettyErrors: false, version: '1.2', schema: 'core', ...options });
  const [error] = document.errors;
  if (!error) return document;
  const line = text.slice(0, error.pos[0]).split('\n').length;
  const what = error.code.toLowerCase().replaceAll('_', ' ');
  throw badFile(`line ${line} of ${path} is not YAML or JSON (${what})`);
}

function plainValue(document: Document, path: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch {
    throw badFile(`${path} uses aliases that can't be followed`);
  }
}

/**
 * What a text of JSON holds, as programs write it: on one line, or with an indentation of two spaces. The
 * reader of YAML takes a hundred times as long. What it would say of any other text, of one where a key
 * stands twice say, is left to it.
 */
function plainJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    const written = text.trim();
    if (written === JSON.stringify(value) || written === JSON.stringify(value, null, 2)) return value;
  } catch {}
  return undefined;
}

/** Reads a text file of 8 MiB at most. @throws UsageError bad_file */
export async function readTextFile(path: string): Promise<string> {
  return (await readBytes(path)).toString('utf8');
}

/** Reads a file of 8 MiB at most. @throws UsageError bad_file */
export async function readBytes(path: string): Promise<Buffer> {
  try {
    const { size } = await stat(path);
    if (size > largest) throw badFile(`${path} is larger than ${largest} bytes`);
    return await readFile(path);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const reason = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    throw new UsageError({
      code: 'bad_file',
      message: `the file ${path} can't be read${reason}`,
      fix: 'check the path',
      cause: error,
    });
  }
}

function badFile(message: string): UsageError {
  return new UsageError({
    code: 'bad_file',
    message,
    fix: 'jackfield schema connectionFile prints what a file may hold',
  });
}
