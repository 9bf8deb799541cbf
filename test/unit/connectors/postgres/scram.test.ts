import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ScramExchange } from '../../../../src/connectors/postgres/scram.ts';
import {
  preparedPassword,
  scramKeys,
  scramVerifier,
} from '../../../../src/connectors/postgres/scram-keys.ts';
import { Secret } from '../../../../src/secrets/secret.ts';

const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest();

it('makes the keys of the example in RFC 7677', async () => {
  const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64');
  const { client, server } = await scramKeys(new Secret('pencil'), salt, 4096);
  const message =
    'n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,' +
    's=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0';
  const signature = hmac(createHash('sha256').update(client).digest(), message);
  const proof = Buffer.from(client.map((byte, at) => byte ^ (signature[at] ?? 0)));
  expect(proof.toString('base64')).toBe('dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=');
  expect(hmac(server, message).toString('base64')).toBe('6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=');
});

it('makes the verifier of the same password, as PostgreSQL keeps it', async () => {
  const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64');
  expect(await scramVerifier(new Secret('pencil'), 4096, salt)).toBe(
    'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
  );
});

it('makes keys once for the same password, salt and iterations, and anew for others', async () => {
  const salt = Buffer.from('salt');
  const first = scramKeys(new Secret('a'), salt, 4096);
  expect(scramKeys(new Secret('a'), salt, 4096)).toBe(first);
  for (const other of [
    scramKeys(new Secret('b'), salt, 4096),
    scramKeys(new Secret('a'), Buffer.from('pepper'), 4096),
    scramKeys(new Secret('a'), salt, 4097),
  ]) {
    expect((await other).client).not.toEqual((await first).client);
  }
});

it.each([
  ['as it is', 'a b~', 'a b~'],
  ['a space for other blanks', 'a\u00a0b\u3000c', 'a b c'],
  ['nothing for soft hyphens', 'a\u00adb', 'ab'],
  ['NFKC', '\ufb01', 'fi'],
  ['raw where it is prohibited', '\u0007\u00a0', '\u0007\u00a0'],
  ['raw where nothing would be left', '\u00ad', '\u00ad'],
])('prepares a password: %s', async (_what, given, prepared) => {
  expect(await preparedPassword(given)).toBe(prepared);
});

/** Plays the server's part up to its first message. */
function begun(certificate: Buffer | null = null, offered = ['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256']) {
  const exchange = new ScramExchange(offered, { password: new Secret('pencil'), certificate });
  const nonce = exchange.clientFirst.slice(exchange.clientFirst.indexOf('r=') + 2);
  return { exchange, nonce };
}

describe('the first message', () => {
  it.each([
    ['in the clear', null, ['SCRAM-SHA-256'], 'SCRAM-SHA-256', 'n,,n=,r='],
    ['over TLS, where nothing binds', Buffer.from('x'), ['SCRAM-SHA-256'], 'SCRAM-SHA-256', 'y,,n=,r='],
    [
      'over TLS',
      Buffer.from('x'),
      ['SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS'],
      'SCRAM-SHA-256-PLUS',
      'p=tls-server-end-point,,n=,r=',
    ],
  ])('%s', (_what, certificate, offered, mechanism, start) => {
    const { exchange, nonce } = begun(certificate, offered);
    expect(exchange.mechanism).toBe(mechanism);
    expect(exchange.clientFirst).toBe(start + nonce);
    expect(Buffer.from(nonce, 'base64')).toHaveLength(18);
    expect(begun().nonce).not.toBe(nonce);
  });
});

describe("the server's first message", () => {
  it.each<[what: string, message: (nonce: string) => string]>([
    ['a nonce that is ours alone', (nonce) => `r=${nonce},s=c2FsdA==,i=4096`],
    ['another nonce', (nonce) => `r=x${nonce},s=c2FsdA==,i=4096`],
    ['no salt', (nonce) => `r=${nonce}x,i=4096`],
    ['a salt that is no base64', (nonce) => `r=${nonce}x,s=c2F!,i=4096`],
    ['something behind the iterations', (nonce) => `r=${nonce}x,s=c2FsdA==,i=4096,x=1`],
    ['something before the nonce', (nonce) => `m=x,r=${nonce}x,s=c2FsdA==,i=4096`],
    ['iterations that are no number', (nonce) => `r=${nonce}x,s=c2FsdA==,i=4e3`],
    ['nothing', () => ''],
  ])('with %s is refused', async (_what, message) => {
    const { exchange, nonce } = begun();
    await expect(exchange.clientFinal(message(nonce))).rejects.toThrow();
  });
});

describe("the server's final message", () => {
  const proven = async () => {
    const { exchange, nonce } = begun();
    const serverFirst = `r=${nonce}x,s=c2FsdA==,i=4096`;
    const final = await exchange.clientFinal(serverFirst);
    const { server } = await scramKeys(new Secret('pencil'), Buffer.from('salt'), 4096);
    const withoutProof = final.slice(0, final.indexOf(',p='));
    const right = hmac(server, `n=,r=${nonce},${serverFirst},${withoutProof}`).toString('base64');
    return { exchange, right };
  };

  it('is taken when it proves to know the password', async () => {
    const { exchange, right } = await proven();
    expect(() => exchange.check(`v=${right}`)).not.toThrow();
  });

  it('is refused when it is any other', async () => {
    const { exchange, right } = await proven();
    const anyOther = fc.oneof(
      fc.string(),
      fc.string().map((text) => `v=${text}`),
      fc
        .uint8Array({ minLength: 31, maxLength: 33 })
        .map((bytes) => `v=${Buffer.from(bytes).toString('base64')}`),
      fc.constantFrom(`v=${right},x=1`, `v=${right} `, `e=other-error`, `v=${right.slice(0, -4)}`),
    );
    fc.assert(
      fc.property(anyOther, (message) => {
        fc.pre(message !== `v=${right}`);
        expect(() => exchange.check(message)).toThrow();
      }),
    );
  });

  it('is refused before our own proof was made', () => {
    expect(() => begun().exchange.check('v=')).toThrow();
  });
});
