import { z } from 'zod';
import { serverFactsSchema } from '../connections/schema.ts';

/** The discovery's JSON: the contract of `connections discover --json`. */

export const columnSchema = z.strictObject({
  name: z.string(),
  type: z.string().describe('as PostgreSQL writes it: "character varying(40)", "public.mood[]"'),
  nullable: z.boolean(),
  default: z.string().nullable(),
  identity: z.enum(['always', 'by default']).nullable(),
  generated: z.enum(['stored', 'virtual']).nullable(),
  comment: z.string().nullable(),
});

const keySchema = z.strictObject({ name: z.string(), columns: z.array(z.string()) });

const relationKinds = ['table', 'partitioned table', 'view', 'materialized view', 'foreign table'] as const;

export const relationSchema = z.strictObject({
  name: z.string(),
  kind: z.enum(relationKinds),
  comment: z.string().nullable(),
  estimatedRows: z.number().nullable().describe("the planner's estimate; null: unknown"),
  columns: z.array(columnSchema),
  primaryKey: keySchema.nullable(),
  foreignKeys: z.array(
    keySchema.extend({
      referencedSchema: z.string(),
      referencedTable: z.string(),
      referencedColumns: z.array(z.string()),
    }),
  ),
  uniques: z.array(keySchema),
  checks: z.array(z.strictObject({ name: z.string(), definition: z.string() })),
  indexes: z.array(
    z.strictObject({
      name: z.string(),
      unique: z.boolean(),
      primary: z.boolean(),
      valid: z.boolean(),
      method: z.string(),
      columns: z.array(z.string().nullable()).describe('null: an expression'),
    }),
  ),
  partitions: z
    .strictObject({ key: z.string(), count: z.int().nonnegative() })
    .nullable()
    .describe('of a partitioned table; its leaves are folded into it'),
});

export const discoverySchema = z.strictObject({
  connection: z.string().nullable(),
  takenAt: z.iso.datetime(),
  server: serverFactsSchema,
  hidden: z
    .strictObject({ schemas: z.int().nonnegative(), relations: z.int().nonnegative() })
    .describe('what is there but the user may not see'),
  schemas: z.array(z.strictObject({ name: z.string(), relations: z.array(relationSchema) })),
});
