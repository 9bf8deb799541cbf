import type { TableName } from '../connections/connection.ts';
import { UsageError } from '../connections/errors.ts';
import { checkName } from '../connections/names.ts';
import { type ConnectionServices, requireConnection } from '../connections/services.ts';
import { shownWord } from '../connections/shown-word.ts';
import { writtenName } from '../metadata/relation-name.ts';
import { checkNote } from './add.ts';
import type { PipelineChange } from './catalog.ts';
import type { SavedPipeline } from './pipeline.ts';
import { requirePipeline } from './require-pipeline.ts';
import { keyOfTable } from './tables.ts';
import { warnOfUnknownTables } from './unknown-tables.ts';

/** What is said anew of a pipeline; what is absent stays. Its connections are {@link retarget}'s. */
export interface PipelineEdit {
  readonly name?: string;
  /** All that it uses from now on. */
  readonly tables?: readonly TableName[];
  /** Besides those that it uses, and of them no more. */
  readonly addTables?: readonly TableName[];
  readonly removeTables?: readonly TableName[];
  readonly destinationSchema?: string | null;
  readonly schedule?: string | null;
  readonly owner?: string | null;
}

/** A pipeline as it is now, and what of it was changed; nothing where it was like that already. */
interface EditedPipeline {
  readonly pipeline: SavedPipeline;
  readonly changes: readonly string[];
}

/**
 * Changes what is said of a pipeline, and warns of tables that the metadata of its source does not have.
 * @throws UsageError bad_name, bad_note, table_not_used; NotFoundError no_such_pipeline; RefusedError
 * pipeline_name_taken, pipeline_changed_meanwhile
 */
export async function editPipeline(
  services: ConnectionServices,
  nameOrId: string,
  edit: PipelineEdit,
): Promise<EditedPipeline> {
  const catalog = await services.pipelines();
  const former = await requirePipeline(catalog, nameOrId);
  const wanted = {
    name: edit.name === undefined ? former.name : checkName(edit.name),
    tables: tablesAfter(former, edit),
    destinationSchema:
      edit.destinationSchema === undefined ? former.destinationSchema : edit.destinationSchema,
    schedule: edit.schedule === undefined ? former.schedule : checkNote('schedule', edit.schedule),
    owner: edit.owner === undefined ? former.owner : checkNote('owner', edit.owner),
  };
  const keys = (tables: readonly TableName[]) => tables.map(keyOfTable).sort().join();
  const changes: [what: string, change: Partial<PipelineChange>][] = [];
  if (wanted.name !== former.name) changes.push(['name', { name: wanted.name }]);
  const tablesDiffer = keys(wanted.tables) !== keys(former.tables);
  if (tablesDiffer) changes.push(['tables', { tables: wanted.tables }]);
  for (const field of ['destinationSchema', 'schedule', 'owner'] as const) {
    if (wanted[field] !== former[field]) changes.push([words[field], { [field]: wanted[field] }]);
  }
  if (changes.length === 0) return { pipeline: former, changes: [] };
  const { id, revision } = former;
  const change = Object.assign({ id, revision }, ...changes.map(([, it]) => it)) as PipelineChange;
  const [pipeline = former] = await catalog.update([change]);
  if (tablesDiffer && pipeline.source.id !== null) {
    const source = await requireConnection(await services.catalog(), pipeline.source.id);
    await warnOfUnknownTables(services, source, pipeline.tables);
  }
  return { pipeline, changes: changes.map(([what]) => what) };
}

const words = { destinationSchema: 'destination schema', schedule: 'schedule', owner: 'owner' } as const;

/** @throws UsageError table_not_used for one that is to be left out and is not there */
function tablesAfter(former: SavedPipeline, edit: PipelineEdit): readonly TableName[] {
  if (edit.tables) return edit.tables;
  const tables = new Map(former.tables.map((table) => [keyOfTable(table), table]));
  for (const table of edit.removeTables ?? []) {
    if (tables.delete(keyOfTable(table))) continue;
    throw new UsageError({
      code: 'table_not_used',
      message: `the pipeline ${JSON.stringify(former.name)} does not use ${shownWord(writtenName(table))}`,
      fix:
        former.tables.length === 0
          ? 'it names no tables'
          : `name one of its tables: ${former.tables.map(writtenName).join(', ')}`,
    });
  }
  for (const table of edit.addTables ?? []) tables.set(keyOfTable(table), table);
  return [...tables.values()];
}
