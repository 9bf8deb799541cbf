import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CdcClaim } from '../../../../src/cdc/port.ts';
import { type CdcMarker, markerText } from '../../../../src/connectors/postgres/cdc-marker.ts';
import { type PlanSituation, planSetup } from '../../../../src/connectors/postgres/cdc-plan.ts';
import type { FoundPublication, FoundSlot } from '../../../../src/connectors/postgres/cdc-state.ts';
import { judgeStatus } from '../../../../src/connectors/postgres/cdc-status.ts';
import type { CdcRelation, ChosenTable } from '../../../../src/connectors/postgres/cdc-tables.ts';
import { planTeardown } from '../../../../src/connectors/postgres/cdc-teardown.ts';
import { aSlot, aTable, publicationOf, wish } from '../../../support/cdc-situations.ts';

const chosen = (fields: Partial<CdcRelation> = {}, leaves: CdcRelation[] = []): ChosenTable => ({
  table: aTable(fields),
  leaves,
});

/** Of the connection that {@link aMarker} is of. */
const aClaim = (recordedSlot: string | null = null): CdcClaim => ({
  connection: { id: 'id', name: 'shop' },
  others: [{ id: 'other', name: 'other shop' }],
  recordedSlot,
});

const aMarker = (fields: Partial<CdcMarker> = {}): CdcMarker => ({
  id: 'id',
  connection: 'shop',
  slot: 'slot',
  elsewhere: false,
  tables: [{ schema: 'sales', name: 'orders' }],
  identities: [],
  ...fields,
});

function situation(fields: Partial<PlanSituation> = {}): PlanSituation {
  return {
    claim: aClaim(),
    names: { publication: 'pub', slot: 'slot' },
    wish,
    state: { publication: null, slot: null },
    choice: { chosen: [chosen()], missing: [], leftOut: [] },
    published: [],
    changed: [],
    version: 180_000,
    recovery: false,
    database: 'shop',
    currentUser: 'app',
    ...fields,
  };
}

const choice = (...tables: ChosenTable[]) => ({ chosen: tables, missing: [], leftOut: [] });
const sqlOf = (fields: Partial<PlanSituation> = {}) =>
  planSetup(situation(fields)).steps.map(({ sql }) => sql);

