import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { SecretError } from '../../../src/connections/errors.ts';
import { isSealed } from '../../../src/connections/exchange/sealing.ts';
import { openUnder, SealedExport, sealUnder } from '../../../src/secrets/sealed-export.ts';
import { Secret } from '../../../src/secrets/secret.ts';
import { makeVaultKey } from '../../../src/secrets/vault-key.ts';

// A derivation costs half a second, so that most of this is done under one key.

const passphrase = 'correct horse battery';
let made: Awaited<ReturnType<typeof makeVaultKey>>;
beforeAll(async () => {
  made = await makeVaultKey({ kind: 'passphrase', passphrase: new Secret(passphrase), from: 'prompt' });
});

const sealerFor = (JACKFIELD_EXPORT_PASSPHRASE: string) =>
  new SealedExport({ environment: { JACKFIELD_EXPORT_PASSPHRASE } });

function codeOf(text: string): string {
  try {
    openUnder(made.key, text);
    return 'opened';
  } catch (error) {
    if (error instanceof SecretError) return error.code;
    throw error;
  }
}

describe('a sealed export', () => {
  it('opens with its passphrase and no other', async () => {
    const sealed = await sealerFor(passphrase).seal('content ü');
    expect(await sealerFor(passphrase).open(sealed)).toBe('content ü');
    await expect(sealerFor('correct horse batterY').open(sealed)).rejects.toMatchObject({
      code: 'export_wrong_passphrase',
    });
  });

  it('does not open when the wrapped key or what it was derived with was changed', async () => {
    const sealed = sealUnder(made, 'content');
    for (const key of ['"wrappedKey":"', '"salt":"']) {
      const at = sealed.indexOf(key) + key.length;
      const changed = sealed.slice(0, at) + (sealed.charAt(at) === '0' ? '1' : '0') + sealed.slice(at + 1);
      await expect(sealerFor(passphrase).open(changed)).rejects.toMatchObject({
        code: 'export_wrong_passphrase',
      });
      // Who has the key itself finds the header changed.
      expect(codeOf(changed)).toBe('export_damaged');
    }
  });

  it('gives back any text, and shows nothing of it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 3000 }), (text) => {
        const clean = Buffer.from(text).toString();
        const sealed = sealUnder(made, clean);
        expect(isSealed(sealed)).toBe(true);
        expect(openUnder(made.key, sealed)).toBe(clean);
        if (clean.length > 8) expect(sealed).not.toContain(clean);
      }),
    );
  });

  it('is as long for a short password as for a longer one, and never the same twice', () => {
    expect(sealUnder(made, 'short').length).toBe(sealUnder(made, 'a longer text').length);
    expect(sealUnder(made, 'short')).not.toBe(sealUnder(made, 'short'));
  });

  it('any character of it that is changed keeps it shut', () => {
    const sealed = sealUnder(made, 'secret').trimEnd();
    fc.assert(
      fc.property(fc.nat(sealed.length - 1), fc.constantFrom(...'09afZ{"+ '), (place, character) => {
        fc.pre(sealed.charAt(place) !== character);
        const changed = sealed.slice(0, place) + character + sealed.slice(place + 1);
        expect(codeOf(changed)).toMatch(/^export_(damaged|too_new)$/);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['"N":131072', '"N":1024'],
    ['"N":131072', '"N":1073741824'],
    ['{"name":"scrypt","N":131072,"r":8,"p":1}', '{"name":"hkdf-sha256"}'],
    ['"format":"jackfield-export"', '"format":"jackfield-exporT"'],
    ['"version":1,"vault"', '"version":0,"vault"'],
    ['{"format"', '{"extra":1,"format"'],
    ['"sealed"', '"seaIed"'],
  ])('is refused before anything is derived with %s as %s', async (from, to) => {
    const sealed = sealUnder(made, 'content');
    expect(sealed).toContain(from);
    const sealer = new SealedExport({
      environment: {},
      askPassphrase: () => Promise.reject(new Error('nobody is to be asked')),
    });
    await expect(sealer.open(sealed.replace(from, to))).rejects.toMatchObject({ code: 'export_damaged' });
  });

  it('of a newer version says so, and one that is cut off is damaged', () => {
    const sealed = sealUnder(made, 'content');
    expect(codeOf(sealed.replace('"version":1,"vault"', '"version":2,"vault"'))).toBe('export_too_new');
    expect(codeOf(sealed.slice(0, -40))).toBe('export_damaged');
    expect(codeOf('{"format":"jackfield-export"')).toBe('export_damaged');
  });
});

describe('its passphrase', () => {
  it.each([
    [{}, 'export_locked'],
    [{ JACKFIELD_EXPORT_PASSPHRASE: '' }, 'export_passphrase_unfit'],
    [{ JACKFIELD_EXPORT_PASSPHRASE: 'a', JACKFIELD_EXPORT_PASSPHRASE_FILE: 'b' }, 'export_passphrase_unfit'],
    [{ JACKFIELD_EXPORT_PASSPHRASE_FILE: '/nowhere' }, 'export_passphrase_unfit'],
  ])('comes from one variable, and is not empty: %j', async (environment, code) => {
    await expect(new SealedExport({ environment }).seal('x')).rejects.toMatchObject({ code });
  });

  it('is asked of a person again after a wrong one', async () => {
    const purposes: string[] = [];
    const answers = ['wrong', passphrase];
    const askPassphrase = async (purpose: string) => {
      purposes.push(purpose);
      return new Secret(answers.shift() ?? '');
    };
    const sealer = new SealedExport({ environment: {}, askPassphrase });
    expect(await sealer.open(sealUnder(made, 'content'))).toBe('content');
    expect(purposes).toEqual(['open', 'open-again']);
  });
});
