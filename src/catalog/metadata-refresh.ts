import { RefusedError } from '../connections/errors.ts';
import type { RelationFacts } from '../metadata/discovery.ts';
import type { MetadataRefresh, Snapshot } from '../metadata/store.ts';
import type { StructureFacts, StructurePiece } from '../metadata/structure.ts';
import type { CatalogDatabase } from './catalog-database.ts';
import { columnsOf, partNumbers, textsOf } from './metadata-rows.ts';
import type { SnapshotsTable } from './snapshots-table.ts';

/** How many snapshots are kept of a connection. */
const keptSnapshots = 30;

const currentRelation = `SELECT content, fingerprint, since FROM relations
  WHERE source = ? AND oid = ? AND until IS NULL`;
const currentPart = `SELECT content, fingerprint, since FROM relation_parts
  WHERE source = ? AND part = ? AND oid = ? AND until IS NULL`;
// A server that tells of a relation twice is no reason to fail.
const insertRelation = `INSERT OR REPLACE INTO relations (source, oid, since, schema, name, content, search, fingerprint)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;
const insertPart = `INSERT OR REPLACE INTO relation_parts (source, part, oid, since, content, search, fingerprint)
  VALUES (?, ?, ?, ?, ?, ?, ?)`;

/** What is written under the number of the snapshot to come, which no snapshot has until `complete`. */
export class SqliteRefresh implements MetadataRefresh {
  readonly #db: CatalogDatabase;
  readonly #snapshots: SnapshotsTable;
  readonly #source: number;
  readonly #number: number;
  readonly #isFirst: boolean;
  /** Whether anything may have been written: to look for it takes as long as to read all that is kept. */
  #hasBegun = false;
  /** Of parts and relations that were written or seen to be the same; nothing is compared in a first one. */
  readonly #seen = new Set<string>();
  #retained: ReadonlySet<number> = new Set();
  #relations = 0;
  #columns = 0;
  /** Whether anything that was written differs from the newest snapshot. */
  #differs = false;

  constructor(
    db: CatalogDatabase,
    snapshots: SnapshotsTable,
    { source, number }: { readonly source: number; readonly number: number },
  ) {
    this.#db = db;
    this.#snapshots = snapshots;
    this.#source = source;
    this.#number = number;
    this.#isFirst = snapshots.newest(source) === null;
  }

  async begin(): Promise<void> {
    this.#hasBegun = true;
    this.#seen.clear();
    this.#relations = 0;
    this.#columns = 0;
    this.#differs = false;
    this.#retained = new Set();
    this.#write(() => this.#snapshots.dropUnfinished(this.#source));
  }

  async write(pieces: readonly StructurePiece[]): Promise<void> {
    this.#write(() => {
      for (const piece of pieces) this.#put(piece);
    });
  }

  async retain(oids: ReadonlySet<number>): Promise<void> {
    this.#retained = oids;
  }

  async complete(facts: StructureFacts, scope: string, durationMs: number): Promise<Snapshot> {
    return this.#write(() => {
      if (!this.#isFirst) {
        this.#endUnseen();
        const newest = this.#snapshots.newest(this.#source);
        const isSame = !this.#differs && newest !== null && isOfTheSame(newest, facts, scope);
        if (isSame) return this.#confirm(facts, durationMs);
      }
      const counts = this.#isFirst
        ? { relations: this.#relations, columns: this.#columns }
        : this.#snapshots.countCurrent(this.#source);
      this.#snapshots.add(this.#number, this.#source, { facts, scope, durationMs, counts });
      this.#snapshots.prune(this.#source, keptSnapshots);
      this.#snapshots.endRefresh(this.#source, durationMs, null);
      const newest = this.#snapshots.newest(this.#source);
      if (newest === null) throw new Error('the snapshot was written and is not there');
      return newest;
    });
  }

  async confirm(facts: StructureFacts, durationMs: number): Promise<Snapshot> {
    return this.#write(() => {
      if (this.#hasBegun) this.#snapshots.dropUnfinished(this.#source);
      return this.#confirm(facts, durationMs);
    });
  }

  #confirm(facts: StructureFacts, durationMs: number): Snapshot {
    this.#snapshots.endRefresh(this.#source, durationMs, null);
    const newest = this.#snapshots.confirmNewest(this.#source, facts);
    if (newest === null) throw new Error('there is no snapshot that could hold still');
    return newest;
  }

  async fail(error: { code: string; message: string }, durationMs: number): Promise<void> {
    this.#db.write(() => {
      if (!this.#isOurs()) return;
      this.#snapshots.dropUnfinished(this.#source);
      this.#snapshots.endRefresh(this.#source, durationMs, error);
    });
  }

  async abandon(): Promise<void> {
    this.#db.write(() => {
      if (!this.#isOurs()) return;
      this.#snapshots.dropUnfinished(this.#source);
      this.#snapshots.release(this.#source);
    });
  }

  #isOurs(): boolean {
    return this.#snapshots.renewClaim(this.#source, this.#number);
  }

  /** @throws RefusedError refresh_taken_over */
  #write<T>(work: () => T): T {
    return this.#db.write(() => {
      if (!this.#isOurs()) throw takenOver();
      return work();
    });
  }

  #put(piece: StructurePiece): void {
    if (piece.part === 'relation') this.#relations += 1;
    if (piece.part === 'columns') this.#columns += columnsOf(piece).length;
    const { content, search } = textsOf(piece);
    if (!this.#isFirst && this.#holdsStill(piece, content)) return;
    this.#differs = true;
    const { part, oid, fingerprint } = piece;
    if (part === 'relation') {
      const { schema, name } = piece.content as RelationFacts;
      const cells: [string, string, string] = [content, search, fingerprint];
      this.#db.run(insertRelation, this.#source, oid, this.#number, schema, name, ...cells);
    } else {
      const cells = [content, search, fingerprint];
      this.#db.run(insertPart, this.#source, partNumbers[part], oid, this.#number, ...cells);
    }
  }

  /** Whether the former snapshot has the very same; if it has another one, that one ends here. */
  #holdsStill({ part, oid, fingerprint }: StructurePiece, content: string): boolean {
    this.#seen.add(`${part} ${oid}`);
    const keys = part === 'relation' ? [this.#source, oid] : [this.#source, partNumbers[part], oid];
    const table = part === 'relation' ? 'relations' : 'relation_parts';
    const former = this.#db.row<[string, string, number]>(
      part === 'relation' ? currentRelation : currentPart,
      ...keys,
    );
    if (former === undefined) return false;
    const where = `source = ? ${part === 'relation' ? '' : 'AND part = ? '}AND oid = ?`;
    if (former[0] === content) {
      // The catalogs' rows were written anew, with nothing in them changed.
      if (former[1] !== fingerprint) {
        this.#db.run(
          `UPDATE ${table} SET fingerprint = ? WHERE ${where} AND until IS NULL`,
          fingerprint,
          ...keys,
        );
      }
      return true;
    }
    this.#db.run(`UPDATE ${table} SET until = ? WHERE ${where} AND until IS NULL`, this.#number, ...keys);
    return false;
  }

  /** Of relations that are not retained, what was not seen in this reading is gone. */
  #endUnseen(): void {
    const relations = this.#db.rows<[number]>(
      'SELECT oid FROM relations WHERE source = ? AND until IS NULL',
      this.#source,
    );
    for (const [oid] of relations) {
      if (this.#retained.has(oid) || this.#seen.has(`relation ${oid}`)) continue;
      this.#differs = true;
      this.#db.run(
        'UPDATE relations SET until = ? WHERE source = ? AND oid = ? AND until IS NULL',
        ...[this.#number, this.#source, oid],
      );
    }
    for (const [part, number] of Object.entries(partNumbers)) {
      const parts = this.#db.rows<[number]>(
        'SELECT oid FROM relation_parts WHERE source = ? AND part = ? AND until IS NULL',
        ...[this.#source, number],
      );
      for (const [oid] of parts) {
        if (part !== 'type' && this.#retained.has(oid)) continue;
        if (this.#seen.has(`${part} ${oid}`)) continue;
        this.#differs = true;
        this.#db.run(
          'UPDATE relation_parts SET until = ? WHERE source = ? AND part = ? AND oid = ? AND until IS NULL',
          ...[this.#number, this.#source, number, oid],
        );
      }
    }
  }
}

/** Whether a reading without any other piece has nothing else that is new either. */
function isOfTheSame(newest: Snapshot, facts: StructureFacts, scope: string): boolean {
  const told = ({ identity, schemas, hidden }: Pick<Snapshot, 'identity' | 'schemas' | 'hidden'>) =>
    JSON.stringify([identity, schemas, hidden.schemas, hidden.relations]);
  return newest.scope === scope && told(newest) === told(facts);
}

function takenOver(): RefusedError {
  return new RefusedError({
    code: 'refresh_taken_over',
    message: 'another process took this refresh over, since it had stood still for too long',
    fix: 'look at what the other one finds, or try again later',
  });
}
