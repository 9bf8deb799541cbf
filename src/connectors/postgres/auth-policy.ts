import type { Endpoint } from '../../connections/connection.ts';
import { Fault, type FaultDetail } from './faults.ts';

/** libpq's names of what a server can ask for (require_auth). */
export type AuthMethod = 'none' | 'password' | 'md5' | 'scram-sha-256' | 'gss' | 'sspi';

/** SCRAM iterations that are believed: RFC 7677 asks for 4096 at least; above the top it is an attack on the CPU. */
const iterations = { min: 4096, max: 2_000_000 } as const;

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
  /** The codes of the messages that may come next; each method has one order (manual, 54.2.1 and 54.3). */
  #next: readonly number[] = [0, 3, 5, 7, 9, 10];

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
   * @throws Fault of the rung authenticate, or protocol_violation, before anything is answered
   */
  check(body: Buffer): boolean {
    const code = body.length >= 4 ? body.readInt32BE(0) : -1;
    this.#checkTurn(code);
    switch (code) {
      case 0:
        this.#checkOk();
        this.#next = [];
        return true;
      case 3:
        this.#ask('password');
        this.#checkCleartext();
        this.#next = [0];
        return false;
      case 5:
        this.#ask('md5');
        this.#next = [0];
        return false;
      case 7:
      case 9:
        throw this.#fault('auth_method_unsupported', { method: code === 7 ? 'GSSAPI' : 'SSPI' });
      case 10:
        this.#checkSasl(body.subarray(4).toString('latin1').split('\0').filter(Boolean));
        this.#next = [11];
        return false;
      case 11:
        this.#checkScramFirst(body.subarray(4).toString('latin1'));
        this.#next = [12];
        return false;
      case 12:
        this.#next = [0];
        return false;
      default:
        throw this.#fault('auth_method_unsupported', { method: `method ${code}` });
    }
  }

  #checkTurn(code: number): void {
    if (this.#next.includes(code)) return;
    const inOrder = [0, 3, 5, 7, 9, 10, 11, 12].includes(code);
    // A method that is not known is named, as long as none was begun.
    if (!inOrder && this.#asked === 'none' && this.#next.length > 0) return;
    if (code === 0 && this.#asked === 'scram-sha-256') {
      throw this.#fault('auth_scram_refused', {
        text: 'the server did not prove that it knows the password',
      });
    }
    throw this.#fault('protocol_violation', { text: 'an authentication message out of turn' });
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

  /** What require_auth says, method by method; null where it is not given. */
  get #required(): readonly string[] | null {
    const { require_auth } = this.#situation.endpoint.options;
    return require_auth === undefined ? null : require_auth.split(',').map((name) => name.trim());
  }

  #allows(method: AuthMethod): boolean {
    const methods = this.#required;
    if (methods === null) return true;
    return methods.some((name) => name.startsWith('!'))
      ? !methods.includes(`!${method}`)
      : methods.includes(method);
  }

  #checkCleartext(): void {
    const { encrypted, local } = this.#situation;
    // That some other method is forbidden does not ask for this one.
    const askedFor = this.#required?.includes('password') === true;
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
    this.#ask('scram-sha-256');
  }

  #checkScramFirst(message: string): void {
    // Where it stands twice, what was checked and what is used could differ.
    const counts = message.split(',').filter((attribute) => attribute.startsWith('i='));
    const count = counts.length === 1 ? (counts[0] ?? '').slice(2) : '';
    const rounds = /^\d{1,10}$/.test(count) ? Number(count) : Number.NaN;
    if (!(rounds >= iterations.min && rounds <= iterations.max)) {
      const range = `${iterations.min} to ${iterations.max}`;
      throw this.#fault('auth_scram_refused', { text: `its iteration count is not within ${range}` });
    }
  }

  #checkOk(): void {
    const { endpoint, hasPassword } = this.#situation;
    if (this.#asked === 'scram-sha-256') return;
    // Only SCRAM binds the channel.
    if (endpoint.options.channel_binding === 'require') throw this.#fault('channel_binding_missing');
    if (this.#asked !== 'none') return;
    // Also where a client certificate is named: whether the server looked at it can't be told (manual, 20.12).
    if (this.#required !== null) {
      if (!this.#allows('none')) throw this.#fault('auth_method_refused', { method: 'none' });
    } else if (hasPassword) {
      throw this.#fault('password_not_asked');
    }
  }
}
