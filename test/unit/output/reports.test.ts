import { describe, expect, test } from 'vitest';
import type { DoctorFinding, PlanStep, SecretsStatus } from '../../../src/connections/reports.ts';
import {
  doctorReportSchema,
  errorSchema,
  planSchema,
  presetListSchema,
  secretsStatusSchema,
} from '../../../src/connections/schema.ts';
import { renderAnswer } from '../../../src/output/answer.ts';
import { applyPlan } from '../../../src/output/apply-plan.ts';
import { doctorReport } from '../../../src/output/doctor-report.ts';
import { errorJson, errorText } from '../../../src/output/error.ts';
import { doneLine, warningLine } from '../../../src/output/notice.ts';
import { presetCatalog } from '../../../src/output/preset-catalog.ts';
import { secretsStatus } from '../../../src/output/secrets-status.ts';
import { plainTheme } from '../../../src/output/theme.ts';
import { pipe, preset, terminal } from './samples.ts';

describe('presetCatalog', () => {
  const replica = preset({
    provider: 'replica',
    title: 'Read replica',
    roles: ['source'],
    defaults: { port: 5433, database: null, schema: 'public', sslMode: 'require' },
  });

  test('both roles', () => {
    expect(presetCatalog([preset(), replica], null).text(terminal(80))).toBe(
      [
        'Available now',
        '',
        'PostgreSQL  postgres',
        '  Neon  neon',
        '    port 5432, database neondb, schema public, SSL mode verify-full',
        '    as a source: a role that may read',
        '    as a destination: a role that may write',
        '  Read replica  replica',
        '    port 5433, schema public, SSL mode require',
        '    as a source: a role that may read',
        '',
        'Add one: jackfield connections add postgres',
        '',
      ].join('\n'),
    );
  });

  test('one role has what can be connected as it, and what that needs', () => {
    const answer = presetCatalog([preset(), replica], 'destination');
    expect(presetListSchema.parse(answer.value)).toEqual([preset()]);
    expect(answer.text(terminal(80))).toContain('    as a destination: a role that may write\n\nAdd one:');
    expect(answer.text(terminal(80))).toContain('connections add postgres --role destination\n');
    expect(answer.text(terminal(80))).not.toContain('as a source');
  });

  test('CSV', async () => {
    expect(await renderAnswer('csv', presetCatalog([replica], null), pipe)).toBe(
      'connector,provider,title,roles,status,port,database,schema,sslMode,needsAsSource,needsAsDestination\n' +
        'postgres,replica,Read replica,"[""source""]",available,5433,,public,require,a role that may read,a role that may write\n',
    );
  });
});

describe('applyPlan', () => {
  const steps: PlanStep[] = [
    { action: 'add', kind: 'connection', name: 'orders', role: 'source', changes: [] },
    { action: 'change', kind: 'connection', name: 'sink', role: 'destination', changes: ['host', 'port'] },
    { action: 'same', kind: 'connection', name: 'log', role: 'source', changes: [] },
    { action: 'delete', kind: 'connection', name: 'old', role: 'source', changes: [] },
  ];

  test('what would be done', () => {
    expect(applyPlan(steps, { done: false }).text(terminal(80))).toBe(
      [
        '+ add     source orders',
        '~ change  destination sink: host, port',
        '- delete  source old',
        '',
        '1 to add, 1 to change, 1 to delete, 1 unchanged; nothing was done yet',
        '',
      ].join('\n'),
    );
  });

  test('what was done', () => {
    expect(applyPlan(steps.slice(2, 3), { done: true }).text(terminal(80))).toBe(
      '0 added, 0 changed, 0 deleted, 1 unchanged\n',
    );
  });

  test('JSON is the contract; CSV', async () => {
    const answer = applyPlan(steps.slice(1, 2), { done: true });
    expect(planSchema.parse(answer.value)).toEqual(steps.slice(1, 2));
    expect(await renderAnswer('csv', answer, pipe)).toBe(
      'action,name,role,changes,kind\nchange,sink,destination,"[""host"",""port""]",connection\n',
    );
  });
});

