import type {
  Connection,
  ProviderPreset,
  StageResult,
  TestResult,
} from '../../../src/connections/connection.ts';
import type {
  Discovery,
  Relation,
  RelationDetail,
  RelationDetails,
} from '../../../src/metadata/discovery.ts';
import type { View } from '../../../src/output/answer.ts';
import { plainTheme } from '../../../src/output/theme.ts';
import type { Pipeline } from '../../../src/pipelines/pipeline.ts';

export const now = new Date('2026-05-04T12:00:00.000Z');

/** A terminal of that width, without colour. */
export function terminal(columns: number): View {
  return { columns, terminal: true, theme: plainTheme, now };
}

/** A pipe or file. */
export const pipe: View = { columns: Number.POSITIVE_INFINITY, terminal: false, theme: plainTheme, now };

export function connection(changes: Partial<Connection> = {}): Connection {
  return {
    id: '0b0f6c1e-5d5b-4b6e-9d6e-0a4c7d3f1a01',
    name: 'orders-prod',
    role: 'source',
    connector: 'postgres',
    provider: 'neon',
    host: 'ep-1.neon.tech',
    port: 5432,
    database: 'orders',
    username: 'reader',
    schema: 'public',
    sslMode: 'verify-full',
    sslRootCert: 'system',
    sslCert: null,
    sslKey: null,
    sslCrl: null,
    options: {},
    tags: ['prod'],
    allowWrite: false,
    secret: { kind: 'keychain' },
    usedBy: ['nightly'],
    lastTest: {
      status: 'passed',
      at: '2026-05-04T11:57:00.000Z',
      durationMs: 41,
      code: null,
      message: null,
      serverVersion: '16.4',
    },
    lastPassedAt: '2026-05-04T11:57:00.000Z',
    createdAt: '2026-05-01T12:00:00.000Z',
    updatedAt: '2026-05-02T12:00:00.000Z',
    ...changes,
  };
}

export function pipeline(changes: Partial<Pipeline> = {}): Pipeline {
  return {
    id: '3b1f6c1e-5d5b-4b6e-9d6e-0a4c7d3f1a01',
    name: 'nightly',
    state: 'active',
    status: 'connected',
    source: { id: '0b0f6c1e-5d5b-4b6e-9d6e-0a4c7d3f1a01', name: 'shop', status: 'connected' },
    destination: { id: '0b0f6c1e-5d5b-4b6e-9d6e-0a4c7d3f1a02', name: 'lake', status: 'connected' },
    tables: ['app.orders', 'app.items'],
    destinationSchema: null,
    schedule: 'daily',
    owner: 'data',
    createdAt: '2026-05-01T12:00:00.000Z',
    updatedAt: '2026-05-02T12:00:00.000Z',
    ...changes,
  };
}

export function rung(changes: Partial<StageResult> = {}): StageResult {
  return {
    stage: 'resolve',
    status: 'passed',
    durationMs: 3,
    code: null,
    message: '192.0.2.1',
    fix: null,
    ...changes,
  };
}

export function testResult(changes: Partial<TestResult> = {}): TestResult {
  return {
    connection: 'orders-prod',
    status: 'passed',
    durationMs: 41,
    stages: [rung(), rung({ stage: 'connect', durationMs: 12.4, message: null })],
    server: {
      version: '16.4',
      provider: 'neon',
      recovery: false,
      readOnly: false,
      tls: {
        protocol: 'TLSv1.3',
        cipher: 'TLS_AES_256_GCM_SHA384',
        verified: 'full',
        subject: 'CN=*.neon.tech',
        issuer: 'CN=R3',
        validTo: '2026-08-01T00:00:00.000Z',
      },
    },
    ...changes,
  };
}

export const denied: TestResult = testResult({
  connection: 'sink',
  status: 'failed',
  durationMs: 1250,
  stages: [
    rung(),
    rung({
      stage: 'authenticate',
      status: 'failed',
      durationMs: 8,
      code: 'password_refused',
      message: 'the server refuses the password of "writer"',
      fix: 'jackfield connections edit sink --password-stdin',
    }),
    rung({ stage: 'privileges', status: 'skipped', durationMs: 0, message: null }),
  ],
  server: null,
});

export function preset(changes: Partial<ProviderPreset> = {}): ProviderPreset {
  return {
    connector: 'postgres',
    connectorTitle: 'PostgreSQL',
    provider: 'neon',
    title: 'Neon',
    roles: ['source', 'destination'],
    status: 'available',
    defaults: { port: 5432, database: 'neondb', schema: 'public', sslMode: 'verify-full' },
    needs: { source: 'a role that may read', destination: 'a role that may write' },
    ...changes,
  };
}

