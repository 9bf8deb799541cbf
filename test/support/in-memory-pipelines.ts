import type { Role, TableName } from '../../src/connections/connection.ts';
import { noSuchConnection } from '../../src/connections/refusals.ts';
import type { PipelineCatalog, PipelineChange, PipelineDraft } from '../../src/pipelines/catalog.ts';
import { type SavedPipeline, tablesAt, uses } from '../../src/pipelines/pipeline.ts';
import {
  pipelineChangedMeanwhile,
  pipelineGone,
  pipelineNameTaken,
  requireRole,
} from '../../src/pipelines/refusals.ts';

/** What a pipeline needs to know of a connection. */
interface Known {
  readonly name: string;
  readonly role: Role;
}

/** Sides by id; `lost` is the name of a connection that was deleted. */
interface Side {
  readonly id: string | null;
  readonly lost: string;
}

type Row = Omit<SavedPipeline, Role> & Readonly<Record<Role, Side>>;

/** The pipelines of a catalog in memory. */
export class InMemoryPipelines implements PipelineCatalog {
  readonly #connection: (id: string) => Known | undefined;
  readonly #now: () => Date;
  #rows = new Map<string, Row>();

  constructor(connection: (id: string) => Known | undefined, now: () => Date) {
    this.#connection = connection;
    this.#now = now;
  }

  async list(): Promise<SavedPipeline[]> {
    return this.#all();
  }

  async find(nameOrId: string): Promise<SavedPipeline | null> {
    const all = this.#all();
    return all.find(({ name }) => name === nameOrId) ?? all.find(({ id }) => id === nameOrId) ?? null;
  }

  async add(id: string, draft: PipelineDraft): Promise<SavedPipeline> {
    const { name, state, tables, destinationSchema, schedule, owner } = draft;
    if (this.#all().some((it) => it.name === name)) throw pipelineNameTaken(name);
    if (this.#rows.has(id)) throw new Error(`pipeline ${id} exists`);
    const source = this.#side('source', draft.sourceId);
    const destination = this.#side('destination', draft.destinationId);
    const now = this.#now().toISOString();
    const about = { destinationSchema, schedule, owner };
    const times = { createdAt: now, updatedAt: now, revision: 1 };
    const row: Row = { id, name, state, source, destination, tables: once(tables), ...about, ...times };
    this.#rows.set(id, structuredClone(row));
    return this.#saved(row);
  }

  async update(changes: readonly PipelineChange[]): Promise<SavedPipeline[]> {
    const rows = new Map(this.#rows);
    const changed = changes.map(({ id, revision, sourceId, destinationId, tables, ...rest }) => {
      const former = rows.get(id);
      if (former === undefined) throw pipelineGone(id);
      if (former.revision !== revision) throw pipelineChangedMeanwhile(former.name);
      const isTaken = [...rows.values()].some((it) => it.name === rest.name && it.id !== id);
      if (isTaken) throw pipelineNameTaken(rest.name ?? '');
      const row: Row = {
        ...former,
        ...rest,
        ...(tables !== undefined && { tables: once(tables) }),
        ...(sourceId !== undefined && { source: this.#side('source', sourceId) }),
        ...(destinationId !== undefined && { destination: this.#side('destination', destinationId) }),
        updatedAt: this.#now().toISOString(),
        revision: revision + 1,
      };
      rows.set(id, structuredClone(row));
      return row;
    });
    this.#rows = rows;
    return changed.map((row) => this.#saved(row));
  }

  async delete(id: string): Promise<boolean> {
    return this.#rows.delete(id);
  }

  usersOf(connectionId: string): SavedPipeline[] {
    return this.#all().filter((it) => uses(it, connectionId));
  }

  tablesUsed(connectionId: string): TableName[] {
    const role = this.#connection(connectionId)?.role ?? 'source';
    return once(this.usersOf(connectionId).flatMap((pipeline) => tablesAt(pipeline, role)));
  }

  disconnect(connectionId: string, name: string): void {
    const lose = (side: Side): Side => (side.id === connectionId ? { id: null, lost: name } : side);
    for (const { id } of this.usersOf(connectionId)) {
      const row = this.#rows.get(id);
      if (row === undefined) continue;
      const updatedAt = this.#now().toISOString();
      const revision = row.revision + 1;
      this.#rows.set(id, {
        ...row,
        source: lose(row.source),
        destination: lose(row.destination),
        updatedAt,
        revision,
      });
    }
  }

  #all(): SavedPipeline[] {
    return [...this.#rows.values()]
      .sort((a, b) => byCodePoint(a.name, b.name))
      .map((row) => this.#saved(row));
  }

  #side(role: Role, id: string): Side {
    const connection = this.#connection(id);
    if (connection === undefined) throw noSuchConnection(id);
    requireRole(connection, role);
    return { id, lost: '' };
  }

  #saved(row: Row): SavedPipeline {
    const named = ({ id, lost }: Side) => ({
      id,
      name: (id === null ? undefined : this.#connection(id)?.name) ?? lost,
    });
    return { ...structuredClone(row), source: named(row.source), destination: named(row.destination) };
  }
}

/** Each once, by schema and name. */
function once(tables: readonly TableName[]): TableName[] {
  const byKey = new Map(tables.map(({ schema, name }) => [JSON.stringify([schema, name]), { schema, name }]));
  return [...byKey.values()].sort((a, b) => byCodePoint(a.schema, b.schema) || byCodePoint(a.name, b.name));
}

export function byCodePoint(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
