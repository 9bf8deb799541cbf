import { NotFoundError, RefusedError } from '../connections/errors.ts';

/** The refusals that the port of the catalog names; every adapter answers with the same words. */

export function nameTaken(name: string): RefusedError {
  return new RefusedError({
    code: 'name_taken',
    message: `There is a connection named "${name}" already`,
    fix: 'Choose another name; to see the names taken: jackfield connections list',
  });
}

export function changedMeanwhile(name: string): RefusedError {
  return new RefusedError({
    code: 'changed_meanwhile',
    message: `The connection "${name}" was changed by someone else meanwhile; nothing was saved`,
    fix: 'Look at it as it is now, then edit it again: jackfield connections show',
  });
}

export function noSuchConnection(id: string): NotFoundError {
  return new NotFoundError({
    code: 'no_such_connection',
    message: `There is no connection ${id} any more`,
    fix: 'jackfield connections list',
  });
}
