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
import { PieceWriter, tooMany } from './piece-writer.ts';
import { Oids } from './row-reader.ts';
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
}

/** Where a reading's statements run. */
export interface ReadingSessions {
  readonly main: Session;
  /** One more with the same snapshot, so that two processes of the server read at once; null: there is none. */
  readonly opening: Promise<Session | null> | null;
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
  { main, opening }: ReadingSessions,
  sink: StructureSink,
  choice: Choice,
): Promise<Read> {
  await main.query(planning);
  const writer = new PieceWriter(main, sink, choice.leavesOut);
  const found = readRelations(writer, choice);
  // Looked at when the other session is there.
  found.catch(() => {});
  const beside = await opening;
  if (beside === null) return readAlone(writer, found, choice);
  await beside.query(planning);
  return readTogether(writer, new PieceWriter(beside, sink, choice.leavesOut), found, choice);
}

/**
 * Compiling a statement that runs once takes longer than to run it; and while rows are kept here, one
 * process of the server's for each session is enough to read them. The catalogs are read by their indexes,
 * in the order of relations, which takes half the time of sorting a million columns.
 */
const planning = `SET LOCAL jit = off; SET LOCAL max_parallel_workers_per_gather = 0;
  SET LOCAL enable_sort = off; SET LOCAL work_mem = '32MB'`;

/** One statement behind another. */
async function readAlone(writer: PieceWriter, found: Promise<FoundRelations>, choice: Choice): Promise<Read> {
  const { wanted, hidden, waiting } = await found;
  const types = new ColumnTypes();
  await readColumnTypes(writer, types);
  const fingerprint = await readFingerprint(writer, types, choice);
  await readTypes(writer);
  writer.only = wanted.relations;
  await readColumns(writer, types, wanted);
  await readKeysAndIndexes(writer, wanted);
  for (const piece of waiting) if (!writer.gone.has(piece.oid)) writer.add(piece);
  await writer.end();
  return { hidden, fingerprint };
}

/** In each session about half of what the server has to do, what needs something of the other one awaited. */
async function readTogether(
  main: PieceWriter,
  beside: PieceWriter,
  found: Promise<FoundRelations>,
  choice: Choice,
): Promise<Read> {
  const types = new ColumnTypes();
  const typed = readColumnTypes(beside, types);
  const columns = async () => {
    const [{ wanted, hidden }] = await Promise.all([found, typed]);
    main.only = wanted.relations;
    await readColumns(main, types, wanted);
    const fingerprint = await readFingerprint(main, types, choice);
    await main.end();
    return { hidden, fingerprint };
  };
  const others = async () => {
    await typed;
    await readTypes(beside);
    const { wanted } = await found;
    beside.only = wanted.relations;
    await readKeysAndIndexes(beside, wanted);
    await beside.end();
  };
  const [read] = await Promise.all([columns(), others()]);
  return read;
}

async function readColumnTypes(writer: PieceWriter, types: ColumnTypes): Promise<void> {
  let typed = 0;
  await writer.read(columnTypesQuery, fieldCounts.columnTypes, (row) => {
    typed += 1;
    if (typed > mostColumnTypes) throw tooMany();
    types.add(row);
  });
}

async function readFingerprint(
  writer: PieceWriter,
  { attributes }: ColumnTypes,
  known: Choice,
): Promise<string> {
  if (known.fingerprint !== null) return known.fingerprint;
  const { fingerprint } = await writer.queryRow(restOfFingerprintQuery, [attributes]);
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
  readonly wanted: Wanted;
  readonly hidden: number;
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
  // The parts of a few that are not read are sooner thrown away than left out.
  const chosen = (hidden + left) * 4 > read.size;
  const wanted = { relations: read, chosen, values: chosen ? [`{${[...read].join(',')}}`] : [] };
  return { wanted, hidden, waiting };
}

/** The relations whose parts are read; whether a list of them narrows the statements, and that list. */
interface Wanted {
  readonly relations: ReadonlySet<number>;
  readonly chosen: boolean;
  readonly values: readonly string[];
}

async function readColumns(
  writer: PieceWriter,
  types: ColumnTypes,
  { relations, chosen, values }: Wanted,
): Promise<void> {
  if (relations.size === 0) return;
  await writer.readParts('columns', columnsQuery(chosen), fieldCounts.columns, values, columnReader(types));
}

async function readKeysAndIndexes(writer: PieceWriter, { relations, chosen, values }: Wanted): Promise<void> {
  if (relations.size === 0) return;
  const { constraints, indexes } = fieldCounts;
  await writer.readParts('constraints', constraintsQuery(chosen), constraints, values, constraintReader());
  await writer.readParts('indexes', indexesQuery(chosen), indexes, values, indexReader());
}
