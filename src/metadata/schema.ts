import { z } from 'zod';
import { serverFactsSchema } from '../connections/schema.ts';

/** The discovery's JSON: the contract of `connections discover --json`. */

export const columnSchema = z.strictObject({
  number: z.int().positive().describe('its attnum: stays the same when the column is renamed'),
  name: z.string(),
  type: z.string().describe('as PostgreSQL writes it: "character varying(40)", "public.mood[]"'),
  nullable: z.boolean(),
  default: z.string().nullable(),
  identity: z.enum(['always', 'by default']).nullable(),
  generated: z.enum(['stored', 'virtual']).nullable(),
  collation: z.string().nullable().describe("null: its type's own"),
  comment: z.string().nullable(),
});

const keySchema = z.strictObject({
  name: z.string(),
  columns: z.array(z.string()),
  deferrable: z.boolean(),
  initiallyDeferred: z
    .boolean()
    .describe('true: checked at the end of a transaction unless that says otherwise'),
});

const uniqueSchema = keySchema.extend({
  nullsNotDistinct: z.boolean().describe('true: it takes one null only'),
});

const definitionSchema = z.strictObject({ name: z.string(), definition: z.string() });

const foreignKeyActions = ['no action', 'restrict', 'cascade', 'set null', 'set default'] as const;

const foreignKeySchema = keySchema.extend({
  referencedSchema: z.string(),
  referencedTable: z.string(),
  referencedColumns: z.array(z.string()),
  onUpdate: z.enum(foreignKeyActions),
  onDelete: z.enum(foreignKeyActions),
  validated: z.boolean(),
});

export const indexSchema = z.strictObject({
  name: z.string(),
  unique: z.boolean(),
  primary: z.boolean(),
  valid: z.boolean(),
  replicaIdentity: z.boolean().describe('chosen by REPLICA IDENTITY USING INDEX'),
  immediate: z.boolean().describe('false: its uniqueness is deferrable'),
  method: z.string(),
  columns: z.array(z.string().nullable()).describe('null: an expression'),
  include: z.array(z.string()),
  sortOrders: z
    .array(z.enum(['asc', 'desc', 'asc nulls first', 'desc nulls last']))
    .describe('of its columns, as in SQL: nulls come last in asc and first in desc; empty: all are asc'),
  operatorClasses: z
    .array(z.string().nullable())
    .describe("of its columns, with their parameters; null: the type's default; empty: all are"),
  collations: z
    .array(z.string().nullable())
    .describe("of its columns; null: the column's own; empty: all are"),
  nullsNotDistinct: z.boolean().describe('true: a unique index that takes one null only'),
  expressions: z.string().nullable(),
  predicate: z.string().nullable(),
});

const relationKinds = ['table', 'partitioned table', 'view', 'materialized view', 'foreign table'] as const;

/** What is said of a relation beside its columns, keys and indexes. */
const relationFacts = {
  oid: z.int().positive().describe('stays the same when the relation is renamed'),
  name: z.string(),
  kind: z.enum(relationKinds),
  owner: z.string(),
  comment: z.string().nullable(),
  estimatedRows: z.number().nullable().describe("the planner's estimate; null: unknown"),
  unlogged: z.boolean(),
  populated: z.boolean().describe('false: a materialized view WITH NO DATA'),
  rowSecurity: z.enum(['off', 'on', 'forced']),
  replicaIdentity: z.enum(['default', 'nothing', 'full', 'index']),
  extension: z.string().nullable().describe('the extension it belongs to'),
  partitions: z
    .strictObject({ key: z.string(), count: z.int().nonnegative() })
    .nullable()
    .describe('of a partitioned table; its leaves are folded into it'),
};

export const relationFactsSchema = z.strictObject({ schema: z.string(), ...relationFacts });

export const relationSchema = z.strictObject({
  ...relationFacts,
  columns: z.array(columnSchema),
  primaryKey: keySchema.nullable(),
  foreignKeys: z.array(foreignKeySchema),
  uniques: z.array(uniqueSchema),
  checks: z.array(definitionSchema),
  exclusions: z.array(definitionSchema),
  indexes: z.array(indexSchema),
});

/** A type that somebody made: what a column's type leads to. */
export const typeSchema = z.strictObject({
  oid: z.int().positive(),
  name: z.string(),
  kind: z.enum(['enum', 'domain', 'composite', 'range']),
  comment: z.string().nullable(),
  labels: z.array(z.string()).describe("an enum's, in order"),
  base: z.string().nullable().describe('what a domain or range is made of'),
  nullable: z.boolean().describe('false: a domain that is NOT NULL'),
  default: z.string().nullable(),
  checks: z.array(definitionSchema),
  attributes: z.array(z.strictObject({ name: z.string(), type: z.string() })).describe("a composite's"),
});

export const discoverySchema = z.strictObject({
  connection: z.string().nullable(),
  takenAt: z.iso.datetime(),
  server: serverFactsSchema,
  hidden: z
    .strictObject({ schemas: z.int().nonnegative(), relations: z.int().nonnegative() })
    .describe('what is there but the user may not see'),
  schemas: z.array(
    z.strictObject({
      name: z.string(),
      relations: z.array(relationSchema),
      types: z.array(typeSchema),
    }),
  ),
});

