import { UsageError } from '../errors.ts';
import type { ImportFormat } from './imported.ts';
import { airflow } from './read-airflow.ts';
import { dbeaver } from './read-dbeaver.ts';
import { dbt } from './read-dbt.ts';
import { env } from './read-env.ts';
import { own } from './read-own.ts';
import { pgService } from './read-pg-service.ts';
import { sling } from './read-sling.ts';

/** In the order in which a file is held against them: the narrow ones first. */
export const importFormats: readonly ImportFormat[] = [airflow, dbeaver, own, dbt, sling, pgService, env];

/** @throws UsageError unknown_format when a file looks like none */
export function formatOf(fileName: string, text: string): ImportFormat {
  const found = importFormats.find((format) => format.detects(fileName, text));
  if (found) return found;
  throw new UsageError({
    code: 'unknown_format',
    message: 'nothing tells what kind of file that is',
    fix: `say it with --from ${importFormats.map(({ name }) => name).join(', ')}`,
  });
}
