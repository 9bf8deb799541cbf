import type { StructurePiece, StructureSink } from '../../metadata/structure.ts';
import { Fault } from './faults.ts';
import { Oids, RowReader } from './row-reader.ts';
import type { Session } from './session.ts';
import { Fingerprint, StructureMovedError } from './structure-rows.ts';

/** How many pieces are handed over at once. */
const batchSize = 2000;
/** Of one kind of part of one relation: more than any has. */
const mostParts = 20_000;

/** Runs statements and hands what is read to the sink, in batches; while it is busy the server waits. */
export class PieceWriter {
  readonly #session: Session;
  readonly #sink: StructureSink;
  readonly #row = new RowReader();
  #batch: StructurePiece[] = [];
  #writing: Promise<void> | null = null;
  #failure: { readonly error: unknown } | null = null;
  /** The relations whose parts are wanted. */
  only: ReadonlySet<number> = new Set();
  /** The relations that were dropped since the reading began. */
  readonly gone = new Set<number>();
  readonly #leavesOut: boolean;

  constructor(session: Session, sink: StructureSink, leavesOut: boolean) {
    this.#session = session;
    this.#sink = sink;
    this.#leavesOut = leavesOut;
  }

  queryRow(sql: string, values: readonly string[]): ReturnType<Session['queryRow']> {
    return this.#session.queryRow(sql, values);
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

  add(piece: StructurePiece): void {
    this.#batch.push(piece);
    if (this.#batch.length >= batchSize) this.#flush();
  }

  async read(
    sql: string,
    fields: number,
    onRow: (row: RowReader) => void,
    values: readonly string[] = [],
  ): Promise<void> {
    const row = this.#row;
    try {
      await this.#session.stream(sql, values, {
        describe() {},
        row: (bytes, start, end) => {
          if (this.#failure) throw this.#failure.error;
          try {
            row.begin(bytes, start, end, fields);
            onRow(row);
          } catch (error) {
            this.#failure = { error };
            throw error;
          }
        },
      });
    } catch (error) {
      throw this.#failure ? this.#failure.error : error;
    }
  }

  /** Rows that begin with the relation's oid, and come relation by relation. */
  async readParts<T>(
    part: 'columns' | 'constraints' | 'indexes',
    sql: string,
    fields: number,
    values: readonly string[],
    read: (row: RowReader, fingerprint: Fingerprint) => T,
  ): Promise<void> {
    const oids = new Oids();
    let oid = 0;
    let content: T[] = [];
    let fingerprint = new Fingerprint();
    const close = () => {
      if (oid === 0 || !this.only.has(oid) || this.gone.has(oid)) return;
      this.add({ part, oid, content, fingerprint: fingerprint.toString() } as unknown as StructurePiece);
    };
    await this.read(
      sql,
      fields,
      (row) => {
        const next = row.number();
        if (next !== oid) {
          oids.take(next);
          close();
          oid = next;
          content = [];
          fingerprint = new Fingerprint();
        }
        if (content.length >= mostParts) throw tooMany();
        const found = this.whole(() => read(row, fingerprint));
        if (found === null) this.gone.add(oid);
        else content.push(found);
      },
      values,
    );
    close();
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
    this.#writing = this.#sink.write(batch).then(
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

/** What goes beyond any database's size is not an answer to what was asked. */
export function tooMany(): Fault {
  return new Fault('protocol_violation', { text: 'more than was asked for' });
}
