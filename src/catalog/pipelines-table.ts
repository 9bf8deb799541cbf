import type { Role, TableName } from '../connections/connection.ts';
import { noSuchConnection } from '../connections/refusals.ts';
import type { PipelineChange, PipelineDraft } from '../pipelines/catalog.ts';
import type { PipelineState, SavedPipeline } from '../pipelines/pipeline.ts';
import {
  pipelineChangedMeanwhile,
  pipelineGone,
  pipelineNameTaken,
  requireRole,
} from '../pipelines/refusals.ts';
import type { CatalogDatabase, Cell } from './catalog-database.ts';

/** A side that has lost its connection without our doing is called as the migration calls it. */
const select = `SELECT p.id, p.name, p.state,
  p.source_id, coalesce(s.name, p.source_name, 'unknown'),
  p.destination_id, coalesce(d.name, p.destination_name, 'unknown'),
  p.destination_schema, p.schedule, p.owner, p.created_at, p.updated_at, p.revision,
  (SELECT json_group_array(json_array(t.schema, t.name) ORDER BY t.schema, t.name)
    FROM pipeline_tables AS t WHERE t.pipeline_id = p.id)
  FROM pipelines AS p
  LEFT JOIN connections AS s ON s.id = p.source_id
  LEFT JOIN connections AS d ON d.id = p.destination_id`;

const insert = `INSERT INTO pipelines
  (id, name, state, source_id, destination_id, destination_schema, schedule, owner,
    created_at, updated_at, revision)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)`;

type PipelineRow = [
  id: string,
  name: string,
  state: PipelineState,
  sourceId: string | null,
  sourceName: string,
  destinationId: string | null,
  destinationName: string,
  destinationSchema: string | null,
  schedule: string | null,
  owner: string | null,
  createdAt: string,
  updatedAt: string,
  revision: number,
  tables: string,
];

/** The pipelines' rows. Its methods are called within a transaction of {@link CatalogDatabase}. */
export class PipelinesTable {
  readonly #db: CatalogDatabase;
  readonly #now: () => Date;

  constructor(db: CatalogDatabase, now: () => Date) {
    this.#db = db;
    this.#now = now;
  }

  list(): SavedPipeline[] {
    return this.#db.rows<PipelineRow>(`${select} ORDER BY p.name`).map(toSavedPipeline);
  }

  find(nameOrId: string): SavedPipeline | null {
    return this.#first('WHERE p.name = ?', nameOrId) ?? this.#first('WHERE p.id = ?', nameOrId);
  }

  add(id: string, draft: PipelineDraft): SavedPipeline {
    const { name, state, sourceId, destinationId, destinationSchema, tables, schedule, owner } = draft;
    this.#requireFree(name, id);
    this.#requireSide(sourceId, 'source');
    this.#requireSide(destinationId, 'destination');
    const now = this.#now().toISOString();
    const about = [destinationSchema, schedule, owner];
    this.#db.run(insert, id, name, state, sourceId, destinationId, ...about, now, now);
    this.#writeTables(id, tables);
    return this.#get(id);
  }

