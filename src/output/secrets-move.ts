import type { SecretsMove } from '../connections/reports.ts';
import type { Answer } from './answer.ts';
import { terminalSafe } from './terminal-text.ts';

/** The answer of `secrets move`: secretsMoveSchema. A person is told of what went wrong alone; stderr says the rest. */
export function secretsMove(done: SecretsMove): Answer {
  return {
    value: done,
    columns: ['connection', 'status', 'code', 'message'],
    *records() {
      for (const connection of done.moved) yield { connection, status: 'moved', code: null, message: null };
      for (const { connection, code, message } of done.failed)
        yield { connection, status: 'failed', code, message };
    },
    text: () =>
      done.failed
        .map(({ connection, message }) => `${terminalSafe(connection)}: ${terminalSafe(message)}\n`)
        .join(''),
  };
}
