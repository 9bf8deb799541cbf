import type { z } from 'zod';
import type { Role, TableName } from '../connections/connection.ts';
import { shellWord } from '../connections/shell-word.ts';
import { writtenName } from '../metadata/relation-name.ts';
import type { pipelineCheckSchema, pipelineSchema } from './schema.ts';

/** The read model: what is printed. */
export type Pipeline = z.infer<typeof pipelineSchema>;
export type PipelineState = Pipeline['state'];
/** What a check found of one pipeline. */
export type PipelineCheck = z.infer<typeof pipelineCheckSchema>;
/** What it found of one of its ends. */
export type EndCheck = PipelineCheck['source'];

/** One end of a pipeline: a connection, or what is left of one that was deleted. */
interface PipelineSide {
  /** Null when the connection was deleted: the side is disconnected. */
  readonly id: string | null;
  /** As the connection is called now, or was called last. */
  readonly name: string;
}

/** A named use of a source and a destination by some job elsewhere, as the catalog keeps it. */
export interface SavedPipeline {
  /** UUID. */
  readonly id: string;
  readonly name: string;
  readonly state: PipelineState;
  readonly source: PipelineSide;
  readonly destination: PipelineSide;
  /** The tables that the job uses, by schema and name (by code point); empty: it names none. */
  readonly tables: readonly TableName[];
  /** The schema that it loads them into; null: that of the same name. */
  readonly destinationSchema: string | null;
  /** When it runs and whose it is, in the user's own words. */
  readonly schedule: string | null;
  readonly owner: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** Counts up at each change. */
  readonly revision: number;
}

/** The sides that have lost their connection, the source first. */
export function lostSides(pipeline: Pick<SavedPipeline, Role>): Role[] {
  return (['source', 'destination'] as const).filter((role) => pipeline[role].id === null);
}

export function isDisconnected(pipeline: Pick<SavedPipeline, Role>): boolean {
  return lostSides(pipeline).length > 0;
}

/** Whether a connection is either end of it. */
export function uses(pipeline: Pick<SavedPipeline, Role>, connectionId: string): boolean {
  return pipeline.source.id === connectionId || pipeline.destination.id === connectionId;
}

/** The tables as they are called at an end. */
export function tablesAt(
  { tables, destinationSchema }: Pick<SavedPipeline, 'tables' | 'destinationSchema'>,
  role: Role,
): readonly TableName[] {
  if (role === 'source' || destinationSchema === null) return tables;
  return tables.map(({ name }) => ({ schema: destinationSchema, name }));
}

/** The command that gives a side another connection. */
export function retargetCommand(pipeline: string, ...roles: readonly Role[]): string {
  return `jackfield pipelines retarget ${shellWord(pipeline)} ${roles.map((role) => `--${role} NAME`).join(' ')}`;
}

/** `its source shop was deleted`. */
export function lossOf(pipeline: Pick<SavedPipeline, Role>): string {
  const lost = lostSides(pipeline).map((role) => `${role} ${pipeline[role].name}`);
  return `its ${lost.join(' and its ')} ${lost.length === 1 ? 'was' : 'were'} deleted`;
}

/** The read model of a saved pipeline: the shape of the JSON contract. */
export function toPipeline(saved: SavedPipeline): Pipeline {
  const side = ({ id, name }: PipelineSide) => ({
    id,
    name,
    status: id === null ? ('disconnected' as const) : ('connected' as const),
  });
  return {
    id: saved.id,
    name: saved.name,
    state: saved.state,
    status: isDisconnected(saved) ? 'disconnected' : 'connected',
    source: side(saved.source),
    destination: side(saved.destination),
    tables: saved.tables.map(writtenName),
    destinationSchema: saved.destinationSchema,
    schedule: saved.schedule,
    owner: saved.owner,
    createdAt: saved.createdAt,
    updatedAt: saved.updatedAt,
  };
}
