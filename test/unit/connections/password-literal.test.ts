import { describe, expect, it } from 'vitest';
import { mayCarryPassword } from '../../../src/connections/password-literal.ts';

describe('a statement that may carry a password', () => {
  it.each([
    "alter role app password 'x'",
    "ALTER USER app WITH ENCRYPTED\n  PASSWORD 'x'",
    'create role app login password $$x$$',
    'create role app password $tag$x$tag$',
    "create user mapping for app server s options (user 'u', password 'x')",
    "select * from dblink('host=db user=u password=x', 'select 1')",
    'select dblink_connect($$dbname=d passwd=x$$)',
    "create subscription s connection 'postgresql://u:secret@db/d' publication p",
    "insert into users (name, password) values ('a', 'b')",
    "update users set api_key = 'x'",
    "select crypt('x', gen_salt('bf'))",
    "select pgp_sym_decrypt(data, 'x') from t",
    "alter role app password 'SCRAM-SHA-256$4096:salt$stored:server'",
    "update t set hash = 'md50123456789abcdef0123456789abcdef'",
    "alter role app password 'open",
  ])('%j', (statement) => {
    expect(mayCarryPassword(statement)).toBe(true);
  });

  it.each([
    "select * from orders where note = 'x'",
    'select password is null from users',
    "select * from users where email = 'me@example.com'",
    "select 'https://example.com/a:b'",
    'alter role app password null',
  ])('%j does not', (statement) => {
    expect(mayCarryPassword(statement)).toBe(false);
  });

  it('is told quickly of a long one', () => {
    const started = performance.now();
    mayCarryPassword(`select ${'password '.repeat(20_000)}`);
    mayCarryPassword(`${'a'.repeat(200_000)}`);
    mayCarryPassword(`${'a://'.repeat(50_000)}`);
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
