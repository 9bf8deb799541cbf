import { readFile, stat } from 'node:fs/promises';
import { UsageError } from '../../connections/errors.ts';
import { parseBaseline } from '../../metadata/diff-baseline.ts';
import { baselineSide, type DiffSide } from '../../metadata/diff-sides.ts';

/** Beyond a quarter of a gigabyte it is no structure. */
const largest = 256 * 1024 * 1024;

/** Reads a discovery that was saved as JSON. @throws UsageError bad_file, bad_baseline */
export async function readBaseline(path: string): Promise<DiffSide> {
  return baselineSide(parseBaseline(await readText(path), path), path);
}

async function readText(path: string): Promise<string> {
  let reason = '';
  try {
    const { size } = await stat(path);
    if (size <= largest) return await readFile(path, 'utf8');
    reason = ` (it is larger than ${largest} bytes)`;
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
    throw badFile(path, code, cause);
  }
  throw badFile(path, reason, null);
}

function badFile(path: string, reason: string, cause: unknown): UsageError {
  return new UsageError({
    code: 'bad_file',
    message: `the file ${path} can't be read${reason}`,
    fix: 'check the path given with --baseline',
    cause,
  });
}
