import type { CdcWish } from '../../src/cdc/cdc.ts';
import { type CdcMarker, markerText } from '../../src/connectors/postgres/cdc-marker.ts';
import type { FoundPublication, FoundSlot } from '../../src/connectors/postgres/cdc-state.ts';
import type { CdcRelation } from '../../src/connectors/postgres/cdc-tables.ts';

/** What plans of CDC are made of, each part as it usually is. */

export function aTable(fields: Partial<CdcRelation> = {}): CdcRelation {
  const name = fields.name ?? 'orders';
  return {
    schema: 'sales',
    name,
    oid: name,
    kind: 'r',
    permanent: true,
    isPartition: false,
    owned: true,
    owner: 'app',
    readable: true,
    filtered: false,
    identity: 'default',
    key: `${name}_pkey`,
    identityIndex: null,
    fitIndexes: [],
    deferrableKey: null,
    generatedColumns: [],
    inherited: false,
    publishedBy: [],
    pages: 1,
    ...fields,
  };
}

export const wish = {
  tables: ['*'],
  publication: null,
  slot: null,
  publish: null,
  failover: false,
  identityFull: false,
  publicationOnly: false,
} as const satisfies CdcWish;

export function publicationOf(
  marker: CdcMarker | null,
  fields: Partial<FoundPublication> = {},
): FoundPublication {
  return {
    owned: true,
    owner: 'app',
    allTables: false,
    publish: ['insert', 'update', 'delete', 'truncate'],
    viaRoot: true,
    comment: marker && markerText(marker),
    marker,
    tables: [{ schema: 'sales', name: 'orders' }],
    ...fields,
  };
}

export function aSlot(fields: Partial<FoundSlot> = {}, facts: Partial<FoundSlot['facts']> = {}): FoundSlot {
  return {
    isLogical: true,
    database: 'shop',
    temporary: false,
    facts: {
      name: 'slot',
      plugin: 'pgoutput',
      active: true,
      activePid: 7,
      walStatus: 'reserved',
      retainedBytes: 10,
      lagBytes: 5,
      lagMs: null,
      safeBytes: null,
      inactiveSince: null,
      catalogXminAge: 1,
      restartPosition: '0/1',
      confirmedPosition: '0/1',
      invalidation: null,
      failover: false,
      ...facts,
    },
    ...fields,
  };
}
