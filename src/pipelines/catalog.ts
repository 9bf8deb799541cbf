import type { TableName } from '../connections/connection.ts';
import type { PipelineState, SavedPipeline } from './pipeline.ts';

/** What an `add` writes; the catalog fills in the rest. */
export interface PipelineDraft {
  readonly name: string;
  readonly state: PipelineState;
  /** Ids of connections. */
  readonly sourceId: string;
  readonly destinationId: string;
  /** In any order; kept once each. */
  readonly tables: readonly TableName[];
  /** As {@link SavedPipeline} has it. */
  readonly destinationSchema: string | null;
  readonly schedule: string | null;
  readonly owner: string | null;
}

/** A change of a pipeline; what is absent stays. */
export interface PipelineChange extends Partial<PipelineDraft> {
  readonly id: string;
  /** The revision it was thought out for. */
  readonly revision: number;
}

/**
 * The store of pipelines, a port of the domain: of one catalog with the store of connections, so that a
 * connection is not deleted between the look at it and the pipeline that is added for it. Asynchronous and
 * without SQL; every adapter passes the contract suite.
 *
 * Each method is one transaction, durable when its promise resolves. All throw CatalogError when the store
 * can't be read or written.
 */
export interface PipelineCatalog {
  /** Every pipeline, ordered by name (by code point). */
  list(): Promise<SavedPipeline[]>;

  /** The pipeline with exactly this name or id, or null. A name wins over an id. */
  find(nameOrId: string): Promise<SavedPipeline | null>;

  /**
   * Saves a new pipeline under the given id (UUID).
   * @throws RefusedError pipeline_name_taken; NotFoundError no_such_connection when a side is gone;
   * UsageError wrong_role
   */
  add(id: string, draft: PipelineDraft): Promise<SavedPipeline>;

  /**
   * Makes all of the changes, or none.
   * @returns the pipelines as they are now, in the order of the changes
   * @throws NotFoundError no_such_pipeline, no_such_connection; RefusedError pipeline_changed_meanwhile,
   * pipeline_name_taken; UsageError wrong_role
   */
  update(changes: readonly PipelineChange[]): Promise<SavedPipeline[]>;

  /** @returns false when there is no such pipeline (any more) */
  delete(id: string): Promise<boolean>;
}
