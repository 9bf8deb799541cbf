import type { SavedConnection, TableName, TestResult } from '../connections/connection.ts';
import type { ConnectionServices } from '../connections/services.ts';
import { recordTest, tablesOf } from '../connections/test.ts';
import { keyOfTable } from './tables.ts';

/**
 * Records the result of a test as the connection's last, where it looked at all that a test of the
 * connection itself looks at: one of fewer tables would say that all is well with those that it left out.
 */
export async function recordWhole(
  services: ConnectionServices,
  saved: SavedConnection,
  tables: readonly TableName[] | null,
  result: TestResult,
): Promise<void> {
  const used = await tablesOf(services, saved);
  const looked = new Set(tables?.map(keyOfTable));
  const isWhole =
    tables === null || used === null ? tables === used : used.every((it) => looked.has(keyOfTable(it)));
  if (isWhole) await recordTest(services, saved, result);
}
