import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDotenv } from '../../../../src/connections/exchange/dotenv.ts';
import { freeName, validName } from '../../../../src/connections/exchange/imported-names.ts';
import { findPassword, parsePassfile } from '../../../../src/connections/exchange/passfile.ts';
import { parseServiceFile } from '../../../../src/connections/exchange/read-pg-service.ts';
import { serviceSection } from '../../../../src/connections/exchange/service-text.ts';
import { fillIn, readTemplate } from '../../../../src/connections/exchange/template.ts';
import { nameComplaint } from '../../../../src/connections/names.ts';
import { passfileText } from '../../../../src/connectors/postgres/passfile.ts';
import { Secret } from '../../../../src/secrets/secret.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const line = text.filter((it) => !/[\n\r\0]/.test(it));

describe('a .env file', () => {
  const braced = '$' + '{B}';

  test.each([
    ['A=b', 'b'],
    ['export A=b', 'b'],
    ['  A = b  ', 'b'],
    ['A=', ''],
    ['A=b # comment', 'b'],
    ['A=b#no-comment', 'b#no-comment'],
    ['A=#comment', ''],
    ["A='b # $c \\n'", 'b # $c \\n'],
    ['A="b\\n\\"c\\" \\$d \\x"', 'b\n"c" $d \\x'],
    ['A=`it\'s "x"`', 'it\'s "x"'],
    ['A="two\nlines" # and a comment', 'two\nlines'],
    ['A=1\nA=2', '2'],
    ['\ufeffA=b\r\n', 'b'],
    [`B=x\nA=${braced}y$B`, 'xy$B'],
    [`B=x\nA='${braced}'`, braced],
    ['A=\\n', '\\n'],
  ])('%j', (source, value) => {
    expect(parseDotenv(source).variables.find(({ name }) => name === 'A')?.value).toBe(value);
  });

  test.each([
    ['A="open', 1],
    ["\n\nA='open", 3],
    ['A="x" y', 1],
    ['A="1\n2"\nno variable', 3],
  ])('%j is complained of by its line', (source, at) => {
    expect(parseDotenv(source).complaints.map((it) => it.line)).toEqual([at]);
  });

  test('a value in single quotes is as it is, one in double quotes comes back from its escapes', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        fc.pre(!a.includes("'") && !/\r/.test(a + b));
        const double = b.replace(/["\\$]/g, '\\$&').replaceAll('\n', '\\n');
        const { variables, complaints } = parseDotenv(`A='${a}'\nB="${double}"\nC=last`);
        expect(complaints).toEqual([]);
        expect(variables.map(({ value }) => value)).toEqual([a, b, 'last']);
      }),
    );
  });

  test('never throws, and names lines that are there', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'A=\'"`\\$\n# {}') }), (source) => {
        const { variables, complaints } = parseDotenv(source);
        const lines = source.split('\n').length;
        for (const { line } of [...variables, ...complaints])
          expect(line).toSatisfy((it: number) => it >= 1 && it <= lines);
      }),
    );
  });
});

describe('a password file', () => {
  test('gives back the password that was written for an endpoint, whatever it is', () => {
    fc.assert(
      fc.property(line, line, (user, password) => {
        fc.pre(user !== '' && password !== '' && Buffer.from(user + password).toString() === user + password);
        const written = passfileText({ host: '::1', port: 6432, username: user }, new Secret(password)) ?? '';
        const values = new Map(Object.entries({ host: '::1', port: '6432', dbname: 'd', user }));
        expect(findPassword(parsePassfile(written), values)).toBe(password);
        expect(findPassword(parsePassfile(written), new Map([...values, ['user', `${user}x`]]))).toBeNull();
      }),
    );
  });

  test('the first line that matches counts, and a * that is no name', () => {
    const entries = parsePassfile(
      '#h:1:d:u:comment\nh:1:d:\\*:star\n*:*:*:u:any\nh:1:d:u:late\nshort:line\n',
    );
    const values = new Map(Object.entries({ host: 'h', port: '1', dbname: 'd', user: 'u' }));
    expect(findPassword(entries, values)).toBe('any');
    expect(findPassword(entries, new Map([...values, ['user', '*']]))).toBe('star');
    expect(findPassword(entries, new Map([...values, ['user', 'v']]))).toBeNull();
  });

  test('a socket goes by its directory, or by localhost; no host too', () => {
    const entries = parsePassfile('localhost:5432:d:u:here');
    const values = new Map(Object.entries({ dbname: 'd', user: 'u' }));
    expect(findPassword(entries, values)).toBe('here');
    expect(findPassword(entries, new Map([...values, ['host', '/run/pg']]))).toBe('here');
  });
});

test('a service file gives back what was written into it, or was not written', () => {
  const name = line.filter((it) => it !== '');
  const keyword = fc.constantFrom('host', 'dbname', 'user', 'options', 'password');
  fc.assert(
    fc.property(name, fc.dictionary(keyword, line), (section, values) => {
      const written = serviceSection(section, new Map(Object.entries(values)));
      fc.pre(written !== null);
      const [read, ...others] = parseServiceFile(`# x\n${written}`);
      expect(others).toEqual([]);
      expect(read).toMatchObject({ name: section, line: 2, complaint: null });
      expect(Object.fromEntries(read?.values ?? [])).toEqual({ ...values });
    }),
  );
});

test.each([
  ["{{ env_var('X') }}", { kind: 'variable', name: 'X' }],
  ['{{env_var("X")}}', { kind: 'variable', name: 'X' }],
  ["{{ env_var('X', 'default') }}", { kind: 'text', text: 'x' }],
  ["{{ env_var('Y', 'a \"b\"') }}", { kind: 'text', text: 'a "b"' }],
  ["pre-{{ env_var('X') }}-post", { kind: 'text', text: 'pre-x-post' }],
  ["{{ env_var('Z', 5432) | as_number }}", { kind: 'text', text: '5432' }],
  ["{{ env_var('Z') }}{{ env_var('X') }}", { kind: 'unknown' }],
  ['{{ var("x") }}', { kind: 'unknown' }],
  ['{% if x %}', { kind: 'unknown' }],
  ['100% {sure} $1', { kind: 'text', text: '100% {sure} $1' }],
])('of dbt, %j', (source, expected) => {
  expect(readTemplate(source, { X: 'x' })).toMatchObject(expected);
});

test('a variable that holds a template is not filled in again', () => {
  expect(fillIn("{{ env_var('X') }}", { X: "{{ env_var('Y') }}" })).toEqual({
    kind: 'text',
    text: "{{ env_var('Y') }}",
  });
});

test('any name becomes one that can be saved, the same each time', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 150 }), (input) => {
      const name = validName(input);
      expect(nameComplaint(name)).toBeNull();
      expect(validName(name)).toBe(name);
      const second = freeName(name, (it) => it === name);
      expect(nameComplaint(second)).toBeNull();
      expect(second).not.toBe(name);
    }),
    { numRuns: 30 },
  );
  expect(validName('--all')).toBe('all');
  expect(validName('orders\u0000\u202e-x')).toBe('orders-x');
  expect(validName('d9428888-122b-11e1-b85c-61cd3cbb3210')).toMatch(/^imported-/);
});
