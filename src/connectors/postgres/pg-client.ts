import type pg from 'pg';

let loaded: Promise<typeof pg> | undefined;

/**
 * Loads pg, once, with the PG* variables out of its sight: pg reads them for whatever it was not
 * told (PGPASSWORD, PGOPTIONS, PGSSLMODE …), and ambient settings must never touch a saved
 * connection. The program keeps its own copy of the environment for `env:` references.
 */
export function loadPg(): Promise<typeof pg> {
  for (const name of Object.keys(process.env)) {
    if (name.startsWith('PG')) delete process.env[name];
  }
  loaded ??= import('pg').then((module) => module.default);
  return loaded;
}
