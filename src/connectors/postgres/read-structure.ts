import type { StructurePiece, StructureSink } from '../../metadata/structure.ts';
import {
  type Chosen,
  columnsQuery,
  columnTypesQuery,
  constraintsQuery,
  fieldCounts,
  indexesQuery,
  placeOfAttributes,
  relationsQuery,
  restOfFingerprintQuery,
  typesQuery,
} from './discovery-queries.ts';
import { PieceWriter, type Reading, tooMany } from './piece-writer.ts';
import { Oids, type RowReader } from './row-reader.ts';
import type { Session } from './session.ts';
import {
  ColumnTypes,
  columnReader,
  constraintReader,
  indexReader,
  readRelation,
  readType,
} from './structure-rows.ts';

/** Of types with their modifiers: more than any database has. */
const mostColumnTypes = 200_000;

/** Which relations are read. */
export interface Choice {
  /** Known already. */
  readonly retained: ReadonlySet<number>;
  /** Null: all others. */
  readonly chooses: ((schema: string, name: string) => boolean) | null;
  /** Whether what is dropped under its eyes is left out, rather than ending the reading. */
  readonly leavesOut: boolean;
  /** Of the whole, where it is known already. */
  readonly fingerprint: string | null;
  /** Whether nearly all are likely to be read, so that their parts are asked for before it is known. */
  readonly mostAreRead: boolean;
}

/** Where a reading's statements run. */
export interface ReadingSessions {
  readonly main: Session;
  /** One more with the same snapshot, so that two processes of the server read at once; null: there is none. */
  readonly opening: Promise<Session | null> | null;
}

/** The session that was to read beside the first one could not be opened, and the first one has begun. */
export class NoSecondSession extends Error {}

/** What is told once all was read. */
export interface Read {
  /** How many relations the user may not see. */
  readonly hidden: number;
  /** As fingerprintQuery's. */
  readonly fingerprint: string;
}

/**
 * Reads the relations that the user may see and that are chosen, but for those that are retained, with
 * all their parts: seven statements, sent before the answer to the first where nearly all are read.
 * @throws StructureMovedError; NoSecondSession; what the sink throws; as Session.stream
 */
export async function readStructure(
  { main, opening }: ReadingSessions,
  sink: StructureSink,
  choice: Choice,
): Promise<Read> {
  const writer = new PieceWriter(main, sink, choice.leavesOut);
  if (opening !== null) {
    const beside = opening.then((session) => {
      if (session === null) throw new NoSecondSession();
      return new PieceWriter(session, sink, choice.leavesOut);
    });
    return readTogether(writer, beside, choice);
  }
  const types = new ColumnTypes();
  const fingerprint = new WholeFingerprint(types, choice.fingerprint);
  const relations = new Relations(writer, choice, () => writer.want(relations.read));
  const first = [columnTypes(types), typesOf(writer), relations];
  const partsOf = (chosen: Chosen) => [
    columnsOf(writer, types, chosen, choice.leavesOut),
    ...keysOf(writer, chosen),
  ];
  if (choice.mostAreRead) {
    await writer.read([...first, ...partsOf(null), ...fingerprint.readings], planning);
  } else {
    await writer.read(first, planning);
    const parts = relations.read.size === 0 ? [] : partsOf(relations.chosen);
    const rest = [...parts, ...fingerprint.readings];
    if (rest.length > 0) await writer.read(rest);
  }
  for (const piece of relations.waiting) if (!writer.gone.has(piece.oid)) writer.add(piece);
  await writer.end();
  return { hidden: relations.hidden, fingerprint: fingerprint.text };
}

/** The columns, which take as long as all else, in one session, all else in the other. */
async function readTogether(main: PieceWriter, opening: Promise<PieceWriter>, choice: Choice): Promise<Read> {
  const types = new ColumnTypes();
  const columns = main.read([columnTypes(types), columnsOf(main, types, null, choice.leavesOut)], planning);
  // Looked at when the other session is there.
  columns.catch(() => {});
  const beside = await opening;
  const fingerprint = new WholeFingerprint(types, choice.fingerprint);
  const relations = new Relations(beside, choice, () => {
    for (const writer of [main, beside]) writer.want(relations.read);
  });
  await Promise.all([
    columns,
    beside.read([relations, typesOf(beside), ...keysOf(beside, null), ...fingerprint.readings], planning),
  ]);
  await main.end();
  await beside.end();
  return { hidden: relations.hidden, fingerprint: fingerprint.text };
}

