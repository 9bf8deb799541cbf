import type { ExportedConnection } from '../connections/exchange/export.ts';
import { type Answer, yamlText } from './answer.ts';
import { terminalSafe } from './terminal-text.ts';

const csvColumns = [
  'name',
  'role',
  'connector',
  'host',
  'port',
  'database',
  'username',
  'schema',
  'sslMode',
  'secret',
] as const;

/**
 * The file of connections that `export` writes: connectionFileSchema; YAML for a person.
 * @param withoutSecret the names of those whose stored password is not in it
 */
export async function exportedFile(
  connections: readonly ExportedConnection[],
  withoutSecret: readonly string[],
): Promise<Answer> {
  const value = { connections };
  const text = `${comment(withoutSecret)}${await yamlText(value)}`;
  return {
    value,
    columns: csvColumns,
    *records() {
      for (const connection of connections)
        yield Object.fromEntries(csvColumns.map((column) => [column, connection[column] ?? null]));
    },
    text: () => text,
  };
}

function comment(withoutSecret: readonly string[]): string {
  const reads = '# jackfield connections import and jackfield apply --file read this.\n';
  if (withoutSecret.length === 0) return reads;
  return `${reads}# Stored passwords are not in it, those of: ${withoutSecret.map((name) => terminalSafe(name)).join(', ')}.
# Give them as references, secret: env:VARIABLE for instance, or export --with-secrets.
`;
}

/** A text that is a file of its own format, whatever --output says. */
export function exportedText(text: string): Answer {
  return {
    value: text,
    columns: ['text'],
    *records() {
      yield { text };
    },
    text: ({ terminal }) => (terminal ? terminalSafe(text, { multiline: true }) : text),
  };
}
