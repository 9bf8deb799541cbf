import { terminalSafe } from './terminal-text.ts';

/**
 * An error with its causes, for `--debug`: names, messages, codes and stacks, never an object's
 * other fields, which may hold what was sent.
 */
export function debugText(error: unknown): string {
  const lines: string[] = [];
  let current: unknown = error;
  for (let depth = 0; current instanceof Error && depth < 8; depth += 1) {
    const code = 'code' in current && typeof current.code === 'string' ? ` [${current.code}]` : '';
    lines.push(`${depth === 0 ? '' : 'caused by '}${stackOf(current)}${code}`);
    current = current.cause;
  }
  return `${terminalSafe(lines.join('\n'), { multiline: true })}\n`;
}

/** The stack, its message on one line: a server's words must not look like lines of ours. */
function stackOf({ stack, message }: Error): string {
  const safe = terminalSafe(message);
  return stack?.replace(message, () => safe) ?? safe;
}
