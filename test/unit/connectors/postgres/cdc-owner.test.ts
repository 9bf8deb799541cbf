import { describe, expect, it } from 'vitest';
import type { CdcClaim } from '../../../../src/cdc/port.ts';
import { type CdcMarker, markerText } from '../../../../src/connectors/postgres/cdc-marker.ts';
import { otherOwner } from '../../../../src/connectors/postgres/cdc-owner.ts';
import { planSetup } from '../../../../src/connectors/postgres/cdc-plan.ts';
import type { FoundPublication } from '../../../../src/connectors/postgres/cdc-state.ts';
import { planTeardown } from '../../../../src/connectors/postgres/cdc-teardown.ts';
import { aSlot, aTable, publicationOf, wish } from '../../../support/cdc-situations.ts';

const shop = { id: 'shop-id', name: 'shop' };
const lake = { id: 'lake-id', name: 'lake' };

const aMark = (fields: Partial<CdcMarker> = {}): CdcMarker => ({
  ...{ id: shop.id, connection: shop.name, slot: 'slot', elsewhere: false },
  tables: [{ schema: 'sales', name: 'orders' }],
  identities: [],
  ...fields,
});
const older = aMark({ id: null });
const ofPrimary = aMark({ elsewhere: true });

const claimOf = (
  connection: CdcClaim['connection'],
  others: CdcClaim['others'] = [],
  isRecorded = false,
) => ({
  connection,
  others,
  recordedSlot: isRecorded ? 'slot' : null,
});

describe('whose a mark is', () => {
  it.each<[what: string, mark: CdcMarker, claim: CdcClaim, owner: string | null]>([
    ['of this connection', aMark(), claimOf(shop, [lake]), null],
    ['of this connection, renamed since', aMark(), claimOf({ ...shop, name: 'store' }), null],
    ['of the connection of that name on another machine', aMark(), claimOf({ id: 'x', name: 'shop' }), null],
    ['of another one of another machine', aMark(), claimOf(lake), 'shop'],
    ['… whatever this catalog remembers', aMark(), claimOf(lake, [], true), 'shop'],
    ['of another one of this catalog', aMark(), claimOf(lake, [shop]), 'shop'],
    [
      'of another one of this catalog, renamed since, whose former name this one has',
      aMark(),
      claimOf({ id: 'x', name: 'shop' }, [{ ...shop, name: 'store' }]),
      'store',
    ],
    ['older, of this name', older, claimOf({ id: 'x', name: 'shop' }), null],
    ['older, of another name', older, claimOf(lake), 'shop'],
    [
      'older, of a connection that was renamed since, which is remembered',
      older,
      claimOf(lake, [], true),
      null,
    ],
    ['of a primary, asked for its standby', ofPrimary, claimOf(lake, [shop], true), null],
    ['of a primary, asked for what is not remembered', ofPrimary, claimOf(lake, [shop]), 'shop'],
  ])('%s', (_, mark, claim, owner) => {
    expect(otherOwner(mark, claim, false)).toBe(owner);
  });

  it('says nothing of the slot on a standby where it is of its primary, else all', () => {
    expect(otherOwner(ofPrimary, claimOf(lake, [shop]), true)).toBeNull();
    expect(otherOwner(aMark(), claimOf(lake, [shop]), true)).toBe('shop');
  });
});

const names = { publication: 'pub', slot: 'slot' };
const stateOf = (publication: FoundPublication) => ({
  publication,
  slot: aSlot({}, { active: false, activePid: null }),
});

describe('a set-up of another connection', () => {
  const planFor = (claim: CdcClaim, mark: CdcMarker, slot = 'slot') =>
    planSetup({
      claim,
      names: { ...names, slot },
      wish,
      state: stateOf(publicationOf(mark)),
      choice: { chosen: [{ table: aTable(), leaves: [] }], missing: [], leftOut: [] },
      published: [],
      changed: [],
      version: 180_000,
      recovery: false,
      database: 'shop',
      currentUser: 'app',
    }).steps.map(({ step, sql }) => `${step} ${sql}`);

  it('is not taken over, by whatever slot it is asked for', () => {
    for (const slot of ['slot', 'other']) {
      const refused = expect.objectContaining({
        code: 'cdc_of_other_connection',
        message: 'the publication "pub" with the slot slot was set up by the connection "shop"',
        fix: expect.stringMatching(
          /--publication and --slot.*cdc teardown shop.*cdc teardown NAME --publication pub --slot slot --force/,
        ),
      });
      expect(() => planFor(claimOf(lake), aMark(), slot)).toThrow(refused);
    }
  });

  it('keeps its mark where it is gone on with, and an older one gets the id', () => {
    expect(planFor(claimOf({ ...shop, name: 'store' }), aMark())).toEqual([]);
    expect(planFor(claimOf({ id: 'x', name: 'shop' }), aMark())).toEqual([]);
    const [step = '', ...rest] = planFor(claimOf(shop), older);
    expect(step).toContain(markerText(aMark()));
    expect(rest).toEqual([]);
  });

  const takeDown = (force: boolean, claim: CdcClaim, mark: CdcMarker, recovery = false) => {
    const situation = { state: stateOf(publicationOf(mark)), database: 'shop', recovery };
    const request = { ...claim, names, force };
    const { steps, left } = planTeardown({ ...situation, request, published: [], changed: [] });
    return { steps: steps.map(({ step }) => step), left: left.map(({ code }) => code) };
  };

  it('is taken down by force alone, and whose it was is told', () => {
    expect(() => takeDown(false, claimOf(lake), aMark())).toThrow(
      expect.objectContaining({
        code: 'cdc_of_other_connection',
        fix: expect.stringMatching(/cdc teardown shop; or use --force, .* loses its changes/),
      }),
    );
    expect(takeDown(true, claimOf(lake), aMark())).toEqual({
      steps: ['drop_slot', 'drop_publication'],
      left: ['cdc_of_other_connection'],
    });
    expect(takeDown(false, claimOf({ id: 'x', name: 'shop' }), aMark()).left).toEqual([]);
  });

  it('is left, and told, where this catalog remembers one of those names that was there before', () => {
    const left = { steps: [], left: ['cdc_of_other_connection'] };
    expect(takeDown(false, claimOf(lake, [], true), aMark())).toEqual(left);
    expect(takeDown(true, claimOf(lake, [], true), aMark()).steps).toEqual(['drop_slot', 'drop_publication']);
    // Its own slot may be there yet.
    const others = aMark({ slot: 'theirs' });
    expect(() => takeDown(false, claimOf(lake, [], true), others)).toThrow('was set up by the connection');
  });

  it('on a standby is known to its own catalog alone', () => {
    expect(() => takeDown(false, claimOf(lake), ofPrimary, true)).toThrow(
      expect.objectContaining({ code: 'slot_not_proven' }),
    );
    for (const [force, isRecorded] of [
      [true, false],
      [false, true],
    ] as const) {
      expect(takeDown(force, claimOf(lake, [], isRecorded), ofPrimary, true).steps).toEqual(['drop_slot']);
    }
  });
});
