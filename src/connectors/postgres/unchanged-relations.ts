import type { FormerStructure, PartFingerprints } from '../../metadata/structure.ts';
import { fieldCounts, partFingerprintsQuery, relationsQuery } from './discovery-queries.ts';
import { Oids, RowReader } from './row-reader.ts';
import type { Session } from './session.ts';
import { readRelation } from './structure-rows.ts';

/** The relations of which no part was changed since the former reading, by the catalogs' xmin. */
export async function unchangedRelations(session: Session, former: FormerStructure): Promise<Set<number>> {
  const before = await former.parts();
  const now = new Map<number, { -readonly [Part in keyof PartFingerprints]: string }>();
  const row = new RowReader();
  const oids = new Oids();
  await session.stream(relationsQuery, [], {
    describe() {},
    row(bytes, start, end) {
      row.begin(bytes, start, end, fieldCounts.relations);
      const { oid, visible, fingerprint } = readRelation(row);
      oids.take(oid);
      if (visible) now.set(oid, { relation: fingerprint });
    },
  });
  await session.stream(partFingerprintsQuery, [], {
    describe() {},
    row(bytes, start, end) {
      row.begin(bytes, start, end, 4);
      const parts = now.get(row.number());
      const part = row.text();
      const fingerprint = `${row.number()}:${row.number()}`;
      if (parts && (part === 'columns' || part === 'constraints' || part === 'indexes'))
        parts[part] = fingerprint;
    },
  });
  const same = new Set<number>();
  for (const [oid, parts] of now) {
    const known = before.get(oid);
    if (known && partNames.every((part) => parts[part] === known[part])) same.add(oid);
  }
  return same;
}

const partNames = ['relation', 'columns', 'constraints', 'indexes'] as const;
