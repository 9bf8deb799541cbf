import type { Role } from '../connections/connection.ts';
import { NotFoundError, RefusedError, UsageError } from '../connections/errors.ts';
import { shellWord } from '../connections/shell-word.ts';

/** The refusals that the port of pipelines names; use cases and every adapter answer with the same words. */

export function pipelineNameTaken(name: string): RefusedError {
  return new RefusedError({
    code: 'pipeline_name_taken',
    message: `there is a pipeline ${JSON.stringify(name)} already`,
    fix: `choose another name, or give that one other connections: jackfield pipelines retarget ${shellWord(name)}`,
  });
}

/** A change of a revision that is not the latest any more. */
export function pipelineChangedMeanwhile(name: string): RefusedError {
  return new RefusedError({
    code: 'pipeline_changed_meanwhile',
    message: `the pipeline ${JSON.stringify(name)} was changed by someone else meanwhile; nothing was changed`,
    fix: `look at it as it is now, then try again: jackfield pipelines show ${shellWord(name)}`,
  });
}

/** A change of a pipeline that was deleted meanwhile. */
export function pipelineGone(id: string): NotFoundError {
  return new NotFoundError({
    code: 'no_such_pipeline',
    message: `there is no pipeline ${id} any more`,
    fix: 'jackfield pipelines list shows those there are',
  });
}

/** @throws UsageError wrong_role where a connection can't be this side */
export function requireRole(
  { name, role }: { readonly name: string; readonly role: Role },
  side: Role,
): void {
  if (role === side) return;
  throw new UsageError({
    code: 'wrong_role',
    message: `${name} is a ${role}, and can't be the ${side} of a pipeline`,
    fix: `name a ${side}, or save the same endpoint as one: jackfield connections duplicate ${shellWord(name)} --name ${shellWord(`${name}-${side}`)} --role ${side}`,
  });
}
