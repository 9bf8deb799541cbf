import type { TableName } from '../../connections/connection.ts';

/** How a table told its rows apart before set-up changed that. */
export interface FormerIdentity extends TableName {
  readonly identity: 'default' | 'index' | 'nothing';
  /** The index's name, of `index`. */
  readonly index: string | null;
}

/**
 * What a publication's comment says of a set-up of ours, so that each machine with the connection can go
 * on with it or take it down, whatever became of the one that made it.
 */
export interface CdcMarker {
  /** The id of the connection that made it, in its catalog; null in older marks. */
  readonly id: string | null;
  /** The connection's name when it was made. */
  readonly connection: string;
  readonly slot: string;
  /** Whether the slot is on another server: a standby. */
  readonly elsewhere: boolean;
  /** What is wanted to be published, as it was asked for. */
  readonly tables: readonly TableName[];
  readonly identities: readonly FormerIdentity[];
}

const sign = 'jackfield-cdc:';
const version = 1;
const forPeople = 'Made by jackfield, which reads this comment: leave it as it is.';
const codes = { default: 'd', index: 'i', nothing: 'n' } as const;

/** The comment. The same for the same marker. */
export function markerText({ id, connection, slot, elsewhere, tables, identities }: CdcMarker): string {
  const value = {
    v: version,
    ...(id !== null && { id }),
    connection,
    slot,
    elsewhere,
    tables: tables.map(({ schema, name }) => [schema, name]),
    identities: identities.map(({ schema, name, identity, index }) => [schema, name, codes[identity], index]),
  };
  return `${forPeople} ${sign}${JSON.stringify(value)}`;
}

/** @returns null where it bears no sign of ours; `unreadable` where it does, and can't be read */
export function readMarker(comment: string | null): CdcMarker | 'unreadable' | null {
  const at = comment?.indexOf(sign) ?? -1;
  if (comment === null || at < 0) return null;
  try {
    return fromJson(JSON.parse(comment.slice(at + sign.length)));
  } catch {
    return 'unreadable';
  }
}

/** Somebody else may have written it. @throws Error */
function fromJson(value: unknown): CdcMarker {
  const { v, id = null, connection, slot, elsewhere, tables, identities } = value as Record<string, unknown>;
  if (v !== version || typeof elsewhere !== 'boolean') throw new Error('of another version');
  return {
    id: id === null ? null : textOf(id),
    connection: textOf(connection),
    slot: textOf(slot),
    elsewhere,
    tables: listOf(tables).map((it) => {
      const [schema, name] = listOf(it);
      return { schema: textOf(schema), name: textOf(name) };
    }),
    identities: listOf(identities).map((it) => {
      const [schema, name, code, index] = listOf(it);
      return {
        schema: textOf(schema),
        name: textOf(name),
        identity: identityOf(code),
        index: index === null ? null : textOf(index),
      };
    }),
  };
}

function identityOf(code: unknown): FormerIdentity['identity'] {
  const names = Object.keys(codes) as (keyof typeof codes)[];
  const found = names.find((name) => codes[name] === code);
  if (found === undefined) throw new Error('no identity');
  return found;
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new Error('no text');
}

function listOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  throw new Error('no list');
}
