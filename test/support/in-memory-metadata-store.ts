import { isDeepStrictEqual } from 'node:util';
import { RefusedError } from '../../src/connections/errors.ts';
import type { RelationParts } from '../../src/metadata/assemble.ts';
import type { Column, RelationFacts, TypeFacts } from '../../src/metadata/discovery.ts';
import type {
  MetadataRefresh,
  MetadataStore,
  RefreshOutcome,
  RelationQuery,
  RelationSummary,
  Snapshot,
} from '../../src/metadata/store.ts';
import type {
  PartFingerprints,
  RawConstraint,
  RawIndex,
  StructureFacts,
  StructurePiece,
} from '../../src/metadata/structure.ts';

type Pieces = Map<string, StructurePiece>;

interface Kept {
  readonly snapshot: Snapshot;
  readonly pieces: Pieces;
}

interface InMemoryOptions {
  readonly now: () => Date;
  readonly owner: string;
  readonly isAtWork: (owner: string) => boolean;
}

/** How many are kept of a connection, and how long a refresh may stand still, as in the store that it stands for. */
const keptSnapshots = 30;
const claimMs = 10 * 60_000;
const keyOf = ({ part, oid }: StructurePiece) => `${part} ${oid}`;
const partNames = ['columns', 'constraints', 'indexes'] as const;

/** What is kept, for one store or for several that stand for as many processes. */
export class Shelf {
  readonly kept = new Map<string, Kept[]>();
  readonly outcomes = new Map<string, RefreshOutcome>();
  readonly refreshing = new Map<string, { readonly owner: string; readonly number: number; until: number }>();
  last = 0;
}

/** The metadata in memory, for unit tests. */
export class InMemoryMetadataStore implements MetadataStore {
  readonly #options: InMemoryOptions;
  readonly #shelf: Shelf;
  readonly #begun = new Set<number>();

  /** @param shelf what several of them share */
  constructor(options: InMemoryOptions, shelf: Shelf = new Shelf()) {
    this.#options = options;
    this.#shelf = shelf;
  }

  async snapshots(connectionId: string): Promise<Snapshot[]> {
    return this.#of(connectionId).map(({ snapshot }) => snapshot);
  }

  async *relations(snapshot: Snapshot, query: RelationQuery = {}): AsyncGenerator<readonly RelationParts[]> {
    const found: RelationParts[] = [];
    const pieces = this.#piecesOf(snapshot);
    for (const piece of pieces.values()) {
      if (piece.part !== 'relation') continue;
      const content = <T>(part: string) => (pieces.get(`${part} ${piece.oid}`)?.content ?? []) as T;
      found.push({
        facts: piece.content as RelationFacts,
        columns: content<readonly Column[]>('columns'),
        constraints: content<readonly RawConstraint[]>('constraints'),
        indexes: content<readonly RawIndex[]>('indexes'),
      });
    }
    const wanted = found.filter((relation) => isWanted(relation, query));
    if (wanted.length > 0) yield wanted.sort((a, b) => compare(a.facts, b.facts));
  }

  async *summaries(
    snapshot: Snapshot,
    query: RelationQuery = {},
  ): AsyncGenerator<readonly RelationSummary[]> {
    for await (const page of this.relations(snapshot, query)) {
      yield page.map(({ facts, columns }) => ({ facts, columns: columns.length }));
    }
  }