function codeOf(fields: Partial<PlanSituation>): string {
  try {
    planSetup(situation(fields));
    return 'planned';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe('the plan of a set-up', () => {
  it('makes the publication with its mark in one transaction, then the slot', () => {
    const { steps } = planSetup(situation());
    expect(steps.map(({ transaction, sql }) => [transaction, sql])).toEqual([
      [
        1,
        `CREATE PUBLICATION "pub" FOR TABLE sales.orders WITH (publish = 'insert, update, delete, truncate', publish_via_partition_root = true);`,
      ],
      [1, `COMMENT ON PUBLICATION "pub" IS '${markerText(aMarker())}';`],
      [2, `SELECT lsn FROM pg_catalog.pg_create_logical_replication_slot('slot', 'pgoutput');`],
    ]);
  });

  it('needs nothing where all is as it should be', () => {
    const state = { publication: publicationOf(aMarker()), slot: aSlot() };
    expect(sqlOf({ state })).toEqual([]);
    expect(sqlOf({ state: { ...state, slot: null } })).toHaveLength(1);
  });

  it('publishes partitions by name before 13, and their table from 13 on', () => {
    const parts = chosen({ name: 'parts', kind: 'p' }, [
      aTable({ name: 'p1', isPartition: true }),
      aTable({ name: 'p2', isPartition: true }),
    ]);
    expect(sqlOf({ choice: choice(parts), version: 120_022 })[0]).toBe(
      `CREATE PUBLICATION "pub" FOR TABLE sales.p1, sales.p2 WITH (publish = 'insert, update, delete, truncate');`,
    );
    expect(sqlOf({ choice: choice(parts) })[0]).toContain('FOR TABLE sales.parts WITH');
  });

  it('never says FOR ALL TABLES, and leaves out what inherits', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 4 }), (names) => {
        const tables = [...new Set(names)].map((name) => chosen({ name, schema: name }));
        for (const sql of sqlOf({ choice: choice(...tables) }))
          expect(sql).not.toMatch(/FOR ALL TABLES(?!")/);
      }),
    );
    expect(sqlOf({ choice: choice(chosen({ inherited: true })) })[0]).toContain(
      'FOR TABLE ONLY sales.orders WITH',
    );
  });

  it('quotes what names hold', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (schema, name) => {
        const [create = '', comment = ''] = sqlOf({ choice: choice(chosen({ schema, name })) });
        const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
        const bare = (text: string) => (/^[a-z_][a-z0-9_]*$/.test(text) ? `(?:${text}|"${text}")` : null);
        const part = (text: string) => bare(text) ?? quoted(text).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
        expect(create).toMatch(new RegExp(`FOR TABLE ${part(schema)}\\.${part(name)} WITH`, 's'));
        // A literal ends where it should: within it quotes are doubled.
        const body = /IS E?'(.*)';$/s.exec(comment)?.[1] ?? '';
        expect(body.replaceAll("''", '')).not.toContain("'");
      }),
    );
  });

  it('gives tables without a key REPLICA IDENTITY FULL only where that is asked for, and records what was', () => {
    const keyless = chosen({ name: 'lines', key: null });
    const dropped = chosen({ name: 'odd', key: null, identity: 'index' });
    const none = chosen({ name: 'none', identity: 'nothing' });
    const tables = choice(keyless, dropped, none, chosen());
    expect(codeOf({ choice: tables })).toBe('no_key');
    expect(codeOf({ choice: tables, wish: { ...wish, publish: ['insert'] } })).toBe('planned');
    const sql = sqlOf({ choice: tables, wish: { ...wish, identityFull: true } });
    expect(sql.slice(0, 3)).toEqual([
      'ALTER TABLE sales.lines REPLICA IDENTITY FULL;',
      'ALTER TABLE sales.odd REPLICA IDENTITY FULL;',
      'ALTER TABLE sales.none REPLICA IDENTITY FULL;',
    ]);
    expect(sql.join()).toContain(
      '"identities":[["sales","lines","d",null],["sales","odd","n",null],["sales","none","n",null]]',
    );
  });

  describe('the former identity of a table that leaves', () => {
    const lines = { schema: 'sales', name: 'lines', identity: 'index', index: 'i' } as const;
    /** The table is published, or what holds it is, and only `orders` is wanted. */
    const leaving = (
      now: Partial<CdcRelation>,
      published: ChosenTable[] | null = null,
      wanted: ChosenTable[] = [chosen()],
    ) => {
      const table = aTable({
        name: 'lines',
        key: null,
        identity: 'full',
        fitIndexes: ['i'],
        publishedBy: ['pub'],
        ...now,
      });
      const parts = published ?? [{ table, leaves: [] }];
      const publication = publicationOf(aMarker({ identities: [lines] }), {
        tables: [
          { schema: 'sales', name: 'orders' },
          ...parts.map(({ table: { schema, name } }) => ({ schema, name })),
        ],
      });
      const state = { publication, slot: aSlot() };
      const made = planSetup(
        situation({ state, published: parts, changed: [table], choice: choice(...wanted) }),
      );
      return { sql: made.steps.map((step) => step.sql).join('\n'), told: made.problems };
    };
    const given = 'ALTER TABLE sales.lines REPLICA IDENTITY USING INDEX "i";';

    it('is given back', () => {
      const { sql, told } = leaving({});
      expect(sql).toContain('DROP TABLE ONLY sales.lines;');
      expect(sql).toContain(given);
      expect(sql).toContain('"identities":[]');
      expect(told).toEqual([]);
    });

    it('is given back to the partitions of one too', () => {
      const parts = chosen({ name: 'parts', kind: 'p' }, [aTable({ name: 'lines' })]);
      expect(leaving({}, [parts]).sql).toContain(given);
    });

    it.each<[what: string, now: Partial<CdcRelation>, why: string]>([
      ['another publication has it', { publishedBy: ['pub', 'theirs'] }, 'theirs publishes it too'],
      ['it is not ours any more', { owned: false, owner: 'x' }, 'it is owned by x'],
      ['its index is gone', { fitIndexes: [] }, 'its index i is gone'],
    ])('stays where %s, which is told and not forgotten', (_what, now, why) => {
      const { sql, told } = leaving(now);
      expect(sql).toContain('DROP TABLE ONLY sales.lines;');
      expect(sql).not.toContain('REPLICA IDENTITY');
      expect(told).toMatchObject([
        { code: 'identity_kept', message: `sales.lines stays REPLICA IDENTITY FULL: ${why}` },
      ]);
    });

    it('is told again as long as it stays, although the table left before', () => {
      const { sql, told } = leaving({}, []);
      expect(sql).toBe('');
      expect(told).toMatchObject([{ code: 'identity_kept', fix: expect.stringContaining(given) }]);
    });

    it('is forgotten where somebody gave it another one since', () => {
      const { sql, told } = leaving({ identity: 'nothing' });
      expect(sql).not.toContain('REPLICA IDENTITY');
      expect(sql).toContain('"identities":[]');
      expect(told).toEqual([]);
    });

    it('stays in silence where the partition is published with its table from now on', () => {
      const root = chosen({ name: 'parts', kind: 'p' }, [
        aTable({ name: 'lines', key: null, identity: 'full' }),
      ]);
      const { sql, told } = leaving({}, null, [chosen(), root]);
      expect(sql).not.toContain('REPLICA IDENTITY');
      expect(sql).toContain('["sales","lines","i","i"]');
      expect(told.map(({ code }) => code)).not.toContain('identity_kept');
    });
  });

  it('counts partitions one by one', () => {
    const parts = (leaf: Partial<CdcRelation>) =>
      choice(chosen({ name: 'parts', kind: 'p' }, [aTable({ name: 'p1' }), aTable({ name: 'p2', ...leaf })]));
    expect(codeOf({ choice: parts({}) })).toBe('planned');
    expect(codeOf({ choice: parts({ key: null }) })).toBe('no_key');
    const sql = sqlOf({ choice: parts({ key: null }), wish: { ...wish, identityFull: true } });
    expect(sql[0]).toBe('ALTER TABLE sales.p2 REPLICA IDENTITY FULL;');
  });

  it.each<[string, Partial<PlanSituation>]>([
    ['not_publishable', { choice: choice(chosen({ kind: 'v' })) }],
    ['not_permanent', { choice: choice(chosen({ permanent: false })) }],
    ['cdc_tables_missing', { choice: { chosen: [chosen()], missing: ['nix'], leftOut: [] } }],
    ['cdc_tables_missing', { choice: choice() }],
    ['publication_not_ours', { state: { publication: publicationOf(null), slot: null } }],
    [
      'marker_unreadable',
      { state: { publication: publicationOf(null, { marker: 'unreadable' }), slot: null } },
    ],
    [
      'publication_of_other_slot',
      { state: { publication: publicationOf(aMarker({ slot: 'x' })), slot: null } },
    ],
    ['slot_not_ours', { state: { publication: null, slot: aSlot() } }],
    ['planned', { state: { publication: null, slot: aSlot() }, claim: aClaim('slot') }],
    ['slot_not_ours', { state: { publication: publicationOf(aMarker()), slot: aSlot({ database: 'x' }) } }],
    [
      'slot_not_ours',
      { state: { publication: publicationOf(aMarker()), slot: aSlot({ isLogical: false }) } },
    ],
    ['slot_not_ours', { state: { publication: publicationOf(aMarker()), slot: aSlot({}, { plugin: 'x' }) } }],
    [
      'slot_lost',
      { state: { publication: publicationOf(aMarker()), slot: aSlot({}, { walStatus: 'lost' }) } },
    ],
    [
      'slot_lost',
      { state: { publication: publicationOf(aMarker()), slot: aSlot({}, { invalidation: 'rows_removed' }) } },
    ],
    [
      'slot_without_failover',
      { state: { publication: publicationOf(aMarker()), slot: aSlot() }, wish: { ...wish, failover: true } },
    ],
    ['failover_unsupported', { wish: { ...wish, failover: true }, version: 160_000 }],
    ['publication_on_primary', { recovery: true }],
    [
      'planned',
      { recovery: true, state: { publication: publicationOf(aMarker({ elsewhere: true })), slot: null } },
    ],
  ])('%s', (code, fields) => {
    expect(codeOf(fields)).toBe(code);
  });

  it('makes the slot of a publication that is for a standby there alone', () => {
    const only = { ...wish, publicationOnly: true };
    expect(sqlOf({ wish: only })).toHaveLength(2);
    const state = { publication: publicationOf(aMarker({ elsewhere: true })), slot: null };
    expect(sqlOf({ state })).toEqual([]);
    expect(sqlOf({ state, recovery: true })).toEqual([
      expect.stringContaining('pg_create_logical_replication_slot'),
    ]);
  });

  it('asks for a slot that fails over where that is wanted', () => {
    expect(sqlOf({ wish: { ...wish, failover: true } }).at(-1)).toContain("'pgoutput', failover => true)");
  });
});

