import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  keyValues,
  oneOf,
  readCount,
  readDuration,
  readPort,
  readSize,
  readVariableName,
  repeated,
} from '../../../src/cli/values.ts';
import { UsageError } from '../../../src/connections/errors.ts';

/** What a reader makes of a text; null when it refuses it, which it does without repeating it. */
function attempt<T>(read: (text: string) => T, text: string): T | null {
  try {
    return read(text);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    expect(error.code).toBe('bad_value');
    expect(error.fix).not.toBeNull();
    return null;
  }
}

const numberish = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'0123456789.-+eExms h٣'), maxLength: 8 }),
  fc.integer({ min: -5, max: 70_000 }).map(String),
  fc.string(),
);

describe('a port', () => {
  it('is a number from 1 to 65535, in digits', () => {
    fc.assert(
      fc.property(numberish, (text) => {
        const isPort = /^[0-9]{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535;
        expect(attempt(readPort, text)).toBe(isPort ? Number(text) : null);
      }),
      { numRuns: 2000 },
    );
  });

  it.each(['0', '70000', '65536', '-1', '+1', '1e3', '0x50', ' 80', '80 ', '', '5432,5433', '٣'])(
    'is not %j',
    (text) => {
      expect(attempt(readPort, text)).toBeNull();
    },
  );
});

describe('a count', () => {
  it('is a whole number from 1 to the most there may be', () => {
    fc.assert(
      fc.property(numberish, fc.integer({ min: 1, max: 1000 }), (text, most) => {
        const isCount =
          /^[0-9]+$/.test(text) && Number(text) >= 1 && Number(text) <= most && text.length <= 9;
        expect(attempt(readCount('--concurrency', most), text)).toBe(isCount ? Number(text) : null);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a time', () => {
  const read = readDuration('--timeout');

  it.each([
    ['10', 10_000],
    ['10s', 10_000],
    ['500ms', 500],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['1.5s', 1500],
    ['0.5', 500],
    ['0.001s', 1],
    ['1.4ms', 1],
    ['596h', 2_145_600_000],
  ])('%j is %d ms', (text, ms) => {
    expect(read(text)).toBe(ms);
  });

  it.each([
    '',
    '0',
    '0s',
    '-1s',
    '+1s',
    '1d',
    '1 s',
    's',
    '.5s',
    '1.s',
    '1e3',
    '0.4ms',
    '1.2345s',
    '597h',
    '999999999h',
    '1s2ms',
    '10S',
  ])('%j is none', (text) => {
    expect(attempt(read, text)).toBeNull();
  });

  it('is always one that a timer can wait for, in whole milliseconds', () => {
    fc.assert(
      fc.property(numberish, fc.constantFrom('', 'ms', 's', 'm', 'h'), (text, unit) => {
        const ms = attempt(read, text + unit);
        if (ms === null) return;
        expect(Number.isInteger(ms)).toBe(true);
        expect(ms).toBeGreaterThanOrEqual(1);
        expect(ms).toBeLessThanOrEqual(2 ** 31 - 1);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('one of several words', () => {
  it('is that word and nothing like it', () => {
    const read = oneOf('--role', ['source', 'destination']);
    expect(read('source')).toBe('source');
    for (const text of ['Source', 'src', '', 'source ', 'toString', '__proto__']) {
      expect(attempt(read, text)).toBeNull();
    }
  });

  it('is told as it is written there, for a flag and for a variable', () => {
    const fixOf = (read: (text: string) => unknown) => {
      try {
        return read('jsn');
      } catch (error) {
        return (error as UsageError).fix;
      }
    };
    const output = (name: string) => fixOf(oneOf(name, ['table', 'json']));
    expect([output('--output'), output('JACKFIELD_OUTPUT')]).toEqual([
      'did you mean --output json?',
      'did you mean JACKFIELD_OUTPUT=json?',
    ]);
    expect(['--timeout', 'JACKFIELD_TIMEOUT'].map((name) => fixOf(readDuration(name)))).toEqual([
      'use --timeout 10s, 500ms or 2m',
      'use JACKFIELD_TIMEOUT=10s, 500ms or 2m',
    ]);
  });
});

describe('the name of a variable', () => {
  it('is what a shell takes for one, and is not repeated otherwise', () => {
    const read = readVariableName('--password-env');
    fc.assert(
      fc.property(fc.string(), (text) => {
        const isName = /^[A-Za-z_]\w*$/.test(text);
        expect(attempt(read, text)).toBe(isName ? text : null);
      }),
    );
    expect(() => read('s3cret-pässword')).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('s3cret') }),
    );
  });
});

describe('KEY=VALUE, repeated', () => {
  const read = keyValues('--option');

  it('gives each key its value, up to the first "="', () => {
    const keys = fc.oneof(
      fc.stringMatching(/^[a-z_]{1,8}$/),
      fc.constantFrom('__proto__', 'constructor', 'toString'),
    );
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(keys, fc.string()), { selector: ([key]) => key, minLength: 1 }),
        (pairs) => {
          const words = pairs.map(([key, value]) => `${key}=${value}`);
          const read1 = words.reduce<Record<string, string> | undefined>(
            (former, word) => read(word, former),
            undefined,
          );
          expect(Object.entries(read1 ?? {})).toEqual(expect.arrayContaining(pairs));
          expect(Object.keys(read1 ?? {})).toHaveLength(pairs.length);
        },
      ),
    );
  });

  it('refuses a key that comes twice, and repeats no value', () => {
    expect(() => read('a=hunter2', { a: 'hunter2' })).toThrow(
      expect.objectContaining({ code: 'conflicting_flags', message: expect.not.stringContaining('hunter2') }),
    );
  });

  it.each(['', '=', '=x', 'novalue'])('refuses %j', (text) => {
    expect(attempt(read, text)).toBeNull();
  });
});

it('a flag that may be repeated gathers its values in order', () => {
  expect(
    ['a', 'b', 'a'].reduce<string[] | undefined>((former, text) => repeated(text, former), undefined),
  ).toEqual(['a', 'b', 'a']);
});

describe('a size', () => {
  it.each([
    ['0', 0],
    ['1', 1],
    ['1B', 1],
    ['8kB', 8192],
    ['8KiB', 8192],
    ['1.5MB', 1.5 * 1024 ** 2],
    ['2gib', 2 * 1024 ** 3],
    ['1TB', 1024 ** 4],
  ])('%s is %d bytes', (text, bytes) => {
    expect(attempt(readSize('--max-lag'), text)).toBe(bytes);
  });

  it.each(['', '-1', '1 GB', '1PB', '1e3', 'GB', '1G', '1.2345MB'])('is not %j', (text) => {
    expect(attempt(readSize('--max-lag'), text)).toBeNull();
  });
});