  update(change: PipelineChange): SavedPipeline {
    const { id, revision, name, sourceId, destinationId, destinationSchema, tables } = change;
    const { state, schedule, owner } = change;
    const former = this.#first('WHERE p.id = ?', id);
    if (former === null) throw pipelineGone(id);
    if (former.revision !== revision) throw pipelineChangedMeanwhile(former.name);
    const cells: [column: string, value: Cell][] = [];
    if (name !== undefined) {
      this.#requireFree(name, id);
      cells.push(['name', name]);
    }
    for (const [side, value] of [['source', sourceId] as const, ['destination', destinationId] as const]) {
      if (value === undefined) continue;
      this.#requireSide(value, side);
      cells.push([`${side}_id`, value], [`${side}_name`, null]);
    }
    if (destinationSchema !== undefined) cells.push(['destination_schema', destinationSchema]);
    if (state !== undefined) cells.push(['state', state]);
    if (schedule !== undefined) cells.push(['schedule', schedule]);
    if (owner !== undefined) cells.push(['owner', owner]);
    cells.push(['updated_at', this.#now().toISOString()]);
    const set = cells.map(([column]) => `${column} = ?`).join(', ');
    const values = cells.map(([, value]) => value);
    this.#db.run(`UPDATE pipelines SET ${set}, revision = revision + 1 WHERE id = ?`, ...values, id);
    if (tables !== undefined) this.#writeTables(id, tables);
    return this.#get(id);
  }

  delete(id: string): boolean {
    return this.#db.run('DELETE FROM pipelines WHERE id = ?', id) === 1;
  }

  /** The names of those that use a connection, in order. */
  usersOf(connectionId: string): string[] {
    const sql = 'SELECT name FROM pipelines WHERE source_id = ? OR destination_id = ? ORDER BY name';
    return this.#db.rows<[string]>(sql, connectionId, connectionId).map(([name]) => name);
  }

  /** As {@link usersOf}, only those that are not paused. */
  activeUsersOf(connectionId: string): string[] {
    const sql = `SELECT name FROM pipelines
      WHERE (source_id = ? OR destination_id = ?) AND state = 'active' ORDER BY name`;
    return this.#db.rows<[string]>(sql, connectionId, connectionId).map(([name]) => name);
  }

  /** {@link usersOf} of each connection that has any. */
  namesByConnection(): Map<string, string[]> {
    const usedBy = new Map<string, string[]>();
    const sql = 'SELECT name, source_id, destination_id FROM pipelines ORDER BY name';
    for (const [name, ...ids] of this.#db.rows<[string, string | null, string | null]>(sql)) {
      for (const id of new Set(ids)) {
        if (id === null) continue;
        const names = usedBy.get(id);
        if (names === undefined) usedBy.set(id, [name]);
        else names.push(name);
      }
    }
    return usedBy;
  }

  /** The tables that the pipelines of a connection name, as they are called there, each once and in order. */
  tablesUsed(connectionId: string): TableName[] {
    const sql = `SELECT t.schema, t.name
      FROM pipelines AS p JOIN pipeline_tables AS t ON t.pipeline_id = p.id WHERE p.source_id = ?
      UNION SELECT coalesce(p.destination_schema, t.schema), t.name
      FROM pipelines AS p JOIN pipeline_tables AS t ON t.pipeline_id = p.id WHERE p.destination_id = ?
      ORDER BY 1, 2`;
    const rows = this.#db.rows<[string, string]>(sql, connectionId, connectionId);
    return rows.map(([schema, name]) => ({ schema, name }));
  }

  /** Takes a connection that is to be deleted from the pipelines that use it, and leaves them its name. */
  disconnect(connectionId: string, name: string): void {
    const now = this.#now().toISOString();
    for (const side of ['source', 'destination']) {
      const sql = `UPDATE pipelines SET ${side}_id = NULL, ${side}_name = ?, updated_at = ?, revision = revision + 1
        WHERE ${side}_id = ?`;
      this.#db.run(sql, name, now, connectionId);
    }
  }

  /** @throws RefusedError pipeline_name_taken by another one */
  #requireFree(name: string, id: string): void {
    if (this.#db.row('SELECT 1 FROM pipelines WHERE name = ? AND id <> ?', name, id))
      throw pipelineNameTaken(name);
  }

  #requireSide(connectionId: string, side: Role): void {
    const row = this.#db.row<[string, Role]>('SELECT name, role FROM connections WHERE id = ?', connectionId);
    if (row === undefined) throw noSuchConnection(connectionId);
    const [name, role] = row;
    requireRole({ name, role }, side);
  }

  #writeTables(id: string, tables: readonly TableName[]): void {
    this.#db.run('DELETE FROM pipeline_tables WHERE pipeline_id = ?', id);
    const sql =
      'INSERT INTO pipeline_tables (pipeline_id, schema, name) VALUES (?, ?, ?) ON CONFLICT DO NOTHING';
    for (const { schema, name } of tables) this.#db.run(sql, id, schema, name);
  }

  #get(id: string): SavedPipeline {
    const saved = this.#first('WHERE p.id = ?', id);
    if (saved === null) throw new Error(`pipeline ${id} was written and is not there`);
    return saved;
  }

  #first(where: string, value: string): SavedPipeline | null {
    const row = this.#db.row<PipelineRow>(`${select} ${where}`, value);
    return row === undefined ? null : toSavedPipeline(row);
  }
}

function toSavedPipeline([id, name, state, ...rest]: PipelineRow): SavedPipeline {
  const [sourceId, sourceName, destinationId, destinationName, ...others] = rest;
  const [destinationSchema, schedule, owner, createdAt, updatedAt, revision, tables] = others;
  return {
    id,
    name,
    state,
    source: { id: sourceId, name: sourceName },
    destination: { id: destinationId, name: destinationName },
    tables: (JSON.parse(tables) as [string, string][]).map(([schema, table]) => ({ schema, name: table })),
    destinationSchema,
    schedule,
    owner,
    createdAt,
    updatedAt,
    revision,
  };
}
