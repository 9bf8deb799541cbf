import type { Role, SavedConnection } from '../connections/connection.ts';
import { addressOf } from '../output/address.ts';
import { terminalSafe } from '../output/terminal-text.ts';
import { type Asking, askChoice } from './ask.ts';

/**
 * Has the user choose an end of a pipeline.
 * @param connections those that it may be; at least one
 * @returns the id of the chosen one
 * @throws InterruptedError
 */
export function askPipelineEnd(
  asking: Asking,
  role: Role,
  connections: readonly SavedConnection[],
): Promise<string> {
  const choices = connections.map((connection) => ({
    value: connection.id,
    name: terminalSafe(connection.name),
    description: terminalSafe(addressOf(connection)),
  }));
  return askChoice(asking, role === 'source' ? 'Source' : 'Destination', choices);
}
