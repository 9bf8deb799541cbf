import { z } from 'zod';
import { filePipelineSchema } from '../pipelines/file-schema.ts';
import { roles, secretKinds, sslModes, stages, testStatuses } from './vocabulary.ts';

/**
 * The shapes that leave and enter the program as JSON or YAML. They are the contract:
 * `jackfield schema` prints them, tests hold every answer against them, and the types of the
 * domain are made from them (as types only, so that a command that reads no input loads no zod).
 */

const timestamp = z.iso.datetime().describe('ISO 8601, UTC');

export const roleSchema = z.enum(roles);

export const sslModeSchema = z.enum(sslModes);

export const lastTestSchema = z.strictObject({
  status: z
    .enum(testStatuses)
    .describe('"never" before the first test, "changed" after an edit that the test does not cover'),
  at: timestamp.nullable(),
  durationMs: z.number().nonnegative().nullable(),
  code: z.string().nullable(),
  message: z.string().nullable(),
  serverVersion: z.string().nullable(),
});

export const connectionSchema = z.strictObject({
  id: z.uuid(),
  name: z.string(),
  role: roleSchema,
  connector: z.string(),
  provider: z.string().describe('who hosts it, told from host name and server'),
  host: z
    .string()
    .describe('a host name, an address, a socket directory, or several hosts with commas between'),
  port: z.int().min(1).max(65535),
  database: z.string(),
  username: z.string(),
  schema: z.string(),
  sslMode: sslModeSchema,
  sslRootCert: z.string().nullable().describe('a file, or "system"'),
  sslCert: z.string().nullable(),
  sslKey: z.string().nullable(),
  sslCrl: z.string().nullable(),
  options: z.record(z.string(), z.string()).describe('other libpq parameters'),
  tags: z.array(z.string()),
  allowWrite: z.boolean().describe('whether query --write is allowed: of a source only where it says so'),
  secret: z.strictObject({ kind: z.enum(secretKinds) }),
  usedBy: z.array(z.string()).describe('names of the pipelines that use it'),
  lastTest: lastTestSchema,
  lastPassedAt: timestamp.nullable().describe('null: never tested successfully'),
  createdAt: timestamp,
  updatedAt: timestamp,
});

export const connectionListSchema = z.array(connectionSchema);

export const deletedNamesSchema = z.array(z.string());

export const stageResultSchema = z.strictObject({
  stage: z.enum(stages),
  status: z.enum(['passed', 'warned', 'failed', 'skipped']),
  durationMs: z.number().nonnegative(),
  code: z.string().nullable(),
  message: z.string().nullable(),
  fix: z.string().nullable(),
});

export const tlsFactsSchema = z.strictObject({
  protocol: z.string().describe('"TLSv1.3"'),
  cipher: z.string(),
  verified: z.enum(['none', 'ca', 'full']).describe('what was held against the certificate'),
  subject: z.string().nullable(),
  issuer: z.string().nullable(),
  validTo: timestamp.nullable(),
});

export const serverFactsSchema = z.strictObject({
  version: z.string().describe('"16.4"'),
  provider: z.string(),
  recovery: z.boolean().describe('a standby'),
  readOnly: z.boolean().describe("the session's default_transaction_read_only, or a standby"),
  tls: tlsFactsSchema.nullable().describe('null when the session is in the clear'),
});

export const testResultSchema = z.strictObject({
  connection: z.string().nullable().describe('its name; null for an endpoint that is not saved'),
  status: z.enum(['passed', 'warned', 'failed']),
  durationMs: z.number().nonnegative(),
  stages: z.array(stageResultSchema),
  server: serverFactsSchema.nullable(),
});

export const testResultListSchema = z.array(testResultSchema);

export const testHistorySchema = z
  .array(
    z.strictObject({
      at: timestamp,
      status: testResultSchema.shape.status,
      durationMs: z.number().nonnegative(),
      code: z.string().nullable().describe('of the rung that made the verdict'),
      message: z.string().nullable(),
      serverVersion: z.string().nullable().describe('null: no session was had'),
      certificateValidTo: timestamp.nullable().describe('null: no session was had, or one in the clear'),
      stages: z.array(stageResultSchema.pick({ stage: true, status: true, durationMs: true, code: true })),
    }),
  )
  .describe('the results kept of one connection, newest first');

export const presetSchema = z.strictObject({
  connector: z.string(),
  connectorTitle: z.string(),
  provider: z.string(),
  title: z.string(),
  roles: z.array(roleSchema),
  status: z.enum(['available']),
  defaults: z.strictObject({
    port: z.int(),
    database: z.string().nullable(),
    schema: z.string(),
    sslMode: sslModeSchema,
  }),
  needs: z
    .strictObject({ source: z.string(), destination: z.string() })
    .describe('one line on what it needs'),
});

