import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

const prefix = 'jackfield-tests-';

/**
 * Vitest's global set-up: every temporary file of the run goes below one directory, which is removed at
 * the end. Several projects share it, so it outlives each one's tear-down.
 */
export default function setUp(): void {
  if (basename(tmpdir()).startsWith(prefix)) return;
  const root = mkdtempSync(join(tmpdir(), prefix));
  // Servers run as another user, who must be able to pass through it but not to list it.
  chmodSync(root, 0o711);
  process.env.TMPDIR = root;
  process.on('exit', () => rmSync(root, { recursive: true, force: true }));
}