export function relation(changes: Partial<Relation> = {}): Relation {
  return {
    oid: 16_384,
    name: 'orders',
    kind: 'table',
    owner: 'admin',
    comment: 'every order',
    estimatedRows: 1234567,
    unlogged: false,
    populated: true,
    rowSecurity: 'off',
    replicaIdentity: 'default',
    extension: null,
    columns: [
      {
        number: 1,
        name: 'id',
        type: 'bigint',
        nullable: false,
        default: null,
        identity: 'always',
        generated: null,
        collation: null,
        comment: null,
      },
      {
        number: 2,
        name: 'customer_id',
        type: 'integer',
        nullable: true,
        default: '0',
        identity: null,
        generated: null,
        collation: null,
        comment: 'who bought',
      },
    ],
    primaryKey: { name: 'orders_pkey', columns: ['id'], deferrable: false, initiallyDeferred: false },
    foreignKeys: [
      {
        name: 'orders_customer',
        columns: ['customer_id'],
        referencedSchema: 'crm',
        referencedTable: 'customers',
        referencedColumns: ['id'],
        deferrable: false,
        initiallyDeferred: false,
        onUpdate: 'no action',
        onDelete: 'cascade',
        validated: true,
      },
    ],
    uniques: [],
    checks: [],
    exclusions: [],
    indexes: [],
    partitions: null,
    ...changes,
  };
}

export function discovery(changes: Partial<Discovery> = {}): Discovery {
  return {
    connection: 'orders-prod',
    takenAt: '2026-05-04T10:00:00.000Z',
    server: { version: '16.4', provider: 'neon', recovery: false, readOnly: false, tls: null },
    hidden: { schemas: 1, relations: 2 },
    schemas: [{ name: 'public', relations: [relation()], types: [] }],
    ...changes,
  };
}

/** A relation in full, with this wherever a stranger may have put a text. */
export function relationInFull(text: string, changes: Partial<RelationDetail> = {}): RelationDetail {
  const [column] = relation().columns;
  const key = { name: text, columns: [text], deferrable: true, initiallyDeferred: false };
  const foreign = {
    ...key,
    referencedColumns: [text],
    onUpdate: 'cascade' as const,
    onDelete: 'restrict' as const,
    validated: false,
  };
  const definition = { name: text, definition: text };
  return {
    ...relation({
      name: text,
      owner: text,
      comment: text,
      extension: text,
      columns:
        column === undefined
          ? []
          : [
              {
                ...column,
                name: text,
                type: text,
                default: text,
                identity: null,
                collation: text,
                comment: text,
              },
            ],
      primaryKey: key,
      foreignKeys: [{ ...foreign, referencedSchema: text, referencedTable: text }],
      uniques: [{ ...key, nullsNotDistinct: true }],
      checks: [definition],
      exclusions: [definition],
      indexes: [
        {
          name: text,
          unique: true,
          primary: false,
          valid: false,
          replicaIdentity: false,
          immediate: true,
          method: 'btree',
          columns: [text, null],
          include: [text],
          sortOrders: ['desc', 'asc'],
          operatorClasses: [text, text],
          collations: [text, text],
          nullsNotDistinct: true,
          expressions: text,
          predicate: text,
        },
      ],
      partitions: { key: text, count: 2 },
    }),
    connection: text,
    schema: text,
    takenAt: '2026-05-04T10:00:00.000Z',
    types: [
      {
        schema: text,
        oid: 7,
        name: text,
        kind: 'enum',
        comment: text,
        labels: [text],
        base: null,
        nullable: false,
        default: text,
        checks: [definition],
        attributes: [],
      },
    ],
    referencedBy: [{ ...foreign, schema: text, table: text }],
    details: relationDetails(text),
    ...changes,
  };
}

export function relationDetails(text: string, changes: Partial<RelationDetails> = {}): RelationDetails {
  const name = { schema: text, name: text };
  return {
    readAt: '2026-05-04T12:00:00.000Z',
    sizes: { total: 1_536_000, table: 1_000_000, indexes: 500_000, toast: 36_000 },
    statistics: {
      liveRows: 1200,
      deadRows: 3,
      changedSinceAnalyze: 7,
      lastAnalyze: '2026-05-04T11:00:00.000Z',
      lastVacuum: null,
    },
    definition: null,
    foreignServer: text,
    indexes: [{ name: text, definition: text, bytes: 8192 }],
    policies: [{ name: text, command: 'update', permissive: false, roles: [text], using: text, check: text }],
    triggers: [{ name: text, definition: text, enabled: 'disabled' }],
    sequences: [{ ...name, column: text, identity: true }],
    grants: [{ grantee: text, grantor: text, privileges: [text], grantable: true, column: text }],
    inherits: [name],
    inheritedBy: [name],
    leaves: [{ ...name, bound: text, parent: name, estimatedRows: 12, bytes: 100 }],
    ...changes,
  };
}
