import type { Relation } from './discovery.ts';

/**
 * Whether CDC can identify the rows of a table: by the key that its replica identity names, or by all
 * that is in them. A deferrable key does not count.
 * Source: PostgreSQL manual, ALTER TABLE … REPLICA IDENTITY; 31.1 Publication.
 */
export function hasReplicationKey({ replicaIdentity, indexes }: Relation): boolean {
  if (replicaIdentity === 'full') return true;
  if (replicaIdentity === 'nothing') return false;
  return indexes.some(
    (index) =>
      index.valid && index.immediate && (replicaIdentity === 'index' ? index.replicaIdentity : index.primary),
  );
}

/** What a table's replica identity is, with the index that is chosen: `index orders_number_key`. */
export function replicaIdentityText({ replicaIdentity, indexes }: Relation): string {
  const chosen = indexes.find((index) => index.replicaIdentity);
  return replicaIdentity === 'index' && chosen ? `index ${chosen.name}` : replicaIdentity;
}

/** The columns of the chosen index; none where none is chosen. */
export function replicaIdentityColumns({ replicaIdentity, indexes }: Relation): string[] {
  const chosen = replicaIdentity === 'index' ? indexes.find((index) => index.replicaIdentity) : undefined;
  return chosen?.columns.filter((column) => column !== null) ?? [];
}
