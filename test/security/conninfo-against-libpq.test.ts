import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { JackfieldError } from '../../src/connections/errors.ts';
import { parseConninfo } from '../../src/connectors/postgres/conninfo.ts';
import { valuesOf } from '../support/conninfo-values.ts';
import { startLibpq } from '../support/libpq.ts';
import { type LibpqValues, libpqUris } from '../support/libpq-uris.ts';

// A connection string leads where libpq says it leads, or nowhere: a password must not go to another
// host than every other program sends it to.

const libpq = await startLibpq();
if (typeof libpq === 'string') {
  if (process.env.CI) throw new Error(`libpq can't be asked: ${libpq}`);
  process.stderr.write(`skipped: connection strings against libpq (${libpq})\n`);
}

/** What ours takes from a connection string; null when it refuses it. */
function ours(text: string): LibpqValues | null {
  try {
    return valuesOf(parseConninfo(text));
  } catch (error) {
    if (error instanceof JackfieldError) return null;
    throw error;
  }
}

/** What libpq takes its default for when it is empty (fe-connect.c, pqConnectOptions2). */
const mayBeEmpty = new Set(
  'host hostaddr port dbname user password sslrootcert options application_name require_auth'.split(' '),
);

/** Without what only says the default: what is empty, the port 5432; and one port that is said twice once. */
function withoutDefaults(values: LibpqValues | null): LibpqValues | 'refused' {
  if (values === null) return 'refused';
  const said = Object.entries(values).map(([name, value]) => {
    if (name !== 'port') return [name, value] as const;
    const ports = new Set(value.split(',').map((port) => Number(port === '' ? '5432' : port)));
    const text = [...ports].join(',');
    return [name, text === '5432' ? '' : text] as const;
  });
  return Object.fromEntries(said.filter(([name, value]) => value !== '' || !mayBeEmpty.has(name)));
}

