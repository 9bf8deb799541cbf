import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseConninfo } from '../../../../src/connectors/postgres/conninfo.ts';
import { formatUri } from '../../../../src/connectors/postgres/format-uri.ts';
import { handOver } from '../../../../src/connectors/postgres/hand-over.ts';
import { passfileText } from '../../../../src/connectors/postgres/passfile.ts';
import { Secret } from '../../../../src/secrets/secret.ts';
import { anEndpoint } from '../../../support/endpoint.ts';

const none = { password: null, sslKeyPassword: null };
const word = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  .filter((text) => !text.includes('\0') && Buffer.from(text).toString() === text);

/** What libpq's passwordFromFile makes of a line: fields between colons, a backslash takes the next one as it is. */
function fieldsOf(line: string): string[] {
  const fields = line.match(/(?:[^\\:]|\\.)+/gsu) ?? [];
  return fields.map((field) => field.replace(/\\(.)/gsu, '$1'));
}

test('a password file gives back what went into it, whatever it is', () => {
  fc.assert(
    fc.property(word, word, (username, password) => {
      fc.pre(!/[\n\r]/.test(username + password));
      const text = passfileText({ host: 'db,::1', port: 5433, username }, new Secret(password)) ?? '';
      const lines = text.trimEnd().split('\n').length === 2 ? text.split('\n').slice(0, 2) : [];
      expect(lines.map(fieldsOf)).toEqual([
        ['db', '5433', '*', username, password],
        ['::1', '5433', '*', username, password],
      ]);
    }),
  );
});

test('a password file has a line for the name by which libpq looks for a socket', () => {
  const text = passfileText({ host: '/run/pg', port: 5432, username: '*' }, new Secret('x'));
  expect(text).toBe('/run/pg:5432:*:\\*:x\nlocalhost:5432:*:\\*:x\n');
});

test.each(['a\nb', 'a\r', 'a\0b'])('what no line holds is in none: %j', (password) => {
  expect(passfileText(anEndpoint(), new Secret(password))).toBeNull();
  const { files, complaint } = handOver(anEndpoint(), { ...none, password: new Secret(password) });
  expect(files).toEqual([]);
  expect(complaint).toMatch(/line break/);
});

test('variables say the endpoint, and hold no secret', () => {
  const endpoint = anEndpoint({
    host: 'a,b',
    sslMode: 'verify-full',
    sslRootCert: '/ca.pem',
    options: {
      hostaddr: '10.0.0.1,10.0.0.2',
      target_session_attrs: 'read-write',
      channel_binding: 'require',
    },
  });
  const { variables, files } = handOver(endpoint, { ...none, password: new Secret('s3cret') });
  expect(variables).toEqual({
    PGHOST: 'a,b',
    PGHOSTADDR: '10.0.0.1,10.0.0.2',
    PGPORT: '5432',
    PGDATABASE: 'shop',
    PGUSER: 'reader',
    PGSSLMODE: 'verify-full',
    PGSSLROOTCERT: '/ca.pem',
    PGSSLCERTMODE: 'disable',
    PGTARGETSESSIONATTRS: 'read-write',
    PGCHANNELBINDING: 'require',
  });
  expect(files.map(({ name, variable }) => [name, variable])).toEqual([['passfile', 'PGPASSFILE']]);
});

test("a service file holds what no variable can: the key's password, and some options", () => {
  const endpoint = anEndpoint({ sslCert: '/c', sslKey: '/k', options: { keepalives_idle: '30' } });
  const { variables, files } = handOver(endpoint, { ...none, sslKeyPassword: new Secret('open #me') });
  expect(variables).toMatchObject({ PGSERVICE: 'jackfield', PGSSLCERT: '/c', PGSSLKEY: '/k' });
  expect(variables).not.toHaveProperty('PGSSLCERTMODE');
  expect(files.map(({ name, variable, content }) => [name, variable, content.reveal()])).toEqual([
    ['service', 'PGSERVICEFILE', '[jackfield]\nkeepalives_idle=30\nsslpassword=open #me\n'],
  ]);
});

test('nothing is written where there is nothing to be hidden', () => {
  expect(handOver(anEndpoint(), none)).toMatchObject({ files: [], complaint: null });
});

test('a URL is read back as what it was made of', () => {
  const hosts = fc.constantFrom('db.example.com', 'a,b', '::1', '10.0.0.1,::1', '/run/postgresql');
  fc.assert(
    fc.property(hosts, word, word, word, word, (host, username, database, password, options) => {
      const endpoint = anEndpoint({ host, username, database, port: 6543, options: { options } });
      const secrets = { password: new Secret(password), sslKeyPassword: new Secret(`${password}2`) };
      const url = formatUri(endpoint, secrets).reveal();
      expect(url).toMatch(/^[\w.~:/?&=%@[\],-]+$/);
      const read = parseConninfo(url);
      expect(read.password?.reveal()).toBe(password);
      expect(read.sslKeyPassword?.reveal()).toBe(`${password}2`);
      expect(read.endpoint).toEqual({
        host,
        port: 6543,
        username,
        database,
        sslMode: 'disable',
        options: { options },
      });
    }),
  );
});
