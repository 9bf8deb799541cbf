import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../../src/connections/errors.ts';
import { parseConninfo } from '../../../../src/connectors/postgres/conninfo.ts';
import { valuesOf } from '../../../support/conninfo-values.ts';
import { libpqUris } from '../../../support/libpq-uris.ts';

const parse = (text: string) => valuesOf(parseConninfo(text));

/** Why it is refused, without showing anything of it; null when it is taken. */
function refusal(text: string): string | null {
  try {
    parseConninfo(text);
    return null;
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    expect(error).toMatchObject({ code: 'bad_url' });
    expect(inspect(error, { depth: 9 })).not.toContain('canary');
    return (error as UsageError).message.replace("the URL can't be used: ", '');
  }
}

describe('libpq’s own list of URIs', () => {
  const taken = libpqUris.filter(([, values]) => values !== 'refused');
  it.each(taken)('%s', (uri, values) => {
    expect(parse(uri)).toEqual(values);
  });

  const refused = libpqUris.filter(([, values]) => values === 'refused');
  it.each(refused)('%s is refused', (uri) => {
    expect(refusal(uri)).not.toBeNull();
  });
});

describe('a URI', () => {
  it.each([
    // Where the password ends, and what is decoded: other parsers differ here, and connect elsewhere.
    ['postgresql://u:a@b@h/db', { user: 'u', password: 'a', host: 'b@h', dbname: 'db' }],
    ['postgresql://u:p%40%2F%3A%3F%23@h/db', { user: 'u', password: 'p@/:?#', host: 'h', dbname: 'db' }],
    ['postgresql://u:p?%23&=#@h', { user: 'u', password: 'p?#&=#', host: 'h' }],
    ['postgresql://u:a:b@h', { user: 'u', password: 'a:b', host: 'h' }],
    ['postgresql://u:@h', { user: 'u', host: 'h' }],
    ['postgresql://h?password=a+b', { host: 'h', password: 'a+b' }],
    ['postgresql://h/a%2Fb', { host: 'h', dbname: 'a/b' }],
    ['postgresql://h/a/b', { host: 'h', dbname: 'a/b' }],
    ['postgresql://h/%C3%A4%F0%9F%98%80', { host: 'h', dbname: 'ä😀' }],
    ['postgresql://h/%2525', { host: 'h', dbname: '%25' }],
    // What stands in parameters wins.
    [
      'postgresql://u:p@h:1/db?user=v&host=i&port=2&dbname=e',
      { user: 'v', password: 'p', host: 'i', port: '2', dbname: 'e' },
    ],
    ['postgresql://h?host=', {}],
    // Several hosts.
    ['postgresql://h1,h2/db', { host: 'h1,h2', dbname: 'db' }],
    ['postgresql://h1:6543,h2:6543/db', { host: 'h1,h2', port: '6543', dbname: 'db' }],
    ['postgresql://h1:5432,h2/db', { host: 'h1,h2', port: '5432', dbname: 'db' }],
    ['postgresql://[::1],h2', { host: '::1,h2' }],
    // TLS and the rest.
    ['postgresql://h?ssl=true', { host: 'h', sslmode: 'require' }],
    [
      'postgresql://h?sslmode=verify-full&sslrootcert=r&sslcert=c&sslkey=k&sslcrl=l&sslpassword=p',
      {
        host: 'h',
        sslmode: 'verify-full',
        sslrootcert: 'r',
        sslcert: 'c',
        sslkey: 'k',
        sslcrl: 'l',
        sslpassword: 'p',
      },
    ],
    [
      'postgresql://h?channel_binding=require&options=-c%20geqo%3Doff',
      { host: 'h', channel_binding: 'require', options: '-c geqo=off' },
    ],
    [' postgresql://h/db\r\n', { host: 'h', dbname: 'db' }],
  ])('%s', (uri, values) => {
    expect(parse(uri)).toEqual(values);
  });

  it.each([
    ['http://canary@h/db', 'it does not start with postgresql://'],
    ['POSTGRESQL://canary@h', 'it does not start with postgresql://'],
    ['canary', 'it does not start with postgresql://'],
    ['canary@h/db', 'it does not start with postgresql://'],
    ['postgresql://u:12#canary@h:canary/db', 'its port is not a number from 1 to 65535'],
    ['postgresql://u:can/ary@h', 'its port is not a number from 1 to 65535'],
    ['postgresql://u:canary @h', 'it holds a space or line break; write %20 for a space'],
    ['postgresql://u:canary\u00a0@h', 'it holds a space or line break; write %20 for a space'],
    ['postgresql://u:canary\0@h', 'it holds a space or line break; write %20 for a space'],
    ['postgresql://u:canary%@h', 'a "%" is not followed by two hex digits; write %25 for itself'],
    ['postgresql://u:canary%ff@h', 'its percent-encoded text is not UTF-8'],
    ['postgresql://u:canary%00@h', 'it holds %00'],
    ['postgresql://u:p@h?password=canary&password=other', 'a parameter stands in it twice'],
    ['postgresql://h?sslmode=disable&ssl=true', 'a parameter stands in it twice'],
    ['postgresql://h?=canary', 'a parameter has no name'],
    ['postgresql://h?password=p&', 'a parameter lacks its "="'],
    [
      'postgresql://h1:1,h2:2',
      'its hosts have different ports; save one connection for each, or give all hosts one port',
    ],
    [
      'postgresql://h1,h2:6543',
      'its hosts have different ports; save one connection for each, or give all hosts one port',
    ],
    ['postgresql://h:0', 'its port is not a number from 1 to 65535'],
    ['postgresql://h:65536', 'its port is not a number from 1 to 65535'],
    ['postgresql://h:5432x', 'its port is not a number from 1 to 65535'],
    [
      'postgresql://h?sslmode=canary',
      'its sslmode is not one of disable, allow, prefer, require, verify-ca, verify-full',
    ],
    [
      'postgresql://h?sslmode=',
      'its sslmode is not one of disable, allow, prefer, require, verify-ca, verify-full',
    ],
  ])('%j is refused', (uri, why) => {
    expect(refusal(uri)).toBe(why);
  });
});

