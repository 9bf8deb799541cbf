import type { ServerFacts } from '../connections/connection.ts';
import { assembleRelation } from './assemble.ts';
import type { Discovery, DiscoveryFilter, Relation, TypeFacts } from './discovery.ts';
import { relationFilter, schemaFilter } from './filter.ts';
import type { MetadataStore, RelationSummary, Snapshot } from './store.ts';

/** A relation and the schema it is in. */
export interface PlacedRelation {
  readonly schema: string;
  readonly relation: Relation;
}

/** What a discovery found, page by page: a database of any size can be shown from it. */
export interface StructureView {
  readonly connection: string | null;
  /** ISO 8601, UTC. */
  readonly takenAt: string;
  /** ISO 8601, UTC: when it was last seen to hold still. */
  readonly checkedAt: string;
  readonly server: ServerFacts;
  readonly hidden: { readonly schemas: number; readonly relations: number };
  /** In order, those without relations too. */
  readonly schemas: readonly string[];
  /** Relations are looked for, so that a schema without any is not worth showing. */
  readonly narrowed: boolean;
  /** In the order of schemas and names. */
  relations(): AsyncIterable<readonly PlacedRelation[]>;
  /** As {@link relations}, of each only what a line about it says. */
  summaries(): AsyncIterable<readonly RelationSummary[]>;
  types(): Promise<readonly TypeFacts[]>;
}

/** What a filter shows of a snapshot. */
export function viewOf(
  store: MetadataStore,
  snapshot: Snapshot,
  about: { readonly connection: string; readonly filter: DiscoveryFilter },
): StructureView {
  const { connection, filter } = about;
  const { takenAt, checkedAt, server, hidden } = snapshot;
  const showsSchema = schemaFilter(filter);
  const showsRelation = relationFilter(filter);
  const { search } = filter;
  return {
    connection,
    takenAt,
    checkedAt,
    server,
    hidden,
    schemas: snapshot.schemas.filter(showsSchema),
    narrowed: isNarrowed(filter),
    async *relations() {
      for await (const page of store.relations(snapshot, search === null ? {} : { search })) {
        const shown = page
          .filter(({ facts }) => showsRelation(facts.schema, facts.name))
          .map((parts) => ({ schema: parts.facts.schema, relation: assembleRelation(parts) }));
        if (shown.length > 0) yield shown;
      }
    },
    async *summaries() {
      for await (const page of store.summaries(snapshot, search === null ? {} : { search })) {
        const shown = page.filter(({ facts }) => showsRelation(facts.schema, facts.name));
        if (shown.length > 0) yield shown;
      }
    },
    types: async () => (await store.types(snapshot)).filter(({ schema }) => showsSchema(schema)),
  };
}

/** A discovery that is in memory already. */
export function viewOfDiscovery(discovery: Discovery): StructureView {
  const { connection, takenAt, server, hidden, schemas } = discovery;
  return {
    connection,
    takenAt,
    checkedAt: takenAt,
    server,
    hidden,
    schemas: schemas.map(({ name }) => name),
    narrowed: false,
    async *relations() {
      for (const { name: schema, relations } of schemas) {
        if (relations.length > 0) yield relations.map((relation) => ({ schema, relation }));
      }
    },
    async *summaries() {
      for (const { name: schema, relations } of schemas) {
        if (relations.length === 0) continue;
        yield relations.map((relation) => ({
          facts: { ...relation, schema },
          columns: relation.columns.length,
        }));
      }
    },
    types: async () =>
      schemas.flatMap(({ name: schema, types }) => types.map((type) => ({ ...type, schema }))),
  };
}

function isNarrowed({ tables, search }: DiscoveryFilter): boolean {
  return tables.length > 0 || search !== null;
}
