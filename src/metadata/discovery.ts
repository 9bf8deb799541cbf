import type { z } from 'zod';
import type {
  columnSchema,
  discoverySchema,
  indexSchema,
  relationDetailSchema,
  relationDetailsSchema,
  relationFactsSchema,
  relationSchema,
  typeSchema,
} from './schema.ts';

export type Discovery = z.infer<typeof discoverySchema>;
export type DiscoveredSchema = Discovery['schemas'][number];
export type Relation = z.infer<typeof relationSchema>;
/** A relation without its parts, and with its schema. */
export type RelationFacts = z.infer<typeof relationFactsSchema>;
export type Column = z.infer<typeof columnSchema>;
/** A type without its schema's name: {@link TypeFacts} has it. */
export type UserType = z.infer<typeof typeSchema>;
export type TypeFacts = UserType & { readonly schema: string };
export type Index = z.infer<typeof indexSchema>;
/** One relation in full, and what of the database leads to it. */
export type RelationDetail = z.infer<typeof relationDetailSchema>;
/** What the server alone can tell of a relation: sizes, definitions, policies, triggers, grants. */
export type RelationDetails = z.infer<typeof relationDetailsSchema>;

/** What of a discovery is shown; an empty filter shows all. */
export interface DiscoveryFilter {
  /** Globs (`*`, `?`) over schema names; one that matches is enough. */
  readonly schemas: readonly string[];
  /** Globs over relation names, or over `schema.relation` where the glob has a dot. */
  readonly tables: readonly string[];
  /** Text to be found, whatever its case, in a relation's, schema's or column's name or comment. */
  readonly search: string | null;
}
