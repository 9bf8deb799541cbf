import type { CdcProblem } from '../../cdc/cdc.ts';
import { written } from './cdc-check-tables.ts';
import type { FormerIdentity } from './cdc-marker.ts';
import type { CdcState } from './cdc-state.ts';
import { type CdcRelation, type ChosenTable, sameTable, tablesNamed } from './cdc-tables.ts';
import { quoteIdentifier } from './identifiers.ts';
import type { Session } from './session.ts';

/** What decides whether tables get back the replica identity that they had before set-up changed it. */
export interface IdentitySituation {
  /** Our publication, by its name. */
  readonly publication: string;
  /** What it publishes, with partitions. */
  readonly published: readonly ChosenTable[];
  /** The tables whose replica identity set-up changed, as they are now. */
  readonly changed: readonly CdcRelation[];
}

/** Reads what a publication has, and what its mark says was changed. @throws Fault; pg's DatabaseError */
export async function readIdentities(
  session: Session,
  { publication }: CdcState,
): Promise<Pick<IdentitySituation, 'published' | 'changed'>> {
  const marker = publication?.marker;
  const identities = typeof marker === 'object' && marker !== null ? marker.identities : [];
  const published = await tablesNamed(session, publication?.tables ?? []);
  return { published, changed: (await tablesNamed(session, identities)).map(({ table }) => table) };
}

/** What becomes of replica identities that are not needed any more. */
export interface IdentityEnds {
  /** Those that are given back. */
  readonly restored: readonly FormerIdentity[];
  /** Those that must stay as set-up made them, and why. */
  readonly kept: readonly { readonly former: FormerIdentity; readonly why: string }[];
}

/** Sorts what is not needed any more; what is gone, or was changed by somebody since, is in neither list. */
export function endIdentities(
  situation: IdentitySituation,
  unneeded: readonly FormerIdentity[],
): IdentityEnds {
  const restored: FormerIdentity[] = [];
  const kept: { former: FormerIdentity; why: string }[] = [];
  for (const former of unneeded) {
    const now = situation.changed.find((it) => sameTable(it, former));
    if (now === undefined || now.identity !== 'full') continue;
    const why = whyKept(situation, now, former.index);
    if (why === null) restored.push(former);
    else kept.push({ former, why });
  }
  return { restored, kept };
}

/** Why a table's identity is not given back; null where it is. */
function whyKept(
  { publication, published }: IdentitySituation,
  now: CdcRelation,
  index: string | null,
): string | null {
  // Whoever owns a publication writes its comment; a table gets into it by its owner alone.
  if (!isAmong(published, now)) return 'it is not published any more';
  if (!now.owned) return `it is owned by ${now.owner}`;
  const others = now.publishedBy.filter((it) => it !== publication);
  if (others.length > 0) return `${others.join(', ')} publishes it too`;
  return index === null || now.fitIndexes.includes(index) ? null : `its index ${index} is gone`;
}

/** Whether a table is one of these, or a partition of one. */
export function isAmong(tables: readonly ChosenTable[], one: { schema: string; name: string }): boolean {
  return tables.some(({ table, leaves }) => [table, ...leaves].some((it) => sameTable(it, one)));
}

/** What is told of those that stay. */
export function keptProblems({ kept }: IdentityEnds): CdcProblem[] {
  return kept.map(({ former, why }) => ({
    code: 'identity_kept',
    status: 'warned',
    message: `${written(former)} stays REPLICA IDENTITY FULL: ${why}`,
    fix: `where it may change: ${restoreSql(former)}`,
  }));
}

/** The statement that gives a table back what it had. */
export function restoreSql({ identity, index, ...table }: FormerIdentity): string {
  const former =
    identity === 'index' && index !== null
      ? `USING INDEX ${quoteIdentifier(index)}`
      : identity === 'nothing'
        ? 'NOTHING'
        : 'DEFAULT';
  return `ALTER TABLE ${written(table)} REPLICA IDENTITY ${former};`;
}

/** What a table has now, to be given back later. */
export function formerOf({ schema, name, identity, identityIndex }: CdcRelation): FormerIdentity {
  if (identity === 'index' && identityIndex !== null) return { schema, name, identity, index: identityIndex };
  // An index that was dropped leaves what means NOTHING.
  return { schema, name, identity: identity === 'default' ? 'default' : 'nothing', index: null };
}