const bytes = z.number().nonnegative();
const names = { schema: z.string(), name: z.string() };

/** What is asked of the server for one relation alone, since it costs something. */
export const relationDetailsSchema = z.strictObject({
  readAt: z.iso.datetime(),
  sizes: z
    .strictObject({ total: bytes, table: bytes, indexes: bytes, toast: bytes })
    .nullable()
    .describe('in bytes, with all partitions; null: it stores nothing'),
  statistics: z
    .strictObject({
      liveRows: z.number(),
      deadRows: z.number(),
      changedSinceAnalyze: z.number(),
      lastAnalyze: z.iso.datetime().nullable(),
      lastVacuum: z.iso.datetime().nullable(),
    })
    .nullable()
    .describe("the server's own counts; automatic and by hand alike"),
  definition: z.string().nullable().describe('the query of a view'),
  foreignServer: z.string().nullable(),
  indexes: z.array(definitionSchema.extend({ bytes: bytes.nullable() })),
  policies: z.array(
    z.strictObject({
      name: z.string(),
      command: z.enum(['all', 'select', 'insert', 'update', 'delete']),
      permissive: z.boolean(),
      roles: z.array(z.string()),
      using: z.string().nullable(),
      check: z.string().nullable(),
    }),
  ),
  triggers: z.array(
    definitionSchema.extend({ enabled: z.enum(['origin', 'disabled', 'replica', 'always']) }),
  ),
  sequences: z.array(z.strictObject({ ...names, column: z.string(), identity: z.boolean() })),
  grants: z.array(
    z.strictObject({
      grantee: z.string().describe('PUBLIC: everybody'),
      grantor: z.string(),
      privileges: z.array(z.string()),
      grantable: z.boolean(),
      column: z.string().nullable().describe('null: on the whole'),
    }),
  ),
  inherits: z.array(z.strictObject(names)),
  inheritedBy: z.array(z.strictObject(names)),
  leaves: z
    .array(
      z.strictObject({
        ...names,
        bound: z.string(),
        parent: z.strictObject(names),
        estimatedRows: z.number().nullable(),
        bytes: bytes.nullable(),
      }),
    )
    .describe('the first partitions that hold rows; partitions.count says how many there are'),
});

/** One relation in full: what `connections discover NAME RELATION --json` prints. */
export const relationDetailSchema = relationSchema.extend({
  connection: z.string(),
  schema: z.string(),
  takenAt: z.iso.datetime(),
  types: z.array(typeSchema.extend({ schema: z.string() })).describe('that its columns lead to'),
  referencedBy: z
    .array(
      foreignKeySchema.omit({ referencedSchema: true, referencedTable: true }).extend({
        schema: z.string(),
        table: z.string(),
      }),
    )
    .describe('foreign keys that point here'),
  details: relationDetailsSchema.nullable().describe('null without --details'),
});

const relationCount = z.int().nonnegative();

/** The answer of `connections source-config`. */
export const sourceConfigSchema = z.strictObject({
  connection: z.string(),
  refreshEveryMs: z.int().positive().nullable().describe('null: off, only when it is asked for'),
  include: z.array(z.string()).describe('globs; where there are any, one has to match'),
  exclude: z.array(z.string()).describe('globs; what one matches is not read'),
  due: z.boolean().describe('whether `metadata refresh --due` would refresh it now'),
  nextRefreshAt: z.iso.datetime().nullable().describe('null: nothing was read yet, or it is off'),
  lastRefresh: z
    .strictObject({
      status: z.enum(['succeeded', 'failed']),
      at: z.iso.datetime().describe('when it ended'),
      durationMs: z.number().nonnegative(),
      code: z.string().nullable(),
      message: z.string().nullable(),
    })
    .nullable()
    .describe('null before the first'),
  server: serverFactsSchema.nullable().describe('as it was at the newest snapshot'),
  snapshots: z
    .array(
      z.strictObject({
        takenAt: z.iso.datetime(),
        checkedAt: z.iso.datetime().describe('when it was last seen to hold still'),
        durationMs: z.number().nonnegative(),
        relations: relationCount,
        columns: relationCount,
        current: z.boolean().describe('false: of another endpoint or other globs than those of today'),
      }),
    )
    .describe('what is kept, newest first'),
});

/** The answer of `metadata refresh`. */
export const refreshResultSchema = z.strictObject({
  connection: z.string(),
  status: z
    .enum(['refreshed', 'unchanged', 'failed', 'skipped'])
    .describe('skipped: another process is at it just now'),
  durationMs: z.number().nonnegative(),
  relations: relationCount.nullable().describe('in the newest snapshot; null where it failed or was skipped'),
  columns: relationCount.nullable(),
  code: z.string().nullable(),
  message: z.string().nullable(),
  fix: z.string().nullable(),
});

export const refreshResultListSchema = z.array(refreshResultSchema);

/** The answer of `metadata schedule`: texts to be put where their comments say. */
export const scheduleSchema = z.strictObject({
  cron: z.string().describe('a line of a crontab, below its comments'),
  systemd: z.strictObject({ service: z.string(), timer: z.string() }),
  launchd: z.string(),
});