export const presetListSchema = z.array(presetSchema);

export const errorSchema = z.strictObject({
  error: z.strictObject({ code: z.string(), message: z.string(), fix: z.string().nullable() }),
});

/** `connections:` of a file given to `apply --file` (YAML or JSON). What is left out takes the preset's default. */
export const fileConnectionSchema = z.strictObject({
  name: z.string(),
  role: roleSchema,
  connector: z.string().default('postgres'),
  host: z.string(),
  port: z.int().min(1).max(65535).optional(),
  database: z.string().optional(),
  username: z.string(),
  schema: z.string().optional(),
  sslMode: sslModeSchema.optional(),
  sslRootCert: z.string().nullish(),
  sslCert: z.string().nullish(),
  sslKey: z.string().nullish(),
  sslCrl: z.string().nullish(),
  options: z.record(z.string(), z.string()).optional(),
  tags: z.array(z.string()).optional(),
  secret: z
    .string()
    .nullish()
    .describe('a reference: env:VAR, file:PATH or cmd:PROGRAM ARG…; null: no password'),
  sslKeyPassword: z.string().nullish().describe('a reference, as secret'),
});

export const connectionFileSchema = z.strictObject({
  connections: z.array(fileConnectionSchema).optional(),
  pipelines: z.array(filePipelineSchema).optional(),
});

/** An entry of a sealed export: that of a file, and the secrets that were stored. It is never written in the clear. */
export const sealedConnectionSchema = fileConnectionSchema.extend({
  passwordText: z.string().optional(),
  sslKeyPasswordText: z.string().optional(),
});

/** One line of what `apply` will do or did. */
export const planStepSchema = z.strictObject({
  action: z.enum(['add', 'change', 'same', 'delete']),
  kind: z.enum(['connection', 'pipeline']),
  name: z.string(),
  role: roleSchema.nullable().describe('null of a pipeline'),
  changes: z.array(z.string()).describe('the fields that differ'),
});

export const planSchema = z.array(planStepSchema);

const secretBackendSchema = z.enum(['keychain', 'vault']);

export const secretsStatusSchema = z.strictObject({
  backend: secretBackendSchema.nullable().describe('null until the first secret is stored'),
  keychain: z.strictObject({ available: z.boolean(), message: z.string().nullable() }),
  vault: z.strictObject({ exists: z.boolean(), kdf: z.string().nullable(), openedBy: z.string().nullable() }),
  stored: z.int().nonnegative().describe('secrets in the backend'),
  references: z.int().nonnegative().describe('connections whose password is a reference'),
});

export const secretsMoveSchema = z.strictObject({
  backend: secretBackendSchema.describe('where new secrets go from now on'),
  moved: z.array(z.string()).describe('names of the connections whose secret was moved'),
  failed: z
    .array(
      z.strictObject({
        connection: z.string(),
        code: z.string(),
        message: z.string(),
        fix: z.string().nullable(),
      }),
    )
    .describe('those whose secret could not be read, and stays where it is'),
});

export const configEntrySchema = z.strictObject({
  key: z.string(),
  value: z.string().describe('what is in force'),
  source: z.enum(['environment', 'file', 'default']),
  from: z.string().nullable().describe('the variable or the file; null: nothing was said'),
});

export const configListSchema = z.array(configEntrySchema);

export const doctorFindingSchema = z.strictObject({
  check: z.enum(['catalog', 'permissions', 'metadata', 'secrets', 'pipelines']),
  status: z.enum(['ok', 'problem', 'repaired', 'unknown']),
  code: z.string(),
  message: z.string(),
  fix: z.string().nullable(),
});

export const doctorReportSchema = z.array(doctorFindingSchema);

/** One line of what `connections import` will do or did. */
export const importStepSchema = z.strictObject({
  action: z
    .enum(['add', 'change', 'same', 'conflict', 'skipped', 'bad'])
    .describe(
      '"change" is done with --update only; "conflict": the name is another endpoint\'s; "skipped": not of PostgreSQL',
    ),
  name: z.string().describe('the name it is saved under'),
  role: roleSchema.nullable().describe('null where it is not imported'),
  endpoint: z.string().nullable().describe('host:port/database; null where it is not known'),
  password: z
    .enum(['given', 'env', 'file', 'cmd', 'none'])
    .nullable()
    .describe('what the file holds of it: itself, or a reference'),
  changes: z.array(z.string()).describe('the fields that differ from what is saved'),
  file: z.string(),
  line: z.int().nullable(),
  message: z.string().nullable().describe('why it is not imported, or what of it is left out'),
  done: z.boolean().describe('whether the step was taken'),
});

export const importResultSchema = z.array(importStepSchema);
