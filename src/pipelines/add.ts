import type { Role, SavedConnection, TableName } from '../connections/connection.ts';
import { UsageError } from '../connections/errors.ts';
import { checkName } from '../connections/names.ts';
import { type ConnectionServices, requireConnection } from '../connections/services.ts';
import type { PipelineState, SavedPipeline } from './pipeline.ts';
import { requireRole } from './refusals.ts';
import { warnOfUnknownTables } from './unknown-tables.ts';

/** A pipeline that is to be saved; its ends by name or id. */
export interface PipelineRequest {
  readonly name: string;
  readonly source: string;
  readonly destination: string;
  readonly tables: readonly TableName[];
  readonly state: PipelineState;
  readonly destinationSchema: string | null;
  readonly schedule: string | null;
  readonly owner: string | null;
}

/**
 * Saves a new pipeline, and warns of tables that the metadata of its source does not have.
 * @throws UsageError bad_name, bad_note, wrong_role; NotFoundError no_such_connection; RefusedError
 * pipeline_name_taken
 */
export async function addPipeline(
  services: ConnectionServices,
  request: PipelineRequest,
): Promise<SavedPipeline> {
  const name = checkName(request.name);
  const schedule = checkNote('schedule', request.schedule);
  const owner = checkNote('owner', request.owner);
  const source = await requireSide(services, 'source', request.source);
  const destination = await requireSide(services, 'destination', request.destination);
  const { tables, state, destinationSchema } = request;
  const pipelines = await services.pipelines();
  const sides = { sourceId: source.id, destinationId: destination.id, destinationSchema };
  const draft = { name, state, ...sides, tables, schedule, owner };
  const saved = await pipelines.add(services.newId(), draft);
  await warnOfUnknownTables(services, source, tables);
  return saved;
}

/** The connection that is to be this side. @throws NotFoundError no_such_connection; UsageError wrong_role */
export async function requireSide(
  services: ConnectionServices,
  side: Role,
  nameOrId: string,
): Promise<SavedConnection> {
  const connection = await requireConnection(await services.catalog(), nameOrId);
  requireRole(connection, side);
  return connection;
}

const longestNote = 200;

/**
 * What is said of a pipeline in the user's own words, trimmed; null where nothing is.
 * @throws UsageError bad_note
 */
export function checkNote(what: 'schedule' | 'owner', text: string | null): string | null {
  const note = text?.normalize('NFC').trim() ?? '';
  if (note === '') return null;
  const complaint =
    [...note].length > longestNote
      ? `is longer than ${longestNote} characters`
      : /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u.test(note)
        ? 'holds a character that does not print'
        : null;
  if (complaint === null) return note;
  throw new UsageError({
    code: 'bad_note',
    message: `the ${what} of a pipeline ${complaint}`,
    fix: what === 'schedule' ? 'write it on a line: "daily at 02:00"' : 'write it on a line: "team data"',
  });
}
