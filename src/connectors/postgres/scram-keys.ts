import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import type { Secret } from '../../secrets/secret.ts';

/** ClientKey and ServerKey of RFC 5802, section 3: 32 bytes each. */
export interface ScramKeys {
  readonly client: Buffer;
  readonly server: Buffer;
}

/** Enough for a fleet; each is a hundred bytes. */
const mostKept = 1000;
const kept = new Map<string, Promise<ScramKeys>>();
const derive = promisify(pbkdf2);

/**
 * What a password, salt and number of iterations make, made once a run: RFC 5802, section 5.1, lets a
 * client keep them, and a fleet on one server asks for the same ones again and again.
 */
export function scramKeys(password: Secret, salt: Buffer, iterations: number): Promise<ScramKeys> {
  const name = createHash('sha256')
    .update(`${iterations}.${salt.toString('base64')}.${password.reveal()}`)
    .digest('base64');
  const known = kept.get(name);
  if (known !== undefined) return known;
  if (kept.size >= mostKept) kept.clear();
  const made = makeKeys(password, salt, iterations);
  kept.set(name, made);
  // What could not be made is not kept.
  made.catch(() => kept.delete(name));
  return made;
}

async function makeKeys(password: Secret, salt: Buffer, iterations: number): Promise<ScramKeys> {
  const salted = await derive(await preparedPassword(password.reveal()), salt, iterations, 32, 'sha256');
  const key = (text: string) => createHmac('sha256', salted).update(text).digest();
  return { client: key('Client Key'), server: key('Server Key') };
}

/** As many bytes as PostgreSQL's own salts have (scram-common.h, SCRAM_DEFAULT_SALT_LEN). */
const saltLength = 16;

/**
 * What a server keeps of a password, and takes in its place: `SCRAM-SHA-256$ITERATIONS:SALT$StoredKey:ServerKey`
 * (RFC 5803, as PostgreSQL writes it: scram-common.c, scram_build_secret). The password can't be had from it.
 */
export async function scramVerifier(
  password: Secret,
  iterations: number,
  salt: Buffer = randomBytes(saltLength),
): Promise<string> {
  const { client, server } = await scramKeys(password, salt, iterations);
  const stored = createHash('sha256').update(client).digest('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${stored}:${server.toString('base64')}`;
}

/**
 * A password as both sides use it: SASLprep (RFC 4013) of it, and where that refuses it, as it stands
 * (fe-auth-scram.c, scram_init).
 */
export async function preparedPassword(text: string): Promise<string> {
  if (/^[ -~]*$/.test(text)) return text;
  const { default: saslprep } = await import('@mongodb-js/saslprep');
  try {
    return saslprep(text) || text;
  } catch {
    return text;
  }
}
