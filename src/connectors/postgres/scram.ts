import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { signatureAlgorithmHashFromCertificate } from 'pg/lib/crypto/cert-signatures.js';
import type { Secret } from '../../secrets/secret.ts';
import { type ScramKeys, scramKeys } from './scram-keys.ts';

/** What one exchange is made of. */
export interface ScramSituation {
  readonly password: Secret;
  /** The server's certificate in DER, where the channel may be bound to it; null in the clear, or where that is off. */
  readonly certificate: Buffer | null;
}

/** How a channel is bound to a certificate (RFC 5929, section 4), in the words of SCRAM. */
const bindingType = 'tls-server-end-point';
/** As many bytes of a nonce as libpq makes (scram-common.h, SCRAM_RAW_NONCE_LEN). */
const nonceLength = 18;

/**
 * The client's side of one exchange of SCRAM-SHA-256 or SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677), as
 * libpq plays it (fe-auth-scram.c): messages in one order, each read strictly. Which mechanism may be
 * used, and how many iterations, is the policy's to say before it comes to this.
 */
export class ScramExchange {
  /** The mechanism it goes by: with channel binding where both sides have it. */
  readonly mechanism: 'SCRAM-SHA-256' | 'SCRAM-SHA-256-PLUS';
  readonly #situation: ScramSituation;
  readonly #nonce: string = randomBytes(nonceLength).toString('base64');
  readonly #binding: string;
  /** What the server has to prove it knows, once the client's proof is made. */
  #serverSignature: Buffer | null = null;

  /** @param offered the mechanisms that the server named */
  constructor(offered: readonly string[], situation: ScramSituation) {
    const { certificate } = situation;
    const plus = certificate !== null && offered.includes('SCRAM-SHA-256-PLUS');
    this.mechanism = plus ? 'SCRAM-SHA-256-PLUS' : 'SCRAM-SHA-256';
    // `y`: we could have bound the channel, and the server offered nothing; it tells if somebody took that out.
    this.#binding = plus ? `p=${bindingType},,` : certificate === null ? 'n,,' : 'y,,';
    this.#situation = situation;
  }

  /** The first message: PostgreSQL takes the user from the start-up packet, and none from here. */
  get clientFirst(): string {
    return this.#binding + this.#clientFirstBare;
  }

  get #clientFirstBare(): string {
    return `n=,r=${this.#nonce}`;
  }

  /**
   * Reads the server's first message and proves to know the password.
   * @returns the client's final message
   * @throws Error in words about the server
   */
  async clientFinal(serverFirst: string): Promise<string> {
    const [, nonce, salt, iterations] =
      /^r=([!-+\--~]+),s=([A-Za-z0-9+/]+={0,2}),i=(\d{1,10})$/.exec(serverFirst) ?? [];
    if (nonce === undefined || salt === undefined) throw new Error('its first message can not be read');
    if (!nonce.startsWith(this.#nonce) || nonce.length === this.#nonce.length)
      throw new Error('it made no nonce of its own, or dropped ours');
    const { password } = this.#situation;
    const keys = await scramKeys(password, Buffer.from(salt, 'base64'), Number(iterations));
    const withoutProof = `c=${this.#channelBinding()},r=${nonce}`;
    return `${withoutProof},p=${this.#prove(keys, `${this.#clientFirstBare},${serverFirst},${withoutProof}`)}`;
  }

  #prove(keys: ScramKeys, authMessage: string): string {
    this.#serverSignature = hmac(keys.server, authMessage);
    const signature = hmac(createHash('sha256').update(keys.client).digest(), authMessage);
    return Buffer.from(keys.client.map((byte, at) => byte ^ (signature[at] ?? 0))).toString('base64');
  }

  /** What `c=` says: the words of the first message, and where the channel is bound the certificate's hash. */
  #channelBinding(): string {
    const { certificate } = this.#situation;
    if (this.mechanism === 'SCRAM-SHA-256' || certificate === null)
      return Buffer.from(this.#binding).toString('base64');
    const named = signatureAlgorithmHashFromCertificate(certificate);
    // RFC 5929: what is too weak is replaced.
    const hash = named === 'MD5' || named === 'SHA-1' ? 'SHA-256' : named;
    const digest = createHash(hash.replace('-', '')).update(certificate).digest();
    return Buffer.concat([Buffer.from(this.#binding), digest]).toString('base64');
  }

  /**
   * Reads the server's final message, which proves that it knows the password too.
   * @throws Error in words about the server
   */
  check(serverFinal: string): void {
    const proof = /^v=([A-Za-z0-9+/]+={0,2})$/.exec(serverFinal)?.[1];
    const given = Buffer.from(proof ?? '', 'base64');
    const wanted = this.#serverSignature;
    if (wanted !== null && given.length === wanted.length && timingSafeEqual(given, wanted)) return;
    throw new Error('it did not prove that it knows the password');
  }
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
