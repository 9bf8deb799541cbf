import type { CdcNames, CdcPlace, CdcRecord, OwnedCdcRecord } from '../cdc/cdc.ts';
import { isInTheWay, isSameNames, isSamePlace, placeText } from '../cdc/place.ts';
import type { Role, SavedConnection } from './connection.ts';
import { NotFoundError, RefusedError } from './errors.ts';
import { shellWord } from './shell-word.ts';

/** The refusals that the port of the catalog names; use cases and every adapter answer with the same words. */

/** A second save under a name. */
export function nameTaken(name: string): RefusedError {
  return new RefusedError({
    code: 'name_taken',
    message: `there is a connection ${JSON.stringify(name)} already`,
    fix: `choose another name, or change that one with: jackfield connections edit ${shellWord(name)}`,
  });
}

/** An edit of a revision that is not the latest any more. */
export function changedMeanwhile(name: string): RefusedError {
  return new RefusedError({
    code: 'changed_meanwhile',
    message: `the connection ${JSON.stringify(name)} was changed by someone else meanwhile; nothing was saved`,
    fix: `look at it as it is now, then edit it again: jackfield connections show ${shellWord(name)}`,
  });
}

/** A second rotation of a connection's password, while one is under way or was cut off. */
export function rotationUnderWay(name: string, owner: string): RefusedError {
  return new RefusedError({
    code: 'rotation_under_way',
    message: `the password of ${JSON.stringify(name)} is being replaced by ${owner}`,
    fix: 'wait until that is done',
  });
}

/** An edit of a connection that was deleted meanwhile. */
export function noSuchConnection(id: string): NotFoundError {
  return new NotFoundError({
    code: 'no_such_connection',
    message: `there is no connection ${id} any more`,
    fix: 'jackfield connections list shows those there are',
  });
}

/** A connection that pipelines use. */
export interface ConnectionUse {
  readonly name: string;
  readonly role: Role;
  /** Names of the pipelines. */
  readonly pipelines: readonly string[];
  /** The one connection that could take its place; null where there are several, or none. */
  readonly substitute: string | null;
}

/** The deletion of connections that back active pipelines; its fix has a command a line. */
export function connectionInUse(uses: readonly ConnectionUse[]): RefusedError {
  const message = uses.map(
    ({ name, pipelines }) =>
      `${name} is used by the active pipeline${pipelines.length === 1 ? '' : 's'} ${pipelines.join(', ')}`,
  );
  const pipelines = [...new Set(uses.flatMap((use) => use.pipelines))];
  const retargets = uses.map(
    ({ name, substitute }) =>
      `retarget: jackfield pipelines retarget --from ${shellWord(name)} --to ${substitute === null ? 'NAME' : shellWord(substitute)}`,
  );
  return new RefusedError({
    code: 'connection_in_use',
    message: message.join('; '),
    fix: [
      ...retargets,
      `or remove: jackfield pipelines delete ${pipelines.map(shellWord).join(' ')}`,
      `or leave disconnected: jackfield connections delete ${uses.map(({ name }) => shellWord(name)).join(' ')} --force`,
    ].join('\n'),
  });
}

/**
 * Refuses a destination what only a source has.
 * @param what a noun: `source-config`
 * @throws RefusedError not_a_source
 */
export function requireSource({ name, role }: Pick<SavedConnection, 'name' | 'role'>, what: string): void {
  if (role === 'source') return;
  throw new RefusedError({
    code: 'not_a_source',
    message: `${name} is a destination, and ${what} is for sources`,
    fix: `save the same endpoint as a source: jackfield connections duplicate ${shellWord(name)} --name ${shellWord(`${name}-source`)} --role source`,
  });
}

/**
 * A source that is not deleted over a slot that nobody would know of any more.
 * @param elsewhere where it is, where the connection leads elsewhere by now
 */
export function cdcSetUp(name: string, slot: string, elsewhere: string | null = null): RefusedError {
  const where = elsewhere === null ? '' : ` on ${elsewhere}`;
  return new RefusedError({
    code: 'cdc_set_up',
    message: `CDC of ${name} is set up${where}: its slot ${slot} would keep WAL until the server's disk is full, and nobody would know of it`,
    fix: `take it down first: jackfield connections cdc teardown ${shellWord(name)}; or, where that is done otherwise, add --force`,
  });
}

/** A connection has one set-up: another one would be forgotten. */
export function cdcSetUpOtherwise(name: string, { publication, slot }: CdcNames): RefusedError {
  return new RefusedError({
    code: 'cdc_set_up_otherwise',
    message: `CDC of ${name} is set up as publication ${publication} and slot ${slot}`,
    fix: `take that down first (jackfield connections cdc teardown ${shellWord(name)}), or duplicate the connection`,
  });
}

/** A set-up on a server that the connection does not lead to any more would be forgotten over a new one. */
export function cdcSetUpElsewhere(name: string, place: CdcPlace): RefusedError {
  const word = shellWord(name);
  return new RefusedError({
    code: 'cdc_set_up_elsewhere',
    message: `CDC of ${name} is set up on ${placeText(place)}, where the connection does not lead any more`,
    fix: `lead it there again (jackfield connections edit ${word} --host …) and take that down, or use jackfield connections cdc teardown ${word} --force, which forgets what may be left there and touches no server`,
  });
}

/** Two connections to one database do not share a slot or publication: one would take down the other's. */
export function cdcOfOtherConnection({ connection, record }: OwnedCdcRecord): RefusedError {
  return new RefusedError({
    code: 'cdc_of_other_connection',
    message: `the publication ${record.publication} and the slot ${record.slot} there are those of the connection ${connection.name}`,
    fix: `take them down by it: jackfield connections cdc teardown ${shellWord(connection.name)}; or choose other names with --publication and --slot`,
  });
}

/**
 * What every catalog refuses to keep, so that no set-up is forgotten over another.
 * @param known all that it keeps
 * @throws RefusedError cdc_set_up_otherwise, cdc_set_up_elsewhere, cdc_of_other_connection
 */
export function refuseLostSetup(
  { id, name }: Pick<SavedConnection, 'id' | 'name'>,
  record: CdcRecord,
  known: readonly OwnedCdcRecord[],
): void {
  const former = known.find(({ connection }) => connection.id === id)?.record;
  if (former !== undefined) {
    if (!isSamePlace(former, record)) throw cdcSetUpElsewhere(name, former);
    if (!isSameNames(former, record)) throw cdcSetUpOtherwise(name, former);
    return;
  }
  const other = known.find((it) => isInTheWay(it.record, record));
  if (other !== undefined) throw cdcOfOtherConnection(other);
}
