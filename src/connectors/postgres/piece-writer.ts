import type { StructurePiece, StructureSink } from '../../metadata/structure.ts';
import { Fault } from './faults.ts';
import { Oids, RowReader } from './row-reader.ts';
import type { Session } from './session.ts';
import { Fingerprint, type PartReader, StructureMovedError } from './structure-rows.ts';

/** How many pieces are handed over at once. */
const batchSize = 500;
/** How many columns are kept of relations of which it is not known yet whether they are wanted. */
const mostUndecided = 100_000;
/** Of one kind of part of one relation: more than any has. */
const mostParts = 20_000;

/** A statement, and what becomes of its rows. */
export interface Reading {
  readonly sql: string;
  /** How many a row has. */
  readonly fields: number;
  take(row: RowReader): void;
  /** All rows have come. */
  end(): void;
}

/** Runs statements and hands what is read to the sink, in batches; while it is busy the server waits. */
export class PieceWriter {
  readonly #session: Session;
  readonly #sink: StructureSink;
  readonly #leavesOut: boolean;
  readonly #row = new RowReader();
  #batch: StructurePiece[] = [];
  #writing: Promise<void> | null = null;
  #failure: { readonly error: unknown } | null = null;
  /** The relations whose parts are wanted; null as long as that is not known. */
  #wanted: ReadonlySet<number> | null = null;
  #undecided: StructurePiece[] = [];
  /** Columns of those. */
  #kept = 0;
  /** The relations that were dropped since the reading began. */
  readonly gone = new Set<number>();

  constructor(session: Session, sink: StructureSink, leavesOut: boolean) {
    this.#session = session;
    this.#sink = sink;
    this.#leavesOut = leavesOut;
  }

  /** What is read; null for what was dropped since, where that is left out. @throws StructureMovedError */
  whole<T>(read: () => T): T | null {
    try {
      return read();
    } catch (error) {
      if (this.#leavesOut && error instanceof StructureMovedError) return null;
      throw error;
    }
  }

  /** Says of which relations the parts are wanted; those of others are thrown away. */
  want(relations: ReadonlySet<number>): void {
    this.#wanted = relations;
    const undecided = this.#undecided;
    this.#undecided = [];
    if (this.#kept >= mostUndecided) this.#session.resumeRows();
    this.#kept = 0;
    for (const piece of undecided) this.#addPart(piece, 0);
  }

  add(piece: StructurePiece): void {
    this.#batch.push(piece);
    if (this.#batch.length >= batchSize) this.#flush();
  }

  /** @param size how many columns, or whatever it is made of */
  #addPart(piece: StructurePiece, size: number): void {
    if (this.#wanted === null) {
      this.#undecided.push(piece);
      this.#kept += size;
      if (this.#kept >= mostUndecided) this.#session.holdRows();
    } else if (this.#wanted.has(piece.oid) && !this.gone.has(piece.oid)) this.add(piece);
  }

  /**
   * Sends statements in one message, so that the server need not wait for the next one, and reads what
   * comes for each.
   * @param settings statements without rows, before them
   */
  async read(readings: readonly Reading[], settings: readonly string[] = []): Promise<void> {
    const row = this.#row;
    let begun = 0;
    let reading: Reading | undefined;
    const failed = (error: unknown) => {
      this.#failure ??= { error };
      return this.#failure.error;
    };
    try {
      await this.#session.streamAll([...settings, ...readings.map(({ sql }) => sql)], {
        describe: () => {
          try {
            reading?.end();
            reading = readings[begun];
            begun += 1;
          } catch (error) {
            throw failed(error);
          }
        },
        row: (bytes, start, end) => {
          if (this.#failure) throw this.#failure.error;
          try {
            if (reading === undefined) throw tooMany();
            row.begin(bytes, start, end, reading.fields);
            reading.take(row);
          } catch (error) {
            throw failed(error);
          }
        },
      });
    } catch (error) {
      throw this.#failure ? this.#failure.error : error;
    }
    reading?.end();
    if (begun !== readings.length)
      throw new Fault('protocol_violation', { text: 'other answers than were asked for' });
  }

  /** A statement whose rows begin with the relation's oid, and come relation by relation. */
  parts<T>(
    part: 'columns' | 'constraints' | 'indexes',
    sql: string,
    fields: number,
    read: PartReader<T>,
  ): Reading {
    const oids = new Oids();
    let oid = 0;
    let content: T[] = [];
    let fingerprint = new Fingerprint();
    const end = () => {
      if (oid === 0) return;
      const piece = { part, oid, content, fingerprint: fingerprint.toString() } as unknown as StructurePiece;
      this.#addPart(piece, content.length);
    };
    const take = (row: RowReader) => {
      const next = row.number();
      if (next !== oid) {
        oids.take(next);
        end();
        oid = next;
        content = [];
        fingerprint = new Fingerprint();
      }
      if (content.length >= mostParts) throw tooMany();
      const found = this.whole(() => read(row, fingerprint));
      if (found === null) this.gone.add(oid);
      else content.push(found);
    };
    return { sql, fields, take, end };
  }

  async end(): Promise<void> {
    while (this.#failure === null && (this.#batch.length > 0 || this.#writing !== null)) {
      this.#flush();
      await this.#writing;
    }
    if (this.#failure) throw this.#failure.error;
  }

  #flush(): void {
    if (this.#writing !== null) return;
    const batch = this.#batch;
    if (batch.length === 0) return;
    this.#batch = [];
    this.#session.holdRows();
    this.#writing = this.#sink
      .write(batch)
      .then(turn)
      .then(
        () => {
          this.#writing = null;
          this.#session.resumeRows();
        },
        (error: unknown) => {
          this.#writing = null;
          this.#failure = { error };
          this.#session.resumeRows();
        },
      );
  }
}

/**
 * Lets the other session have its turn: what has come for one is else listened to for two megabytes
 * (libuv's uv__read, src/unix/stream.c), while the server waits for the other one to be read.
 */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** What goes beyond any database's size is not an answer to what was asked. */
export function tooMany(): Fault {
  return new Fault('protocol_violation', { text: 'more than was asked for' });
}
