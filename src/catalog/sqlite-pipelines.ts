import type { PipelineCatalog, PipelineChange, PipelineDraft } from '../pipelines/catalog.ts';
import type { SavedPipeline } from '../pipelines/pipeline.ts';
import type { CatalogDatabase } from './catalog-database.ts';
import type { PipelinesTable } from './pipelines-table.ts';

/** The pipelines of a catalog in SQLite. */
export class SqlitePipelines implements PipelineCatalog {
  readonly #db: CatalogDatabase;
  readonly #table: PipelinesTable;

  constructor(db: CatalogDatabase, table: PipelinesTable) {
    this.#db = db;
    this.#table = table;
  }

  async list(): Promise<SavedPipeline[]> {
    return this.#db.read(() => this.#table.list());
  }

  async find(nameOrId: string): Promise<SavedPipeline | null> {
    return this.#db.read(() => this.#table.find(nameOrId));
  }

  async add(id: string, draft: PipelineDraft): Promise<SavedPipeline> {
    return this.#db.write(() => this.#table.add(id, draft));
  }

  async update(changes: readonly PipelineChange[]): Promise<SavedPipeline[]> {
    return this.#db.write(() => changes.map((change) => this.#table.update(change)));
  }

  async delete(id: string): Promise<boolean> {
    return this.#db.write(() => this.#table.delete(id));
  }
}
