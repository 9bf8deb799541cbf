import { createHash } from 'node:crypto';
import type { CdcNames } from '../../cdc/cdc.ts';
import { UsageError } from '../../connections/errors.ts';

/** NAMEDATALEN - 1: PostgreSQL cuts longer names off, in bytes. */
const longest = 63;

/**
 * The names where nobody gives others: `jackfield_` and what of the connection's name a slot's may hold; where
 * that is not all of it, also a hash, so that no two connections share a slot. The same for a connection of
 * the same name on any machine.
 */
export function defaultCdcNames(connection: string): CdcNames {
  const word = connection
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');
  const whole = `jackfield_${word}`;
  if (word === connection && whole.length <= longest) return { publication: whole, slot: whole };
  const hash = createHash('sha256').update(connection).digest('hex').slice(0, 8);
  const start = `jackfield_${word || 'cdc'}`.slice(0, longest - 9).replace(/_+$/, '');
  const name = `${start}_${hash}`;
  return { publication: name, slot: name };
}

/** @throws UsageError bad_publication, bad_slot */
export function checkCdcNames({ publication, slot }: CdcNames): void {
  const ofSlot = slotComplaint(slot);
  if (ofSlot !== null) {
    throw new UsageError({
      code: 'bad_slot',
      message: `the name of the slot ${ofSlot}`,
      fix: 'use small letters, digits and underscores, 63 at the most: --slot orders_changes',
    });
  }
  const ofPublication = publicationComplaint(publication);
  if (ofPublication === null) return;
  throw new UsageError({
    code: 'bad_publication',
    message: `the name of the publication ${ofPublication}`,
    fix: 'use a name like --publication orders_changes',
  });
}

/** What is wrong with a slot's name (slot.c, ReplicationSlotValidateName); null when nothing is. */
function slotComplaint(name: string): string | null {
  if (name === '') return 'is empty';
  if (name.length > longest) return `is longer than ${longest} characters`;
  if (!/^[a-z0-9_]+$/.test(name)) return 'holds more than small letters, digits and underscores';
  // Reserved since PostgreSQL 19, and no name for a slot of anybody's before.
  return name === 'pg_conflict_detection' ? 'is reserved by PostgreSQL' : null;
}

/** What is wrong with a publication's name (manual, 4.1.1); null when nothing is. */
function publicationComplaint(name: string): string | null {
  if (name === '') return 'is empty';
  if (Buffer.byteLength(name) > longest)
    return `is longer than ${longest} bytes: PostgreSQL would cut it off`;
  if (/[\p{C}\p{Zl}\p{Zp}]/u.test(name)) return 'holds a character that does not print';
  return null;
}
