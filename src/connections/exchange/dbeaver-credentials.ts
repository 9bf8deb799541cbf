import { createDecipheriv } from 'node:crypto';
import { isMapping } from './record.ts';

/** The key that is in DBeaver's published sources: the file hides passwords from nobody who has it. */
const key = Buffer.from('babb4a9f774ab853c96c2d653dfe544a', 'hex');
const blockBytes = 16;

/** The user and password that DBeaver keeps of a connection. */
export interface DbeaverCredentials {
  readonly user?: string;
  readonly password?: string;
}

/**
 * Reads credentials-config.json, which is AES-128-CBC of JSON behind its initialisation vector, or JSON
 * where DBeaver was told not to encrypt.
 * @returns by the connection's id; null where it can't be read: a master password makes it another file
 */
export function readDbeaverCredentials(bytes: Buffer): Map<string, DbeaverCredentials> | null {
  const parsed = parse(bytes.toString('utf8')) ?? parse(decrypt(bytes));
  if (!isMapping(parsed)) return null;
  const entries = Object.entries(parsed).flatMap(([id, said]): [string, DbeaverCredentials][] => {
    const saved = isMapping(said) ? said['#connection'] : undefined;
    if (!isMapping(saved)) return [];
    const { user, password } = saved;
    return [
      [id, { ...(typeof user === 'string' && { user }), ...(typeof password === 'string' && { password }) }],
    ];
  });
  return new Map(entries);
}

function decrypt(bytes: Buffer): string {
  if (bytes.length < 2 * blockBytes || bytes.length % blockBytes !== 0) return '';
  try {
    const decipher = createDecipheriv('aes-128-cbc', key, bytes.subarray(0, blockBytes));
    return Buffer.concat([decipher.update(bytes.subarray(blockBytes)), decipher.final()]).toString('utf8');
  } catch {
    return '';
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
