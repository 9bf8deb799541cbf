import type { z } from 'zod';
import type { columnSchema, discoverySchema, relationSchema } from './schema.ts';

export type Discovery = z.infer<typeof discoverySchema>;
export type DiscoveredSchema = Discovery['schemas'][number];
export type Relation = z.infer<typeof relationSchema>;
export type Column = z.infer<typeof columnSchema>;

/** What of a discovery is shown; an empty filter shows all. */
export interface DiscoveryFilter {
  /** Globs (`*`, `?`) over schema names; one that matches is enough. */
  readonly schemas: readonly string[];
  /** Globs over relation names, or over `schema.relation` where the glob has a dot. */
  readonly tables: readonly string[];
  /** Text to be found, whatever its case, in a relation's, schema's or column's name or comment. */
  readonly search: string | null;
}
