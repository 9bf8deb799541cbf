import { resultsKept, type TestRecord } from '../connections/catalog.ts';
import type { TestResult } from '../connections/connection.ts';
import type { CatalogDatabase } from './catalog-database.ts';
import { damagedCatalog } from './faults.ts';

const insert = `INSERT INTO test_results
  (connection_id, at, status, duration_ms, server_version, tls_valid_to, result)
  VALUES (?, ?, ?, ?, ?, ?, ?)`;

const prune = `DELETE FROM test_results WHERE connection_id = ? AND sequence <=
  (SELECT sequence FROM test_results WHERE connection_id = ? ORDER BY sequence DESC LIMIT 1 OFFSET ?)`;

/** The results of tests. Its methods are called within a transaction of {@link CatalogDatabase}. */
export class TestResultsTable {
  readonly #db: CatalogDatabase;

  constructor(db: CatalogDatabase) {
    this.#db = db;
  }

  /** Keeps a result, and drops those that are too many by now. */
  add(connectionId: string, { at, result }: TestRecord): void {
    const { status, durationMs, server } = result;
    this.#db.run(
      insert,
      connectionId,
      at,
      status,
      durationMs,
      server?.version ?? null,
      server?.tls?.validTo ?? null,
      JSON.stringify(result),
    );
    this.#db.run(prune, connectionId, connectionId, resultsKept);
  }

  /** @throws CatalogError catalog_damaged when a result is not what we write */
  newest(connectionId: string, limit: number): TestRecord[] {
    const sql = 'SELECT at, result FROM test_results WHERE connection_id = ? ORDER BY sequence DESC LIMIT ?';
    return this.#db
      .rows<[string, string]>(sql, connectionId, limit)
      .map(([at, json]) => ({ at, result: this.#parse(json) }));
  }

  #parse(json: string): TestResult {
    const value: unknown = JSON.parse(json);
    if (isTestResult(value)) return value;
    throw damagedCatalog(this.#db.file, new Error('a result of a test is not one'));
  }
}

/** Whether it has what every version writes. The column is checked to be JSON, and no more than that. */
function isTestResult(value: unknown): value is TestResult {
  if (!isObject(value)) return false;
  const { status, durationMs, stages } = value;
  return (
    typeof status === 'string' &&
    typeof durationMs === 'number' &&
    Array.isArray(stages) &&
    stages.every(isObject)
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
