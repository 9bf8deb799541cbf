import type {
  Connection,
  ProviderPreset,
  StageResult,
  TestResult,
} from '../../../src/connections/connection.ts';
import type { Discovery, Relation } from '../../../src/metadata/discovery.ts';
import type { View } from '../../../src/output/answer.ts';
import { plainTheme } from '../../../src/output/theme.ts';

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
    name: 'orders',
    kind: 'table',
    comment: 'every order',
    estimatedRows: 1234567,
    columns: [
      {
        name: 'id',
        type: 'bigint',
        nullable: false,
        default: null,
        identity: 'always',
        generated: null,
        comment: null,
      },
      {
        name: 'customer_id',
        type: 'integer',
        nullable: true,
        default: '0',
        identity: null,
        generated: null,
        comment: 'who bought',
      },
    ],
    primaryKey: { name: 'orders_pkey', columns: ['id'] },
    foreignKeys: [
      {
        name: 'orders_customer',
        columns: ['customer_id'],
        referencedSchema: 'crm',
        referencedTable: 'customers',
        referencedColumns: ['id'],
      },
    ],
    uniques: [],
    checks: [],
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
    schemas: [{ name: 'public', relations: [relation()] }],
    ...changes,
  };
}