describe('a keyword/value string', () => {
  it.each([
    ['host=h port=6543 dbname=db user=u', { host: 'h', port: '6543', dbname: 'db', user: 'u' }],
    ["host = 'h' user\t=\nu", { host: 'h', user: 'u' }],
    ["host='h'user=u", { host: 'h', user: 'u' }],
    ["password='it\\'s a \\\\ b'", { password: "it's a \\ b" }],
    ["password=it's", { password: "it's" }],
    ['password=a\\ b host=h', { password: 'a b', host: 'h' }],
    ['host=h password=a\\ ', { host: 'h', password: 'a ' }],
    ['host=h password=a=b@c%41+', { host: 'h', password: 'a=b@c%41+' }],
    ['password=a\u00a0b', { password: 'a\u00a0b' }],
    ["host=h password='' dbname=''", { host: 'h' }],
    ['host=h password= dbname=db', { host: 'h', password: 'dbname=db' }],
    ['host=h1,h2 port=6543,6543', { host: 'h1,h2', port: '6543' }],
    ['\n host=h\n', { host: 'h' }],
  ])('%j', (text, values) => {
    expect(parse(text)).toEqual(values);
  });

  it.each([
    ['host=h canary', 'a keyword lacks its "="'],
    ['host=h canary user=u', 'a keyword lacks its "="'],
    ['=canary', 'a keyword lacks its "="'],
    ["password='canary", 'a quoted value lacks its closing quote'],
    ["password='canary\\'", 'a quoted value lacks its closing quote'],
    ['password=canary password=p', 'a keyword stands in it twice'],
    ["host=h host=''", 'a keyword stands in it twice'],
    ['password=canary\0', 'it holds a NUL character'],
    [
      "host=h sslmode=''",
      'its sslmode is not one of disable, allow, prefer, require, verify-ca, verify-full',
    ],
  ])('%j is refused', (text, why) => {
    expect(refusal(text)).toBe(why);
  });
});

it.each(['', ' \n'])('%j is refused', (text) => {
  expect(refusal(text)).toBe('it is empty');
});

describe('a parameter that a connection does not take', () => {
  it.each(['service', 'passfile', 'pgbouncer', 'sslcertmode'])('%s is named', (name) => {
    const why = `it carries the parameter "${name}", which a connection does not take`;
    expect(refusal(`postgresql://h?${name}=x`)).toBe(why);
    expect(refusal(`host=h ${name}=x`)).toBe(why);
    expect(refusal(`host=h ${name}=''`)).toBe(why);
  });

  // The rest of a password with "&" or a blank in it.
  it.each(['canary', 'HOST', '__proto__', 'toString'])('%s is not repeated', (name) => {
    const why =
      'it carries a parameter whose name is not one of PostgreSQL’s, which a connection does not take';
    for (const text of [`postgresql://h?password=a&${name}=x`, `password=a ${name}=x`, `host=h ${name}=''`]) {
      expect(refusal(text)).toBe(why);
    }
  });
});

it('never shows a password in a refusal', () => {
  const password = fc
    .string({ unit: fc.constantFrom(...'%@:/?#&=[], \'"\\+é'), maxLength: 4 })
    .map((odd) => `${odd}canary${odd}`);
  const around = fc.constantFrom(
    ['postgresql://u:', '@h:1/db?sslmode=x'],
    ['postgresql://h?password=', '&sslmode=x'],
    ['postgres//u:', '@h'],
    ['', '://u@h'],
    ['host=h password=', ' sslmode=x'],
    ["host=h password='", "' sslmode=x"],
    ['host=h port=', ''],
  );
  let refused = 0;
  fc.assert(
    fc.property(password, around, (text, [before, after]) => {
      if (refusal(before + text + after) !== null) refused += 1;
    }),
    { numRuns: 1000 },
  );
  expect(refused).toBeGreaterThan(500);
});