  async types(snapshot: Snapshot): Promise<TypeFacts[]> {
    const types = [...this.#piecesOf(snapshot).values()].filter(({ part }) => part === 'type');
    return types.map(({ content }) => content as TypeFacts).sort(compare);
  }

  async fingerprints(snapshot: Snapshot): Promise<Map<number, PartFingerprints>> {
    const pieces = this.#piecesOf(snapshot);
    const parts = new Map<number, PartFingerprints>();
    for (const { part, oid, fingerprint } of pieces.values()) {
      if (part !== 'relation') continue;
      const others = partNames.flatMap((name) => {
        const piece = pieces.get(`${name} ${oid}`);
        return piece ? [[name, piece.fingerprint] as const] : [];
      });
      parts.set(oid, { relation: fingerprint, ...Object.fromEntries(others) });
    }
    return parts;
  }

  async lastRefresh(connectionId: string): Promise<RefreshOutcome | null> {
    return this.#shelf.outcomes.get(connectionId) ?? null;
  }

  async beginRefresh(connectionId: string): Promise<MetadataRefresh> {
    const { owner, isAtWork, now } = this.#options;
    const { refreshing } = this.#shelf;
    const other = refreshing.get(connectionId);
    if (other !== undefined && other.until > now().getTime()) {
      const holds = other.owner === owner ? this.#begun.has(other.number) : isAtWork(other.owner);
      if (holds)
        throw new RefusedError({ code: 'refresh_running', message: 'it is being refreshed', fix: 'wait' });
    }
    this.#shelf.last += 1;
    const number = this.#shelf.last;
    this.#begun.add(number);
    refreshing.set(connectionId, { owner, number, until: now().getTime() + claimMs });
    const isOurs = () => refreshing.get(connectionId)?.number === number;
    const renew = () => {
      const claim = refreshing.get(connectionId);
      if (claim?.number !== number)
        throw new RefusedError({ code: 'refresh_taken_over', message: 'another took over', fix: 'wait' });
      claim.until = now().getTime() + claimMs;
    };
    const former = this.#of(connectionId)[0];
    let written: Pieces = new Map();
    let retained: ReadonlySet<number> = new Set();
    const end = (durationMs: number, error: RefreshOutcome['error']) => {
      refreshing.delete(connectionId);
      this.#shelf.outcomes.set(connectionId, { at: now().toISOString(), durationMs, error });
    };
    const confirm = ({ fingerprint, server }: StructureFacts, pieces: Pieces, durationMs: number) => {
      const [newest, ...older] = this.#of(connectionId);
      if (newest === undefined) throw new Error('there is no snapshot that could hold still');
      const snapshot = { ...newest.snapshot, fingerprint, server, checkedAt: now().toISOString() };
      this.#shelf.kept.set(connectionId, [{ snapshot, pieces }, ...older]);
      end(durationMs, null);
      return snapshot;
    };
    return {
      begin: async () => {
        renew();
        written = new Map();
        retained = new Set();
      },
      write: async (pieces) => {
        renew();
        for (const piece of pieces) written.set(keyOf(piece), piece);
      },
      retain: async (oids) => {
        retained = oids;
      },
      complete: async (facts, scope, durationMs) => {
        renew();
        for (const [key, piece] of former?.pieces ?? []) {
          if (piece.part !== 'type' && retained.has(piece.oid) && !written.has(key)) written.set(key, piece);
        }
        if (former && isSame(former, { facts, scope, pieces: written }))
          return confirm(facts, written, durationMs);
        const snapshot = this.#snapshotOf(connectionId, facts, {
          number,
          scope,
          durationMs,
          pieces: written,
        });
        const all = [{ snapshot, pieces: written }, ...this.#of(connectionId)];
        this.#shelf.kept.set(connectionId, all.slice(0, keptSnapshots));
        end(durationMs, null);
        return snapshot;
      },
      confirm: async (facts, durationMs) => {
        renew();
        return confirm(facts, former?.pieces ?? new Map(), durationMs);
      },
      fail: async ({ code, message }, durationMs) => {
        if (isOurs()) end(durationMs, { code, message });
      },
      abandon: async () => {
        if (isOurs()) refreshing.delete(connectionId);
      },
    };
  }

  async forgetOthers(connectionIds: readonly string[]): Promise<number> {
    const { kept, refreshing } = this.#shelf;
    const known = new Set([...kept.keys(), ...refreshing.keys()]);
    const gone = [...known].filter((id) => !connectionIds.includes(id));
    for (const id of gone) {
      kept.delete(id);
      refreshing.delete(id);
      this.#shelf.outcomes.delete(id);
    }
    return gone.length;
  }

  async close(): Promise<void> {}

  #of(connectionId: string): Kept[] {
    return this.#shelf.kept.get(connectionId) ?? [];
  }

  #piecesOf({ id, connectionId }: Snapshot): Pieces {
    return this.#of(connectionId).find(({ snapshot }) => snapshot.id === id)?.pieces ?? new Map();
  }

  #snapshotOf(
    connectionId: string,
    facts: StructureFacts,
    kept: { number: number; scope: string; durationMs: number; pieces: Pieces },
  ): Snapshot {
    const { takenAt, identity, fingerprint, server, schemas, hidden } = facts;
    const pieces = [...kept.pieces.values()];
    return {
      id: kept.number,
      connectionId,
      takenAt,
      checkedAt: takenAt,
      durationMs: kept.durationMs,
      scope: kept.scope,
      identity,
      fingerprint,
      server,
      schemas,
      hidden,
      counts: {
        relations: pieces.filter(({ part }) => part === 'relation').length,
        columns: pieces
          .filter(({ part }) => part === 'columns')
          .reduce((sum, { content }) => sum + (content as readonly Column[]).length, 0),
      },
    };
  }
}

function isSame(
  { snapshot, pieces }: Kept,
  read: { readonly facts: StructureFacts; readonly scope: string; readonly pieces: Pieces },
): boolean {
  const { schemas, hidden, identity } = read.facts;
  const contents = (of: Pieces) => [...of].map(([key, { content }]) => [key, JSON.stringify(content)]).sort();
  return (
    snapshot.scope === read.scope &&
    snapshot.identity === identity &&
    isDeepStrictEqual([snapshot.schemas, snapshot.hidden], [schemas, hidden]) &&
    isDeepStrictEqual(contents(pieces), contents(read.pieces))
  );
}

function isWanted(
  { facts, columns, constraints }: RelationParts,
  { schema, name, search, references }: RelationQuery,
): boolean {
  if (schema !== undefined && facts.schema !== schema) return false;
  if (name !== undefined && facts.name !== name) return false;
  const leadsThere = ({ references: to }: RawConstraint) =>
    to?.schema === references?.schema && to?.table === references?.name;
  if (references !== undefined && !constraints.some(leadsThere)) return false;
  if (search === undefined) return true;
  const texts = [`${facts.schema}.${facts.name}`, facts.comment];
  for (const column of columns) texts.push(column.name, column.comment);
  return texts.some((text) => text?.toLowerCase().includes(search.toLowerCase()));
}

function compare(
  a: { readonly schema: string; readonly name: string },
  b: { readonly schema: string; readonly name: string },
): number {
  const text = (it: typeof a) => Buffer.from(`${it.schema}\0${it.name}`);
  return Buffer.compare(text(a), text(b));
}