describe('secretsStatus', () => {
  const vault: SecretsStatus = {
    backend: 'vault',
    keychain: { available: false, message: 'no Secret Service' },
    vault: { exists: true, kdf: 'scrypt N=131072 r=8 p=1', openedBy: null },
    stored: 3,
    references: 1,
  };

  test('of a vault', () => {
    expect(secretsStatus(vault).text(terminal(80))).toBe(
      [
        'Secrets are kept in  the vault',
        'Stored               3',
        'References           1',
        'Keychain             not available: no Secret Service',
        'Vault                exists: scrypt N=131072 r=8 p=1',
        'Vault is opened by   nothing at hand: it would be asked for',
        '',
      ].join('\n'),
    );
  });

  test('before the first secret', () => {
    const fresh: SecretsStatus = {
      backend: null,
      keychain: { available: true, message: null },
      vault: { exists: false, kdf: null, openedBy: null },
      stored: 0,
      references: 0,
    };
    expect(secretsStatus(fresh).text(terminal(80))).toBe(
      [
        'Secrets are kept in  not chosen yet: the first secret decides',
        'Stored               0',
        'References           0',
        'Keychain             available',
        'Vault                not made yet',
        '',
      ].join('\n'),
    );
  });

  test('JSON is the contract; CSV', async () => {
    expect(secretsStatusSchema.parse(secretsStatus(vault).value)).toEqual(vault);
    expect(await renderAnswer('csv', secretsStatus(vault), pipe)).toBe(
      'backend,keychainAvailable,keychainMessage,vaultExists,vaultKdf,vaultOpenedBy,stored,references\n' +
        'vault,false,no Secret Service,true,scrypt N=131072 r=8 p=1,,3,1\n',
    );
  });
});

describe('doctorReport', () => {
  const findings: DoctorFinding[] = [
    { check: 'catalog', status: 'ok', code: 'catalog_sound', message: 'the catalog is sound', fix: null },
    {
      check: 'permissions',
      status: 'problem',
      code: 'too_open',
      message: 'others may read it',
      fix: 'chmod 600 x',
    },
    { check: 'secrets', status: 'repaired', code: 'orphan', message: 'an orphan was removed', fix: null },
    { check: 'secrets', status: 'unknown', code: 'locked', message: 'the keychain is locked', fix: null },
  ];

  test('has a line a finding', () => {
    expect(doctorReport(findings).text(terminal(80))).toBe(
      [
        '✓ ok        catalog      the catalog is sound',
        '✗ problem   permissions  others may read it',
        '            → chmod 600 x',
        '✓ repaired  secrets      an orphan was removed',
        '! unknown   secrets      the keychain is locked',
        '',
        '1 problem found.',
        '',
      ].join('\n'),
    );
    expect(doctorReport(findings.slice(0, 1)).text(pipe)).toMatch(/\nNo problems found\.\n$/);
  });

  test('JSON is the contract; CSV', async () => {
    expect(doctorReportSchema.parse(doctorReport(findings).value)).toEqual(findings);
    expect(await renderAnswer('csv', doctorReport(findings.slice(1, 2)), pipe)).toBe(
      'check,status,code,message,fix\npermissions,problem,too_open,others may read it,chmod 600 x\n',
    );
  });
});

describe('errors and notices', () => {
  const error = {
    code: 'no_such_connection',
    message: 'no connection is called "x\x1b[2J"',
    fix: 'jackfield connections list',
  };

  test('an error has its fix on the line below', () => {
    expect(errorText(error, pipe)).toBe(
      'jackfield: no connection is called "x\\x1b[2J"\n  → jackfield connections list\n',
    );
    expect(errorText({ ...error, fix: null }, pipe)).toBe('jackfield: no connection is called "x\\x1b[2J"\n');
  });

  test('an error as JSON is one line of the contract, and nothing else of the error', () => {
    const withMore = Object.assign(new Error(error.message), { ...error, secret: 'c4nary' });
    const json = errorJson(withMore);
    expect(json).toBe(
      '{"error":{"code":"no_such_connection","message":"no connection is called \\"x\\u001b[2J\\"","fix":"jackfield connections list"}}\n',
    );
    expect(errorSchema.parse(JSON.parse(json))).toEqual({ error });
  });

  test('notices', () => {
    expect(doneLine('Saved source a\u202eb.', plainTheme)).toBe('✓ Saved source a\\u202eb.\n');
    expect(warningLine('never tested', plainTheme)).toBe('! warning: never tested\n');
    expect(warningLine('never tested', plainTheme, 'jackfield connections test x')).toBe(
      '! warning: never tested\n  → jackfield connections test x\n',
    );
  });
});
