import type { z } from 'zod';
import { UsageError } from './errors.ts';
import { trimmedName } from './names.ts';
import { connectionFileSchema, type fileConnectionSchema } from './schema.ts';

/** One connection of a file, as the schema reads it. */
export type FileConnection = z.infer<typeof fileConnectionSchema>;

/**
 * Checks the content of a connections file, YAML or JSON already parsed.
 * @param source the file's name, for the message
 * @throws UsageError bad_file naming the place, never the value, which may be a slip of a password
 */
export function parseConnectionFile(content: unknown, source: string): FileConnection[] {
  if (content === null || content === undefined) {
    // A file that came out empty by mistake must not prune everything.
    throw badFile(`${source} is empty`, 'write connections: [] in it where that is meant');
  }
  const parsed = connectionFileSchema.safeParse(content);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const unknown =
      issue?.code === 'unrecognized_keys'
        ? ` (${issue.keys.map((key) => JSON.stringify(key)).join(', ')})`
        : '';
    const where = issue ? placeOf(issue.path) : 'the file';
    const what =
      issue?.code === 'unrecognized_keys'
        ? `holds a key that is not known${unknown}`
        : 'is not as it should be';
    throw badFile(
      `${where} of ${source} ${what}`,
      'jackfield schema connectionFile prints what a file may hold',
    );
  }
  const { connections } = parsed.data;
  const seen = new Set<string>();
  for (const { name } of connections) {
    const kept = trimmedName(name);
    if (seen.has(kept))
      throw badFile(`${source} names ${JSON.stringify(kept)} twice`, 'give each connection its own name');
    seen.add(kept);
  }
  return connections;
}

function placeOf(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'the top level';
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index > 0 ? '.' : ''}${String(part)}`))
    .join('');
}

function badFile(message: string, fix: string): UsageError {
  return new UsageError({ code: 'bad_file', message, fix });
}
