import type { Connection } from '../connections/connection.ts';
import { ago } from './age.ts';
import { mark, type Outcome } from './theme.ts';

/**
 * What is known of a connection from its last test, with its age. Until a test has passed it says
 * so: whoever relies on a connection that never worked is warned. Not yet made terminal-safe.
 */
export function lastTestSummary(
  connection: Pick<Connection, 'lastTest' | 'lastPassedAt'>,
  now: Date,
): { readonly outcome: Outcome; readonly text: string } {
  const { lastTest, lastPassedAt } = connection;
  const age = lastTest.at === null ? '' : ` ${ago(lastTest.at, now)}`;
  const code = lastTest.code === null ? '' : `: ${lastTest.code}`;
  const never = lastPassedAt === null ? ', never passed' : '';
  switch (lastTest.status) {
    case 'passed':
      return { outcome: 'passed', text: mark('passed', `passed${age}`) };
    case 'warned':
      return { outcome: 'warned', text: mark('warned', `warned${age}${code}`) };
    case 'failed':
      return { outcome: 'failed', text: mark('failed', `failed${age}${code}${never}`) };
    case 'changed':
      return { outcome: 'warned', text: mark('warned', `changed since the test${never}`) };
    case 'never':
      return { outcome: 'warned', text: mark('warned', 'never tested') };
  }
}
