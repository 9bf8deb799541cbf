import { assembleRelation } from './assemble.ts';
import type { Column, DiscoveredSchema, RelationFacts, TypeFacts } from './discovery.ts';
import type { Part, RawConstraint, RawIndex, StructurePiece, StructureSink } from './structure.ts';

/** Gathers a reading in memory: for what is small, or for a moment. */
export class CollectedStructure implements StructureSink {
  readonly #pieces = new Map<Part, Map<number, StructurePiece>>();

  async begin(): Promise<void> {
    this.#pieces.clear();
  }

  async write(pieces: readonly StructurePiece[]): Promise<void> {
    for (const piece of pieces) {
      const ofPart = this.#pieces.get(piece.part) ?? new Map<number, StructurePiece>();
      this.#pieces.set(piece.part, ofPart.set(piece.oid, piece));
    }
  }

  /** Nothing is kept from before, so that nothing can be retained. */
  async retain(oids: ReadonlySet<number>): Promise<void> {
    if (oids.size > 0) throw new Error('there is no former reading to retain anything of');
  }

  /** What was read, in the order of names; schemas without relations too. */
  schemas(names: readonly string[]): DiscoveredSchema[] {
    const schemas = new Map(
      names.map((name): [string, DiscoveredSchema] => [name, { name, relations: [], types: [] }]),
    );
    for (const { oid, content } of this.#pieces.get('relation')?.values() ?? []) {
      const facts = content as RelationFacts;
      const relation = assembleRelation({
        facts,
        columns: this.#content<readonly Column[]>('columns', oid),
        constraints: this.#content<readonly RawConstraint[]>('constraints', oid),
        indexes: this.#content<readonly RawIndex[]>('indexes', oid),
      });
      schemas.get(facts.schema)?.relations.push(relation);
    }
    for (const { content } of this.#pieces.get('type')?.values() ?? []) {
      const { schema, ...type } = content as TypeFacts;
      schemas.get(schema)?.types.push(type);
    }
    for (const { relations, types } of schemas.values()) {
      relations.sort(byName);
      types.sort(byName);
    }
    return [...schemas.values()];
  }

  #content<T>(part: Part, oid: number): T {
    return (this.#pieces.get(part)?.get(oid)?.content ?? []) as T;
  }
}

/** By code point, as PostgreSQL's "C" collation and SQLite order text. */
export function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return Buffer.compare(Buffer.from(a.name), Buffer.from(b.name));
}