describe.skipIf(typeof libpq === 'string')('a connection string', () => {
  if (typeof libpq === 'string') return;
  afterAll(() => libpq.stop());

  /** Ours refuses, or takes from it what libpq takes. @returns whether ours takes it */
  const expectAgreement = async (text: string): Promise<boolean> => {
    const taken = ours(text);
    if (taken === null) return false;
    // Blanks around a URI, as pasted, are ours to drop.
    const theirs = await libpq.parse(/^\s*postgres(?:ql)?:\/\//.test(text) ? text.trim() : text);
    expect(withoutDefaults(taken)).toEqual(withoutDefaults(theirs));
    return true;
  };

  test.each(libpqUris)('of libpq’s own list: %s', async (uri, values) => {
    const theirs = await libpq.parse(uri);
    expect(theirs ?? 'refused').toEqual(values);
    expect(withoutDefaults(ours(uri))).toEqual(withoutDefaults(theirs));
  });

  const plain = fc.constantFrom(
    'h',
    'db',
    'a.b',
    '127.0.0.1',
    '::1',
    '/run',
    '5432',
    'require',
    'true',
    'a+b',
  );
  const awkward = fc.string({
    unit: fc.constantFrom(...'%@:/?#&=[],+ \'"\\\t\n\u00a0aé漢😀0'),
    maxLength: 6,
  });
  const text = fc.oneof(plain, awkward, fc.string({ unit: 'grapheme', maxLength: 4 })).map(withoutNul);
  const port = fc.constantFrom('5432', '6543', '05432', '', '0', '65536', '6543,6543', '6543,', '1,2');
  const sslmode = fc.constantFrom('disable', 'allow', 'require', 'verify-full', 'true', 'Require', '');
  const orNot = <T>(some: fc.Arbitrary<T>) => fc.option(some, { nil: null });
  const seldom = <T>(rare: fc.Arbitrary<T>, common: fc.Arbitrary<T>) =>
    fc.oneof({ weight: 1, arbitrary: rare }, { weight: 9, arbitrary: common });

  const names = ['host', 'dbname', 'user', 'password', 'sslrootcert', 'hostaddr', 'options', 'require_auth'];
  // What an older libpq does not know yet it can't be asked about.
  const known = [...names, 'channel_binding', 'sslnegotiation'].filter((name) =>
    libpq.parameters.includes(name),
  );
  const parameter = seldom<[string, string]>(
    fc.tuple(fc.constantFrom('uzer', 'HOST', 'service', ''), text),
    fc.oneof(
      { weight: 6, arbitrary: fc.tuple(fc.constantFrom(...known), text) },
      { weight: 1, arbitrary: fc.tuple(fc.constant('port'), port) },
      { weight: 2, arbitrary: fc.tuple(fc.constantFrom('sslmode', 'ssl'), sslmode) },
    ),
  );

  const broken = fc.constantFrom('%', '%4', '%zz', '%00', '%ff', '%C3%28', '%41', '%2525');
  /** Mostly as it should be written in a URI, so that much is taken. */
  const written = seldom(
    fc.oneof(
      text,
      fc.tuple(text, broken).map(([before, after]) => encodeURIComponent(before) + after),
    ),
    text.map(encodeURIComponent),
  );
  const host = seldom(
    fc.constantFrom('[', ']', '[]', '[::1]z', '[%3A%3A1]'),
    fc.oneof(
      fc.constantFrom('h', '[::1]', ''),
      written,
      written.map((inner) => `[${inner}]`),
    ),
  );
  const hosts = fc
    .array(fc.tuple(host, orNot(seldom(written, port))), { minLength: 1, maxLength: 3 })
    .map((some) => some.map(([before, after]) => before + (after === null ? '' : `:${after}`)).join(','));
  const sign = seldom(fc.constantFrom('==', '', '&'), fc.constant('='));
  const pair = fc
    .tuple(parameter, sign)
    .chain(([[name, value], between]) =>
      seldom(fc.constant(value), fc.constant(encodeURIComponent(value))).map(
        (after) => name + between + after,
      ),
    );
  const uri = fc
    .record({
      scheme: seldom(
        fc.constantFrom('postgre://', 'Postgres://'),
        fc.constantFrom('postgres://', 'postgresql://'),
      ),
      user: orNot(written),
      password: orNot(written),
      hosts,
      database: orNot(written),
      pairs: orNot(fc.array(pair, { maxLength: 3 })),
    })
    .map(
      (part) =>
        part.scheme +
        (part.user ?? '') +
        (part.password === null ? '' : `:${part.password}`) +
        (part.user === null && part.password === null ? '' : '@') +
        part.hosts +
        (part.database === null ? '' : `/${part.database}`) +
        (part.pairs === null ? '' : `?${part.pairs.join('&')}`),
    );

  const blank = fc.constantFrom(...' \t\n\v\f\r', '\u00a0', '');
  const asValue = (value: string) =>
    fc.oneof(
      { weight: 6, arbitrary: fc.constant(`'${value.replaceAll(/['\\]/g, '\\$&')}'`) },
      { weight: 4, arbitrary: fc.constant(value.replaceAll(/[\s'\\]/g, '\\$&')) },
      { weight: 2, arbitrary: fc.constant(value) },
      { weight: 1, arbitrary: fc.constantFrom('\\', "'", "'open", "'a'b", 'a\\ ', "''") },
    );
  const keyword = fc
    .tuple(blank, parameter, blank, sign, blank)
    .chain(([before, [name, value], left, between, right]) =>
      asValue(value).map((after) => before + name + left + between + right + after),
    );
  const keywords = fc.array(keyword, { minLength: 1, maxLength: 4 }).map((some) => some.join(' '));

  /** As many of the strings are taken as make the property worth having. */
  async function checkMany(strings: fc.Arbitrary<string>, examples: string[]): Promise<void> {
    let taken = 0;
    const numRuns = 10_000;
    await fc.assert(
      fc.asyncProperty(strings, async (conninfo) => {
        if (await expectAgreement(conninfo)) taken += 1;
      }),
      { numRuns, examples: examples.map((example): [string] => [example]) },
    );
    expect(taken).toBeGreaterThan(numRuns / 10);
  }

  test('of awkward characters in a URI is refused, or is what libpq takes it for', () =>
    checkMany(uri, [
      'postgresql://u:12#34@h/db',
      'postgresql://u:a@b@h/db',
      'postgresql://u@h/db?password=a+b',
      'postgresql://u@h/a%2Fb',
      'postgresql://u@h/db?sslmode=',
      'postgresql://u@h1,h2:6543/db',
      'postgresql://u@h1:6543,h2:6543/db',
      'postgresql://u@a%2Cb,c/db',
      'postgresql://u@h/db?host=other',
      'postgresql://u@h/db?ssl=true',
      'postgresql://h?options=a@evil/db',
      ' postgresql://u@h/db\n',
    ]));

  test('of keywords is refused, or is what libpq takes it for', () =>
    checkMany(keywords, [
      'host=h password=a\\ ',
      'host=h password=a\\\n',
      "host=h password='it\\'s'",
      'host=h password=a\u00a0b',
      "host = h port\t=\n6543 dbname = ''",
      "host=h uzer=''",
      'host=h host=evil',
      "host='h'user=u",
    ]));
});

function withoutNul(text: string): string {
  return text.replaceAll('\0', '');
}
