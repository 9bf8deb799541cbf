/** A change that pgoutput tells, values as text; of a delete only what tells the row apart. */
export interface Change {
  readonly kind: 'insert' | 'update' | 'delete' | 'truncate';
  /** `schema.name`. */
  readonly table: string;
  readonly row: Readonly<Record<string, string | null>>;
}

class Incomplete extends Error {}

/** Reads bytes from the front (manual, 55.9 Logical Replication Message Formats). */
class Reader {
  at = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.at >= this.#bytes.length;
  }

  take(length: number): Buffer {
    if (this.at + length > this.#bytes.length) throw new Incomplete();
    this.at += length;
    return this.#bytes.subarray(this.at - length, this.at);
  }

  letter(): string {
    return this.take(1).toString('latin1');
  }

  int16(): number {
    return this.take(2).readInt16BE();
  }

  int32(): number {
    return this.take(4).readInt32BE();
  }

  text(): string {
    const end = this.#bytes.indexOf(0, this.at);
    if (end < 0) throw new Incomplete();
    return this.take(end + 1 - this.at)
      .subarray(0, -1)
      .toString('utf8');
  }
}

interface Relation {
  readonly table: string;
  readonly columns: readonly string[];
}

/**
 * Decodes what `pg_recvlogical -f -` writes with pgoutput, protocol version 1: messages, each with a line
 * feed behind it. What is cut off at the end is left out.
 */
export function decodeChanges(bytes: Buffer): Change[] {
  const reader = new Reader(bytes);
  const relations = new Map<number, Relation>();
  const changes: Change[] = [];
  try {
    while (!reader.isAtEnd) {
      const found = message(reader, relations);
      reader.take(1);
      changes.push(...found);
    }
  } catch (error) {
    if (!(error instanceof Incomplete)) throw error;
  }
  return changes;
}

/** The lengths of messages that tell nothing here: Begin, Commit. */
const skipped: Readonly<Record<string, number>> = { B: 20, C: 25 };

function message(reader: Reader, relations: Map<number, Relation>): Change[] {
  const letter = reader.letter();
  const length = skipped[letter];
  if (length !== undefined) {
    reader.take(length);
    return [];
  }
  if (letter === 'R') {
    const id = reader.int32();
    const table = `${reader.text()}.${reader.text()}`;
    reader.letter();
    const columns = Array.from({ length: reader.int16() }, () => {
      reader.letter();
      const name = reader.text();
      reader.take(8);
      return name;
    });
    relations.set(id, { table, columns });
    return [];
  }
  if (letter === 'T') {
    const count = reader.int32();
    reader.letter();
    return Array.from({ length: count }, () => ({
      kind: 'truncate' as const,
      table: relations.get(reader.int32())?.table ?? '',
      row: {},
    }));
  }
  const kinds = { I: 'insert', U: 'update', D: 'delete' } as const;
  const kind = kinds[letter as keyof typeof kinds];
  if (kind === undefined) throw new Error(`a message ${JSON.stringify(letter)} that is not read here`);
  const relation = relations.get(reader.int32()) ?? { table: '', columns: [] };
  let row: Change['row'] = {};
  // An update may have the old row, or its key, before the new one.
  for (let part = reader.letter(); ; part = reader.letter()) {
    row = tuple(reader, relation.columns);
    if (kind !== 'update' || part === 'N') break;
  }
  return [{ kind, table: relation.table, row }];
}

function tuple(reader: Reader, columns: readonly string[]): Change['row'] {
  const row: Record<string, string | null> = {};
  const count = reader.int16();
  for (let index = 0; index < count; index += 1) {
    const kind = reader.letter();
    const value = kind === 't' ? reader.take(reader.int32()).toString('utf8') : null;
    row[columns[index] ?? `${index}`] = value;
  }
  return row;
}
