import { UsageError } from '../connections/errors.ts';
import type { Discovery } from './discovery.ts';
import { discoverySchema } from './schema.ts';

/**
 * Reads a discovery that was saved with `discover --json`.
 * @param source the file's name, for the message
 * @throws UsageError bad_baseline naming the place, never the value
 */
export function parseBaseline(text: string, source: string): Discovery {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw badBaseline(`${source} is not JSON`, cause);
  }
  const parsed = discoverySchema.safeParse(content);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = issue?.path.join('.') ?? '';
  throw badBaseline(
    `${source} is not a discovery as this version writes it${place === '' ? '' : ` (at ${place})`}`,
    parsed.error,
  );
}

function badBaseline(message: string, cause: unknown): UsageError {
  return new UsageError({
    code: 'bad_baseline',
    message,
    fix: 'write it with: jackfield connections discover NAME --json > schema.json',
    cause,
  });
}
