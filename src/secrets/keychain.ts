import { randomUUID, timingSafeEqual } from 'node:crypto';
import { SecretError } from '../connections/errors.ts';
import type { SecretItem, SecretOwner, SecretStore } from '../connections/secret-store.ts';
import { bindingDigestOf, boundElsewhere } from './binding.ts';
import { itemFrom, parseObject, revealItem } from './item-text.ts';
import { KeychainProcess } from './keychain-process.ts';
import { secretMissing } from './missing.ts';

const service = 'jackfield';
const payloadVersion = 1;

export interface KeychainSettings {
  /** What the keychain's client needs of it: the D-Bus address, the display, the home. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /**
   * How long one call may take, in milliseconds; 3 seconds when left out. Give more where a person
   * is there who may have to unlock it.
   */
  readonly timeoutMs?: number;
  /** Ends what is waited for. */
  readonly signal?: AbortSignal;
}

/**
 * The operating system's keychain: the macOS Keychain, the Windows Credential Manager, the Secret
 * Service on Linux (never the kernel's keyring, which forgets at reboot). One item an account, service
 * `jackfield`; its text is `{"v":1,"binding":"<sha256>","password":…,"sslKeyPassword":…}`.
 */
export class Keychain implements SecretStore {
  readonly backend = 'keychain';
  readonly #process: KeychainProcess;

  constructor(settings: KeychainSettings) {
    this.#process = processFor(settings);
  }

  async put(account: string, owner: SecretOwner, item: SecretItem): Promise<void> {
    const binding = await bindingDigestOf(owner);
    const payload = { v: payloadVersion, binding: binding.toString('hex'), ...revealItem(item) };
    await this.#process.call({ op: 'set', service, account, text: JSON.stringify(payload) });
  }

  async get(account: string, owner: SecretOwner): Promise<SecretItem> {
    const binding = await bindingDigestOf(owner);
    const text = await this.#process.call({ op: 'get', service, account });
    if (typeof text !== 'string') throw secretMissing();
    const payload = parseObject(text);
    if (payload === null || payload.v !== payloadVersion || !isDigest(payload.binding)) throw damaged();
    const item = itemFrom(payload);
    if (item === null) throw damaged();
    if (!timingSafeEqual(Buffer.from(payload.binding, 'hex'), binding)) throw boundElsewhere();
    return item;
  }

  async delete(account: string): Promise<void> {
    await this.#process.call({ op: 'delete', service, account });
  }

  async has(account: string): Promise<boolean> {
    return (await this.#process.call({ op: 'get', service, account })) !== null;
  }

  /** Ends what the keychain runs in. It ends with the program anyway; a later call starts it again. */
  close(): void {
    this.#process.close();
  }
}

function processFor({ environment, timeoutMs = 3_000, signal }: KeychainSettings): KeychainProcess {
  return new KeychainProcess(environment, timeoutMs, signal);
}

/** Whether the keychain can be trusted with a secret, and why not. */
export interface KeychainTrial {
  readonly available: boolean;
  /** Why it is not available, one sentence; null when it is. */
  readonly message: string | null;
}

/**
 * Tries the keychain out: sets, reads back and deletes an item under a random account. Never throws
 * for what the keychain does.
 * @throws InterruptedError
 */
export async function tryKeychain(settings: KeychainSettings): Promise<KeychainTrial> {
  const keychain = processFor(settings);
  const item = { service, account: `trial-${randomUUID()}` };
  const text = randomUUID();
  try {
    await keychain.call({ op: 'set', ...item, text });
    const found = await keychain.call({ op: 'get', ...item });
    const removed = await keychain.call({ op: 'delete', ...item });
    if (found !== text || removed !== true) {
      return { available: false, message: 'the keychain does not give back what was stored in it' };
    }
    return { available: true, message: null };
  } catch (error) {
    if (error instanceof SecretError) return { available: false, message: error.message };
    throw error;
  } finally {
    keychain.close();
  }
}

function damaged(): SecretError {
  return new SecretError({
    code: 'secret_damaged',
    message: "the keychain's item is not one that this version of jackfield wrote",
    fix: 'enter the password again: jackfield connections edit',
  });
}

function isDigest(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}
