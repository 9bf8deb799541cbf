import type { Endpoint } from '../../connections/connection.ts';
import { Fault, type FaultDetail } from './faults.ts';

/** libpq's names of what a server can ask for (require_auth). */
export type AuthMethod = 'none' | 'password' | 'md5' | 'scram-sha-256' | 'gss' | 'sspi';

/** SCRAM iterations that are believed: RFC 7677 asks for 4096 at least; above the top it is an attack on the CPU. */
const iterations = { min: 4096, max: 2_000_000 } as const;

/** The most that pg is told to compute; the policy has refused more before. */
export const maxScramIterations = iterations.max;

/** What of the connection decides which requests are answered. */
export interface AuthSituation {
  readonly endpoint: Endpoint;
  readonly hasPassword: boolean;
  readonly encrypted: boolean;
  readonly local: boolean;
}

/**
 * Decides, before pg sees it, whether an authentication request may be answered. As libpq's
 * check_expected_areq (fe-auth.c) for require_auth and channel_binding, and stricter: no cleartext
 * password without TLS, no silent entry while a password is saved, no SCRAM that skips its proof.
 */
export class AuthPolicy {
  readonly #situation: AuthSituation;
  readonly #detail: FaultDetail;
  #asked: AuthMethod = 'none';
  #scramFinished = false;
  #bound = false;

  constructor(situation: AuthSituation, detail: FaultDetail) {
    this.#situation = situation;
    this.#detail = detail;
  }

  /** What the server asked for; `none` until it did. */
  get asked(): AuthMethod {
    return this.#asked;
  }

  /**
   * Looks at the body of one Authentication message (manual, 54.7; `R`).
   * @returns true when it was AuthenticationOk
   * @throws Fault of the rung authenticate, before anything is answered
   */
  check(body: Buffer): boolean {
    const code = body.length >= 4 ? body.readInt32BE(0) : -1;
    switch (code) {
      case 0:
        this.#checkOk();
        return true;
      case 3:
        this.#ask('password');
        this.#checkCleartext();
        return false;
      case 5:
        this.#ask('md5');
        return false;
      case 7:
      case 9:
        throw this.#fault('auth_method_unsupported', { method: code === 7 ? 'GSSAPI' : 'SSPI' });
      case 10:
        this.#checkSasl(body.subarray(4).toString('latin1').split('\0').filter(Boolean));
        return false;
      case 11:
        this.#checkScramFirst(body.subarray(4).toString('latin1'));
        return false;
      case 12:
        this.#scramFinished = true;
        return false;
      default:
        throw this.#fault('auth_method_unsupported', { method: `method ${code}` });
    }
  }

  #fault(code: Fault['code'], detail: FaultDetail = {}): Fault {
    return new Fault(code, { ...this.#detail, ...detail });
  }

  #ask(method: AuthMethod): void {
    if (!this.#allows(method)) throw this.#fault('auth_method_refused', { method });
    if (this.#situation.endpoint.options.channel_binding === 'require' && method !== 'scram-sha-256') {
      throw this.#fault('auth_method_refused', { method });
    }
    this.#asked = method;
    if (!this.#situation.hasPassword) throw this.#fault('password_missing');
  }

  #allows(method: AuthMethod): boolean {
    const required = this.#situation.endpoint.options.require_auth;
    if (required === undefined) return true;
    const methods = required.split(',').map((name) => name.trim());
    return methods.some((name) => name.startsWith('!'))
      ? !methods.includes(`!${method}`)
      : methods.includes(method);
  }

  #checkCleartext(): void {
    const { encrypted, local, endpoint } = this.#situation;
    const askedFor = endpoint.options.require_auth !== undefined;
    if (!encrypted && !local && !askedFor) throw this.#fault('auth_cleartext_refused');
  }

  #checkSasl(mechanisms: readonly string[]): void {
    const { endpoint, encrypted } = this.#situation;
    const binding = endpoint.options.channel_binding ?? 'prefer';
    const plus = mechanisms.includes('SCRAM-SHA-256-PLUS');
    if (!plus && !mechanisms.includes('SCRAM-SHA-256')) {
      throw this.#fault('auth_method_unsupported', { method: mechanisms.join(', ') || 'SASL' });
    }
    if (binding === 'require' && !(plus && encrypted)) throw this.#fault('channel_binding_missing');
    // libpq: a server that offers channel binding in the clear is an attack in progress.
    if (plus && !encrypted)
      throw this.#fault('auth_scram_refused', { text: 'channel binding offered without TLS' });
    this.#bound = plus && binding !== 'disable';
    this.#ask('scram-sha-256');
  }

  #checkScramFirst(message: string): void {
    const count = /(?:^|,)i=([^,]*)/.exec(message)?.[1] ?? '';
    const rounds = /^\d{1,10}$/.test(count) ? Number(count) : Number.NaN;
    if (!(rounds >= iterations.min && rounds <= iterations.max)) {
      const range = `${iterations.min} to ${iterations.max}`;
      throw this.#fault('auth_scram_refused', { text: `its iteration count is not within ${range}` });
    }
  }

  #checkOk(): void {
    const { endpoint, hasPassword } = this.#situation;
    if (this.#asked === 'scram-sha-256') {
      if (!this.#scramFinished) {
        throw this.#fault('auth_scram_refused', {
          text: 'the server did not prove that it knows the password',
        });
      }
      return;
    }
    if (endpoint.options.channel_binding === 'require' && !this.#bound)
      throw this.#fault('channel_binding_missing');
    if (this.#asked !== 'none') return;
    // A client certificate authenticates without a challenge (manual, 20.12).
    if (endpoint.sslCert !== null && this.#situation.encrypted) return;
    const required = endpoint.options.require_auth;
    if (required !== undefined) {
      if (!this.#allows('none')) throw this.#fault('auth_method_refused', { method: 'none' });
    } else if (hasPassword) {
      throw this.#fault('password_not_asked');
    }
  }
}
