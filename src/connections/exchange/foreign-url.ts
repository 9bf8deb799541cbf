/** What a URL's scheme says of the database: ours, another one's, or no URL of a database's. */
export function databaseOf(text: string): 'postgres' | 'other' | null {
  const [, scheme] = /^(?:jdbc:)?([a-z][a-z0-9]*)(?:\+[a-z0-9_]+)?:\/\//i.exec(text.trim()) ?? [];
  if (scheme === undefined) return null;
  const name = scheme.toLowerCase();
  if (name === 'postgres' || name === 'postgresql') return 'postgres';
  return others.has(name) ? 'other' : null;
}

const others = new Set(
  (
    'mysql mysql2 mariadb mongodb redis rediss sqlserver mssql oracle sqlite sqlite3 snowflake bigquery ' +
    'clickhouse cassandra redshift cockroachdb duckdb amqp amqps db2 trino presto databricks'
  ).split(' '),
);