describe('the plan of a tear-down', () => {
  const ofTeardown = (fields: Partial<Parameters<typeof planTeardown>[0]> = {}) =>
    planTeardown({
      request: { ...aClaim(), names: { publication: 'pub', slot: 'slot' }, force: false },
      state: { publication: publicationOf(aMarker()), slot: aSlot({}, { active: false, activePid: null }) },
      database: 'shop',
      recovery: false,
      published: [chosen()],
      changed: [],
      ...fields,
    });
  const former = { schema: 'sales', name: 'orders', identity: 'index', index: 'i' } as const;
  const withIdentity = {
    publication: publicationOf(aMarker({ identities: [former] })),
    slot: null,
  };

  it('drops the slot first, then in one transaction the publication and what it changed', () => {
    expect(ofTeardown().steps.map(({ transaction, sql }) => [transaction, sql])).toEqual([
      [1, `SELECT pg_catalog.pg_drop_replication_slot('slot');`],
      [2, 'DROP PUBLICATION "pub";'],
    ]);
    const changed = [aTable({ identity: 'full', fitIndexes: ['i'] })];
    expect(ofTeardown({ state: withIdentity, changed }).steps.map(({ sql }) => sql)).toEqual([
      'ALTER TABLE sales.orders REPLICA IDENTITY USING INDEX "i";',
      'DROP PUBLICATION "pub";',
    ]);
  });

  it.each<[string, Partial<CdcRelation>, ChosenTable[]]>([
    ['is not published, whatever the comment says', { identity: 'full', fitIndexes: ['i'] }, []],
    [
      'is published by others too',
      { identity: 'full', fitIndexes: ['i'], publishedBy: ['pub', 'x'] },
      [chosen()],
    ],
    ['has lost its index', { identity: 'full' }, [chosen()]],
    ['is not ours any more', { identity: 'full', fitIndexes: ['i'], owned: false, owner: 'x' }, [chosen()]],
  ])('leaves and tells the identity of a table that %s', (_, fields, published) => {
    const { steps, left } = ofTeardown({ state: withIdentity, changed: [aTable(fields)], published });
    expect(steps.map(({ step }) => step)).toEqual(['drop_publication']);
    expect(left).toMatchObject([{ code: 'identity_kept', fix: expect.stringContaining('USING INDEX "i"') }]);
  });

  it('leaves an identity alone that somebody has changed since', () => {
    expect(ofTeardown({ state: withIdentity, changed: [aTable()] })).toMatchObject({
      steps: [{ step: 'drop_publication' }],
      left: [],
    });
  });

  it.each<[string, string | null, boolean, FoundPublication | null]>([
    ['slot_not_ours', null, true, null],
    ['slot_not_ours', 'other', true, publicationOf(null)],
    ['slot_not_proven', 'slot', false, null],
    ['dropped', 'slot', true, null],
    ['dropped', null, false, publicationOf(aMarker())],
  ])(
    'is %s with a slot that the catalog knows as %s, --force %s',
    (expected, recordedSlot, force, publication) => {
      const request = { ...aClaim(recordedSlot), names: { publication: 'pub', slot: 'slot' }, force };
      const state = { publication, slot: aSlot({}, { active: false, activePid: null }) };
      const outcome = () => {
        const { steps, left } = ofTeardown({ request, state });
        if (steps.some(({ step }) => step === 'drop_slot')) return 'dropped';
        return left.at(-1)?.code;
      };
      if (expected === 'slot_not_proven') expect(outcome).toThrow('only this catalog says');
      else expect(outcome()).toBe(expected);
    },
  );

  it('leaves the publication of a primary to it', () => {
    expect(ofTeardown({ recovery: true })).toMatchObject({
      steps: [{ step: 'drop_slot' }],
      left: [{ code: 'publication_on_primary' }],
    });
  });
});

