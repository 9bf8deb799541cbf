import type { StructurePiece, StructureSink } from '../../metadata/structure.ts';
import {
  columnsQuery,
  columnTypesQuery,
  constraintsQuery,
  fieldCounts,
  indexesQuery,
  relationsQuery,
  typesQuery,
} from './discovery-queries.ts';
import { Fault } from './faults.ts';
import { Oids, RowReader } from './row-reader.ts';
import type { Session } from './session.ts';
import {
  ColumnTypes,
  Fingerprint,
  readColumn,
  readConstraint,
  readIndex,
  readRelation,
  readType,
  StructureMovedError,
} from './structure-rows.ts';

/** How many pieces are handed over at once. */
const batchSize = 2000;
/** More than any database has: of types with their modifiers, and of one kind of part of one relation. */
const most = { columnTypes: 200_000, parts: 20_000 } as const;

/** Which relations are read. */
export interface Choice {
  /** Known already. */
  readonly retained: ReadonlySet<number>;
  /** Null: all others. */
  readonly chooses: ((schema: string, name: string) => boolean) | null;
  /** Whether what is dropped under its eyes is left out, rather than ending the reading. */
  readonly leavesOut: boolean;
}

/** Where a reading's statements run. */
export interface ReadingSessions {
  readonly main: Session;
  /** One more with the same snapshot, so that two processes of the server read at once; null: there is none. */
  readonly beside: Promise<Session | null>;
}

/**
 * Reads the relations that the user may see and that are chosen, but for those that are retained, with
 * all their parts: six statements.
 * @returns how many relations the user may not see
 * @throws StructureMovedError; what the sink throws; as Session.stream
 */
export async function readStructure(
  { main, beside }: ReadingSessions,
  sink: StructureSink,
  choice: Choice,
): Promise<number> {
  const writer = new PieceWriter(main, sink, choice.leavesOut);
  const types = new ColumnTypes();
  const second = beside.then((session) => session && new PieceWriter(session, sink, choice.leavesOut));
  const [besideWriter, { read, hidden, left, waiting }] = await Promise.all([
    second.then(async (other) => {
      if (other) await readTypes(other);
      return other;
    }),
    readColumnTypes(writer, types).then(() => readRelations(writer, choice)),
  ]);
  if (!besideWriter) await readTypes(writer);
  const writers = besideWriter ? [writer, besideWriter] : [writer];
  if (read.size > 0) {
    await main.query(inOrder);
    // The parts of a few that are not read are sooner thrown away than left out.
    const chosen = (hidden + left) * 4 > read.size;
    const wanted = { chosen, values: chosen ? [`{${[...read].join(',')}}`] : [] };
    for (const each of writers) each.only = read;
    if (besideWriter) {
      await Promise.all([readColumns(writer, types, wanted), readKeysAndIndexes(besideWriter, wanted)]);
    } else {
      await readColumns(writer, types, wanted);
      await readKeysAndIndexes(writer, wanted);
    }
    for (const piece of waiting) if (!writer.gone.has(piece.oid)) writer.add(piece);
  }
  for (const each of writers) await each.end();
  return hidden;
}

/**
 * The catalogs are read by their indexes, in the order of relations, which takes half the time of sorting
 * a million columns; compiling a statement that runs once takes longer than to run it; and while rows are
 * kept here, one process of the server's is enough to read them.
 */
export const inOrder = `SET LOCAL enable_sort = off; SET LOCAL jit = off;
SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL work_mem = '32MB'`;

async function readColumnTypes(writer: PieceWriter, types: ColumnTypes): Promise<void> {
  let typed = 0;
  await writer.read(columnTypesQuery, fieldCounts.columnTypes, (row) => {
    typed += 1;
    if (typed > most.columnTypes) throw tooMany();
    types.add(row);
  });
}

async function readTypes(writer: PieceWriter): Promise<void> {
  const oids = new Oids();
  await writer.read(typesQuery, fieldCounts.types, (row) => {
    const type = writer.whole(() => readType(row));
    if (type === null) return;
    const { oid, facts, fingerprint } = type;
    oids.take(oid);
    writer.add({ part: 'type', oid, content: facts, fingerprint });
  });
}

interface FoundRelations {
  /** Those whose parts are to be read. */
  readonly read: ReadonlySet<number>;
  readonly hidden: number;
  readonly left: number;
  /** Where some are to be left out, they are handed over when it is known which. */
  readonly waiting: readonly StructurePiece[];
}

async function readRelations(
  writer: PieceWriter,
  { retained, chooses, leavesOut }: Choice,
): Promise<FoundRelations> {
  const read = new Set<number>();
  let hidden = 0;
  let left = 0;
  const oids = new Oids();
  const waiting: StructurePiece[] = [];
  await writer.read(relationsQuery, fieldCounts.relations, (row) => {
    const relation = writer.whole(() => readRelation(row));
    if (relation === null) return;
    const { oid, visible, facts, fingerprint } = relation;
    oids.take(oid);
    if (!visible) hidden += 1;
    else if (retained.has(oid) || chooses?.(facts.schema, facts.name) === false) left += 1;
    else {
      read.add(oid);
      const piece: StructurePiece = { part: 'relation', oid, content: facts, fingerprint };
      if (leavesOut) waiting.push(piece);
      else writer.add(piece);
    }
  });
  return { read, hidden, left, waiting };
}

/** Whether a list of oids narrows the statements, and that list. */
interface Wanted {
  readonly chosen: boolean;
  readonly values: readonly string[];
}

async function readColumns(
  writer: PieceWriter,
  types: ColumnTypes,
  { chosen, values }: Wanted,
): Promise<void> {
  await writer.readParts('columns', columnsQuery(chosen), fieldCounts.columns, values, (row, fingerprint) =>
    readColumn(row, types, fingerprint),
  );
}

async function readKeysAndIndexes(writer: PieceWriter, { chosen, values }: Wanted): Promise<void> {
  const { constraints, indexes } = fieldCounts;
  await writer.readParts('constraints', constraintsQuery(chosen), constraints, values, readConstraint);
  await writer.readParts('indexes', indexesQuery(chosen), indexes, values, readIndex);
}

/** Runs statements and hands what is read to the sink, in batches; while it is busy the server waits. */
class PieceWriter {
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
        if (content.length >= most.parts) throw tooMany();
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

function tooMany(): Fault {
  return new Fault('protocol_violation', { text: 'more than was asked for' });
}
