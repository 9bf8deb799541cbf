import { readFile, stat } from 'node:fs/promises';
import { UsageError } from '../connections/errors.ts';

const largest = 8 * 1024 * 1024;

/**
 * Reads a YAML or JSON file into plain values. YAML's own tags and aliases that multiply are not
 * followed.
 * @throws UsageError bad_file; the place is named, the content never, which may hold a password
 */
export async function readDataFile(path: string): Promise<unknown> {
  const text = await readText(path);
  const json = plainJson(text);
  if (json !== undefined) return json;
  const { parseDocument } = await import('yaml');
  // JSON is YAML 1.2; one parser reads both.
  const document = parseDocument(text, { prettyErrors: false, version: '1.2', schema: 'core' });
  const [error] = document.errors;
  if (error) {
    const line = text.slice(0, error.pos[0]).split('\n').length;
    throw badFile(
      `line ${line} of ${path} is not YAML or JSON (${error.code.toLowerCase().replaceAll('_', ' ')})`,
    );
  }
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

async function readText(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > largest) throw badFile(`${path} is larger than ${largest} bytes`);
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const reason = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    throw new UsageError({
      code: 'bad_file',
      message: `the file ${path} can't be read${reason}`,
      fix: 'check the path given with --file',
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