describe('the status', () => {
  const codes = (fields: Partial<Parameters<typeof judgeStatus>[0]> = {}) =>
    judgeStatus({
      names: { publication: 'pub', slot: 'slot' },
      state: { publication: publicationOf(aMarker()), slot: aSlot() },
      version: 180_000,
      recovery: false,
      database: 'shop',
      wanted: [chosen()],
      published: [chosen()],
      ...fields,
    }).problems.map(({ code }) => code);
  const state = (
    slot: FoundSlot | null,
    publication: FoundPublication | null = publicationOf(aMarker()),
  ) => ({
    state: { publication, slot },
  });

  it.each<[string, Partial<Parameters<typeof judgeStatus>[0]>, string[]]>([
    ['as it should be', {}, []],
    ['nothing there', state(null, null), ['not_set_up']],
    ['no slot', state(null), ['slot_missing']],
    ['the slot is elsewhere', state(null, publicationOf(aMarker({ elsewhere: true }))), []],
    [
      '… but not on the standby',
      { ...state(null, publicationOf(aMarker({ elsewhere: true }))), recovery: true },
      ['slot_missing'],
    ],
    ['no publication', state(aSlot(), null), ['publication_missing']],
    ['lost', state(aSlot({}, { walStatus: 'lost', active: false })), ['slot_lost']],
    ['invalidated', state(aSlot({}, { invalidation: 'idle_timeout' })), ['slot_lost']],
    ['nearly lost', state(aSlot({}, { walStatus: 'unreserved' })), ['slot_unreserved']],
    ['unread', state(aSlot({}, { active: false })), ['slot_inactive']],
    ['of another database', state(aSlot({ database: 'x' })), ['slot_not_ours']],
    ['not ours', state(aSlot(), publicationOf(null)), ['publication_not_ours']],
    ['a table dropped', { wanted: [], published: [], ...state(aSlot()) }, ['tables_missing']],
    ['a table besides', { published: [chosen(), chosen({ name: 'x' })] }, ['tables_extra']],
    ['a table whose key was dropped', { published: [chosen({ key: null })] }, ['no_key']],
    [
      '… of which only inserts are published',
      {
        published: [chosen({ key: null })],
        ...state(aSlot(), publicationOf(aMarker(), { publish: ['insert'] })),
      },
      [],
    ],
    [
      'a partition that 12 was not told of',
      {
        version: 120_000,
        wanted: [chosen({ kind: 'p' }, [aTable({ name: 'p1' }), aTable({ name: 'p2' })])],
        published: [chosen({ name: 'p1' })],
      },
      ['tables_missing'],
    ],
  ])('%s', (_, fields, expected) => {
    expect(codes(fields)).toEqual(expected);
  });
});
