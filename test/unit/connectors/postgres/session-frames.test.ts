import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SessionFrames } from '../../../../src/connectors/postgres/session-frames.ts';

const bounds = { maxMessage: 4096, maxTotal: 64 * 1024 };
const framesOf = (given = bounds) => new SessionFrames(given, (text) => new Error(text));

function header(letter: string, length: number): Buffer {
  const bytes = Buffer.alloc(5);
  bytes.write(letter, 'latin1');
  bytes.writeInt32BE(length, 1);
  return bytes;
}

function frame(letter: string, body: Uint8Array): Buffer {
  return Buffer.concat([header(letter, body.length + 4), body]);
}

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let at = 0;
  for (let index = 0; at < bytes.length; index += 1) {
    const end = at + (sizes[index % sizes.length] ?? 1);
    chunks.push(bytes.subarray(at, end));
    at = end;
  }
  return chunks;
}

/** An error's or notice's body: fields of a letter and a text, and a NUL after the last. */
const fieldList = fc
  .array(fc.tuple(fc.constantFrom(...'SVCMDHPqWstcdnFLR'), fc.string({ unit: 'grapheme', maxLength: 20 })), {
    maxLength: 5,
  })
  .map((fields) =>
    Buffer.from(`${fields.map(([letter, text]) => `${letter}${text.replaceAll('\0', '')}\0`).join('')}\0`),
  );
const held = fc.tuple(fc.constantFrom('E', 'N'), fieldList);
const passing = fc.tuple(fc.constantFrom(...'123ACDGHIKSTVWZcdnst'), fc.uint8Array({ maxLength: 60 }));
const messages = fc
  .array(fc.oneof({ weight: 2, arbitrary: passing }, { weight: 1, arbitrary: held }), { maxLength: 12 })
  .map((some) => some.map(([letter, body]) => frame(letter, body)));
const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });

describe('the frames of a session', () => {
  it('pass as they are, however they are cut', () => {
    fc.assert(
      fc.property(messages, sizes, (frames, by) => {
        const bytes = Buffer.concat(frames);
        const session = framesOf();
        const passed = cut(bytes, by).map((chunk) => session.pass(chunk));
        expect(Buffer.concat(passed).equals(bytes)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('do not wait for the end of a message, unless it is an error or a notice', () => {
    for (const letter of 'DEN') {
      const bytes = frame(letter, Buffer.from('SERROR\0MNo\0\0'));
      const session = framesOf();
      const early = session.pass(bytes.subarray(0, -1));
      expect(early.length).toBe(letter === 'D' ? bytes.length - 1 : 0);
      const late = session.pass(bytes.subarray(-1));
      expect(Buffer.concat([early, late]).equals(bytes)).toBe(true);
    }
  });

  const split = (bytes: Buffer, by: readonly number[], given = bounds) => {
    const session = framesOf(given);
    return () => cut(bytes, by).map((chunk) => session.pass(chunk));
  };

  it('may be as long as is allowed and not longer, whatever is declared and however it is cut', () => {
    fc.assert(
      fc.property(
        messages,
        fc.constantFrom(...'DTSC'),
        fc.oneof(
          fc.integer({ min: bounds.maxMessage + 1, max: 0x7fffffff }),
          fc.integer({ min: -0x80000000, max: 3 }),
        ),
        sizes,
        (before, letter, length, by) => {
          const bytes = Buffer.concat([...before, header(letter, length)]);
          expect(split(bytes, by)).toThrow(`a message of ${length} bytes`);
        },
      ),
    );
    expect(split(header('D', bounds.maxMessage), [5])).not.toThrow();
    expect(split(header('D', 4), [5])).not.toThrow();
  });

  it('of errors and notices have a bound of their own', () => {
    const wide = { maxMessage: 0x7fffffff, maxTotal: 64 * 1024 };
    for (const letter of 'EN') {
      expect(split(header(letter, 1024 * 1024), [5], wide)).not.toThrow();
      expect(split(header(letter, 1024 * 1024 + 1), [5], wide)).toThrow('a message of 1048577 bytes');
    }
  });

  it('are bounded together', () => {
    const few = { maxMessage: 100, maxTotal: 100 };
    const one = frame('A', Buffer.alloc(45));
    const session = framesOf(few);
    session.pass(one);
    session.pass(one);
    expect(() => session.pass(Buffer.from('S'))).toThrow('more than was asked for');
  });

  it.each([
    ['rows without columns', 0, 'D', 2, 1000],
    ['rows that hold less than was described', 100, 'D', 2, 30],
    ['results without rows', 0, 'T', 2, 70],
    ['ends of results', 0, 'C', 1, 70],
  ] as const)('are counted by what is kept of them: %s', (_what, described, letter, body, most) => {
    const session = framesOf({ maxMessage: 4096, maxTotal: 64 * 1024 });
    session.pass(frame('T', Buffer.alloc(2 + 19 * described)));
    let passed = 0;
    expect(() => {
      for (; passed <= most; passed += 1) session.pass(frame(letter, Buffer.alloc(body)));
    }).toThrow('more than was asked for');
    expect(passed).toBeGreaterThan(most / 2);
  });

  it('of an answer that is over count no more in a session without an end, and in any other they do', () => {
    const answers = frame('C', Buffer.alloc(1));
    const over = Buffer.concat([answers, frame('Z', Buffer.from('I'))]);
    const endless = framesOf({ maxMessage: 4096, maxTotal: Number.POSITIVE_INFINITY });
    const many = Buffer.concat(Array.from({ length: 100 }, () => over));
    for (let passed = 0; passed < 1000; passed += 1) expect(endless.pass(many).length).toBe(many.length);
    const oneAnswer = () => {
      for (let passed = 0; passed < 100_000; passed += 1) endless.pass(answers);
    };
    expect(oneAnswer).toThrow('more than was asked for');
    expect(() => framesOf().pass(many)).toThrow('more than was asked for');
  });

  it('are of the types that a server sends', () => {
    const known = new Set('123ACDEGHIKNSTVWZcdnst');
    for (let code = 0; code < 256; code += 1) {
      const letter = String.fromCharCode(code);
      const refused = 'a message of a type that no server sends';
      if (known.has(letter)) expect(split(header(letter, 4 + 1), [1])).not.toThrow();
      else expect(split(header(letter, 4 + 1), [1])).toThrow(refused);
    }
  });

  it.each([
    ['nothing', ''],
    ['no NUL', 'SERROR'],
    ['no NUL after the last field', 'SERROR\0'],
    ['something after its end', 'SERROR\0\0x'],
    ['an end before its end', '\0SERROR\0\0'],
  ])('of an error hold what an error holds: not %s', (_, body) => {
    expect(split(frame('E', Buffer.from(body)), [3])).toThrow('an error or notice without its end');
    expect(split(frame('N', Buffer.from(body)), [3])).toThrow('an error or notice without its end');
    expect(split(frame('D', Buffer.from(body)), [3])).not.toThrow();
  });
});
