import { z } from 'zod';
import { checkNames, operations, outcomes, stepKinds } from './vocabulary.ts';

/** The shapes of `connections cdc`; `jackfield schema` prints them. Positions in the WAL are text, as PostgreSQL has them. */

const timestamp = z.iso.datetime().describe('ISO 8601, UTC');
const bytes = z.number().nonnegative();

const tableSchema = z.strictObject({ schema: z.string(), name: z.string() });

const problemSchema = z.strictObject({
  code: z.string(),
  status: z.enum(['warned', 'failed']),
  message: z.string(),
  fix: z.string().nullable(),
});

const checkResultSchema = z.strictObject({
  check: z.enum(checkNames),
  status: z.enum(outcomes),
  code: z.string().nullable(),
  message: z.string().nullable(),
  fix: z.string().nullable(),
});

const checkedTableSchema = tableSchema.extend({
  kind: z.string().describe('"table", "partitioned table"; others can not be published'),
  partitions: z.int().nonnegative().nullable().describe('leaves; null where it is not partitioned'),
  replicaIdentity: z.enum(['default', 'index', 'full', 'nothing']).nullable(),
  key: z.string().nullable().describe('the index that tells rows apart; null: none'),
  status: z.enum(['passed', 'warned', 'failed']),
  problems: z.array(problemSchema),
});

export const cdcCheckSchema = z.strictObject({
  connection: z.string(),
  status: z.enum(['passed', 'warned', 'failed']),
  durationMs: z.number().nonnegative(),
  server: z.strictObject({ version: z.string(), provider: z.string(), recovery: z.boolean() }),
  checks: z.array(checkResultSchema),
  tables: z.array(checkedTableSchema),
});

const stepSchema = z.strictObject({
  step: z.enum(stepKinds),
  transaction: z.int().positive().describe('steps of one number are one transaction'),
  sql: z.string(),
  effect: z.string(),
});

const planParts = {
  connection: z.string(),
  publication: z.string(),
  slot: z.string(),
  tables: z.array(tableSchema).describe('what is to be published, as it was asked for'),
  publish: z.array(z.enum(operations)),
};

export const cdcPlanSchema = z.strictObject({
  ...planParts,
  steps: z.array(stepSchema).describe('in the order to run them; none: all is as it should be'),
  ready: z.boolean().describe('whether set-up would run them: nothing that failed is in their way'),
  problems: z.array(problemSchema).describe('what the check found'),
});

export const cdcSetupSchema = z.strictObject({
  ...planParts,
  steps: z.array(stepSchema).describe('that were run; none: all was as it should be'),
  slotPosition: z
    .string()
    .nullable()
    .describe('from where changes are kept: confirmed_flush_lsn; null: no slot here'),
});

const slotSchema = z.strictObject({
  name: z.string(),
  plugin: z.string().nullable(),
  active: z.boolean(),
  activePid: z.int().nullable(),
  walStatus: z.string().nullable().describe('null before PostgreSQL 13'),
  retainedBytes: bytes.nullable().describe('WAL that the server keeps for it'),
  lagBytes: bytes.nullable().describe('WAL that the consumer has not confirmed'),
  lagMs: z
    .number()
    .nonnegative()
    .nullable()
    .describe('how far behind the consumer is; null: it is not told, or nobody consumes'),
  safeBytes: z
    .number()
    .nullable()
    .describe('WAL that may still be written before it is lost; null: no limit'),
  inactiveSince: timestamp.nullable().describe('null before PostgreSQL 17'),
  catalogXminAge: z.int().nullable().describe('transactions; vacuum of system catalogs waits for it'),
  restartPosition: z.string().nullable(),
  confirmedPosition: z.string().nullable(),
  invalidation: z.string().nullable().describe('why it is lost; null before PostgreSQL 17'),
  failover: z.boolean().nullable().describe('null before PostgreSQL 17'),
});

export const cdcStatusSchema = z.strictObject({
  connection: z.string(),
  at: timestamp,
  status: z.enum(['passed', 'warned', 'failed']),
  publication: z.string(),
  publish: z.array(z.enum(operations)).nullable().describe('null: there is no publication'),
  slot: slotSchema.nullable().describe('null: there is none on this server'),
  tables: z.strictObject({
    wanted: z.array(tableSchema),
    missing: z.array(tableSchema).describe('wanted, and not published'),
    extra: z.array(tableSchema).describe('published, and not wanted'),
  }),
  problems: z.array(problemSchema),
});

export const cdcTeardownSchema = z.strictObject({
  connection: z.string(),
  publication: z.string(),
  slot: z.string(),
  steps: z.array(stepSchema).describe('that were run; none: there was nothing of ours'),
  left: z.array(problemSchema).describe('what was not taken away, and why'),
  forgotten: z.boolean().describe('whether the catalog remembered that set-up, and does not any more'),
});
