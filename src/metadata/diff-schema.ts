import { z } from 'zod';

/** The diff's JSON: the contract of `connections diff --json`. */

const keyKinds = ['primary_key', 'foreign_key', 'unique', 'check', 'exclusion', 'index'] as const;
const keySteps = ['added', 'dropped', 'renamed', 'changed'] as const;
const keyChanges = keyKinds.flatMap((kind) => keySteps.map((step) => `${kind}_${step}` as const));

/** What may differ, in the order it is told of one relation or type. */
export const changeKinds = [
  'schema_added',
  'schema_dropped',
  'schema_renamed',
  'type_added',
  'type_dropped',
  'type_renamed',
  'type_moved',
  'type_base_changed',
  'type_comment_changed',
  'enum_label_added',
  'enum_label_removed',
  'enum_label_renamed',
  'enum_labels_reordered',
  'domain_nullability_changed',
  'domain_default_changed',
  'domain_check_added',
  'domain_check_dropped',
  'domain_check_changed',
  'attribute_added',
  'attribute_dropped',
  'attribute_type_changed',
  'relation_added',
  'relation_dropped',
  'relation_renamed',
  'relation_moved',
  'relation_kind_changed',
  'owner_changed',
  'comment_changed',
  'persistence_changed',
  'row_security_changed',
  'replica_identity_changed',
  'replication_key_lost',
  'partition_key_changed',
  'partition_count_changed',
  'column_added',
  'column_dropped',
  'column_renamed',
  'column_type_changed',
  'column_nullability_changed',
  'column_default_changed',
  'column_identity_changed',
  'column_generated_changed',
  'column_collation_changed',
  'column_comment_changed',
  ...keyChanges,
] as const;

export const changeSchema = z.strictObject({
  kind: z.enum(changeKinds),
  breaking: z.boolean(),
  reason: z.string().nullable().describe('why it is breaking'),
  schema: z.string().describe('as it is called in the newer one, of what is gone in the older'),
  relation: z.string().nullable().describe('null: a schema or a type'),
  column: z.string().nullable().describe("of a type: its attribute's, or a domain's check's"),
  name: z.string().nullable().describe("a type's, key's or index's"),
  before: z.string().nullable(),
  after: z.string().nullable(),
  sql: z.array(z.string()).describe('statements, or comments of what has to be done by hand'),
});

const sideSchema = z.strictObject({
  connection: z.string().nullable(),
  file: z.string().nullable().describe('the baseline it was read from'),
  snapshot: z.int().positive().nullable(),
  takenAt: z.iso.datetime(),
});

export const diffSchema = z.strictObject({
  from: sideSchema.nullable().describe('null: there is nothing to compare with yet'),
  to: sideSchema,
  changes: z.array(changeSchema),
});
