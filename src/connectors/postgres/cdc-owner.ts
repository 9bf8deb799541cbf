import type { CdcNames } from '../../cdc/cdc.ts';
import type { CdcClaim } from '../../cdc/port.ts';
import { RefusedError } from '../../connections/errors.ts';
import { shellWord } from '../../connections/shell-word.ts';
import type { CdcMarker } from './cdc-marker.ts';
import { quoteIdentifier } from './identifiers.ts';

/**
 * The name of the connection that a mark is of; null where it is the one that asks. One is the same by its
 * id, whatever it is called by now, or, in the catalog of another machine, by its name. A mark without an
 * id is an older one: there this catalog's memory counts for a connection that was renamed since.
 */
export function otherOwner(
  marker: CdcMarker,
  { connection, others, recordedSlot }: CdcClaim,
  recovery: boolean,
): string | null {
  const isRecorded = recordedSlot === marker.slot;
  // The connection to a standby has the slot, that to its primary the publication with the mark.
  if (marker.elsewhere && (recovery || isRecorded)) return null;
  if (marker.id === connection.id) return null;
  const here = others.find(({ id }) => id === marker.id);
  if (here !== undefined) return here.name;
  if (marker.id === null && isRecorded) return null;
  return marker.connection === connection.name ? null : marker.connection;
}

/** Refuses to set up over what another connection has set up. */
export function setUpByOther(owner: string, names: CdcNames): RefusedError {
  const flags = `--publication ${shellWord(names.publication)} --slot ${names.slot} --force`;
  return new RefusedError({
    code: 'cdc_of_other_connection',
    message: ownedBy(owner, names),
    fix: `choose other names with --publication and --slot; or, where what reads it may lose its changes, take it down first: jackfield connections cdc teardown ${shellWord(owner)}, or where no such connection is left: jackfield connections cdc teardown NAME ${flags}`,
  });
}

/** Refuses to take down without force what another connection has set up. */
export function takenDownByOther(owner: string, names: CdcNames): RefusedError {
  return new RefusedError({
    code: 'cdc_of_other_connection',
    message: ownedBy(owner, names),
    fix: `take it down by that one: jackfield connections cdc teardown ${shellWord(owner)}; or use --force, which takes it down all the same: what reads it loses its changes`,
  });
}

function ownedBy(owner: string, { publication, slot }: CdcNames): string {
  return `the publication ${quoteIdentifier(publication)} with the slot ${slot} was set up by the connection ${JSON.stringify(owner)}`;
}
