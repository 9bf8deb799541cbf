import type { StructurePiece, StructureSink } from '../../metadata/structure.ts';
import {
  columnsQuery,
  columnTypesQuery,
  constraintsQuery,
  fieldCounts,
  indexesQuery,
  relationsQuery,
  restOfFingerprintQuery,
  typesQuery,
} from './discovery-queries.ts';
import { KnownColumns } from './known-columns.ts';
import { PieceWriter, tooMany } from './piece-writer.ts';
import { Oids } from './row-reader.ts';
import type { Session } from './session.ts';
import { ColumnTypes, readConstraint, readIndex, readRelation, readType } from './structure-rows.ts';

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
}

/** Where a reading's statements run. */
export interface ReadingSessions {
  readonly main: Session;
  /** One more with the same snapshot, so that two processes of the server read at once; null: there is none. */
  readonly beside: Session | null;
}

/** What is told once all was read. */
export interface Read {
  /** How many relations the user may not see. */
  readonly hidden: number;
  /** As fingerprintQuery's. */
  readonly fingerprint: string;
}

/**
 * Reads the relations that the user may see and that are chosen, but for those that are retained, with
 * all their parts: seven statements.
 * @throws StructureMovedError; what the sink throws; as Session.stream
 */
export async function readStructure(
  { main, beside }: ReadingSessions,
  sink: StructureSink,
  choice: Choice,
): Promise<Read> {
  const writer = new PieceWriter(main, sink, choice.leavesOut);
  const other = beside === null ? writer : new PieceWriter(beside, sink, choice.leavesOut);
  const types = new ColumnTypes();
  await Promise.all([main.query(unaided), beside?.query(unaided)]);
  // Behind each other in one session; in two, at once, what a statement needs of another one awaited.
  const begun = beside === null ? null : readRelations(writer, choice);
  begun?.catch(() => {});
  const typed = readColumnTypes(other, types);
  const readRest = async () => {
    await typed;
    const fingerprint = choice.fingerprint ?? (await readFingerprint(beside ?? main, types));
    await readTypes(other);
    return fingerprint;
  };
  const rest = readRest();
  rest.catch(() => {});
  const { read, hidden, left, waiting } = await (begun ?? rest.then(() => readRelations(writer, choice)));
  // The parts of a few that are not read are sooner thrown away than left out.
  const chosen = (hidden + left) * 4 > read.size;
  const wanted = { chosen, values: chosen ? [`{${[...read].join(',')}}`] : [] };
  writer.only = read;
  other.only = read;
  const columns = async () => {
    await typed;
    if (read.size === 0) return;
    await main.query(inOrder);
    await readColumns(writer, types, wanted);
  };
  const keys = async () => {
    const fingerprint = await rest;
    if (read.size === 0) return fingerprint;
    if (beside !== null) await beside.query(inOrder);
    await readKeysAndIndexes(other, wanted);
    return fingerprint;
  };
  let fingerprint: string;
  if (beside === null) {
    await columns();
    fingerprint = await keys();
  } else {
    [, fingerprint] = await Promise.all([columns(), keys()]);
  }
  for (const piece of waiting) if (!writer.gone.has(piece.oid)) writer.add(piece);
  await writer.end();
  await other.end();
  return { hidden, fingerprint };
}

/**
 * Compiling a statement that runs once takes longer than to run it; and while rows are kept here, one
 * process of the server's for each session is enough to read them.
 */
const unaided = 'SET LOCAL jit = off; SET LOCAL max_parallel_workers_per_gather = 0';

/**
 * The catalogs are read by their indexes, in the order of relations, which takes half the time of sorting
 * a million columns.
 */
const inOrder = "SET LOCAL enable_sort = off; SET LOCAL work_mem = '32MB'";

async function readColumnTypes(writer: PieceWriter, types: ColumnTypes): Promise<void> {
  let typed = 0;
  await writer.read(columnTypesQuery, fieldCounts.columnTypes, (row) => {
    typed += 1;
    if (typed > mostColumnTypes) throw tooMany();
    types.add(row);
  });
}

async function readFingerprint(session: Session, { attributes }: ColumnTypes): Promise<string> {
  const { fingerprint } = await session.queryRow(restOfFingerprintQuery, [attributes]);
  return fingerprint ?? '';
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
  const known = new KnownColumns(types);
  await writer.readParts('columns', columnsQuery(chosen), fieldCounts.columns, values, (row, fingerprint) =>
    known.read(row, fingerprint),
  );
}

async function readKeysAndIndexes(writer: PieceWriter, { chosen, values }: Wanted): Promise<void> {
  const { constraints, indexes } = fieldCounts;
  await writer.readParts('constraints', constraintsQuery(chosen), constraints, values, readConstraint);
  await writer.readParts('indexes', indexesQuery(chosen), indexes, values, readIndex);
}