/**
 * Compiling a statement that runs once takes longer than to run it; and while rows are kept here, one
 * process of the server's for each session is enough to read them. The catalogs are read by their indexes,
 * in the order of relations, which takes half the time of sorting a million columns.
 */
const planning = [
  'SET LOCAL jit = off',
  'SET LOCAL max_parallel_workers_per_gather = 0',
  'SET LOCAL enable_sort = off',
  "SET LOCAL work_mem = '32MB'",
];

function columnTypes(types: ColumnTypes): Reading {
  let typed = 0;
  const take = (row: RowReader) => {
    typed += 1;
    if (typed > mostColumnTypes) throw tooMany();
    types.add(row);
  };
  return { sql: columnTypesQuery, fields: fieldCounts.columnTypes, take, end() {} };
}

function typesOf(writer: PieceWriter): Reading {
  const oids = new Oids();
  const take = (row: RowReader) => {
    const type = writer.whole(() => readType(row));
    if (type === null) return;
    const { oid, facts, fingerprint } = type;
    oids.take(oid);
    writer.add({ part: 'type', oid, content: facts, fingerprint });
  };
  return { sql: typesQuery, fields: fieldCounts.types, take, end() {} };
}

/** Reads the relations, and finds out of which the parts are to be read. */
class Relations implements Reading {
  readonly sql = relationsQuery;
  readonly fields = fieldCounts.relations;
  /** Those whose parts are to be read. */
  readonly read = new Set<number>();
  hidden = 0;
  /** Where some are to be left out, they are handed over when it is known which. */
  readonly waiting: StructurePiece[] = [];
  #left = 0;
  readonly #oids = new Oids();
  readonly #writer: PieceWriter;
  readonly #choice: Choice;
  readonly #onEnd: () => void;

  constructor(writer: PieceWriter, choice: Choice, onEnd: () => void) {
    this.#writer = writer;
    this.#choice = choice;
    this.#onEnd = onEnd;
  }

  take(row: RowReader): void {
    const { retained, chooses, leavesOut } = this.#choice;
    const relation = this.#writer.whole(() => readRelation(row));
    if (relation === null) return;
    const { oid, visible, facts, fingerprint } = relation;
    this.#oids.take(oid);
    if (!visible) this.hidden += 1;
    else if (retained.has(oid) || chooses?.(facts.schema, facts.name) === false) this.#left += 1;
    else {
      this.read.add(oid);
      const piece: StructurePiece = { part: 'relation', oid, content: facts, fingerprint };
      if (leavesOut) this.waiting.push(piece);
      else this.#writer.add(piece);
    }
  }

  end(): void {
    this.#onEnd();
  }

  /** The parts of a few that are not read are sooner thrown away than left out. */
  get chosen(): Chosen {
    return (this.hidden + this.#left) * 4 > this.read.size ? [...this.read] : null;
  }
}

function columnsOf(writer: PieceWriter, types: ColumnTypes, chosen: Chosen, leavesOut: boolean): Reading {
  return writer.parts('columns', columnsQuery(chosen, leavesOut), fieldCounts.columns, columnReader(types));
}

function keysOf(writer: PieceWriter, chosen: Chosen): Reading[] {
  const { constraints, indexes } = fieldCounts;
  return [
    writer.parts('constraints', constraintsQuery(chosen), constraints, constraintReader()),
    writer.parts('indexes', indexesQuery(chosen), indexes, indexReader()),
  ];
}

/** The fingerprint of the whole: what is known already, or what is read for it. */
class WholeFingerprint implements Reading {
  readonly sql = restOfFingerprintQuery;
  readonly fields = fieldCounts.fingerprint;
  #known: string;
  readonly #types: ColumnTypes;
  /** What there is to read for it. */
  readonly readings: readonly Reading[];

  constructor(types: ColumnTypes, known: string | null) {
    this.#types = types;
    this.#known = known ?? '';
    this.readings = known === null ? [this] : [];
  }

  take(row: RowReader): void {
    if (this.#known !== '') throw tooMany();
    this.#known = row.text();
  }

  end(): void {}

  /** Once the types of columns were read too. */
  get text(): string {
    return this.#known.replace(placeOfAttributes, this.#types.attributes);
  }
}
