import type { Connection, Role } from './connection.ts';
import type { testStatuses } from './vocabulary.ts';

/** What `connections list` is narrowed to; what is absent does not narrow. */
export interface ConnectionFilter {
  readonly role?: Role;
  /** Text to be found, whatever its case, in any field that a list shows. */
  readonly search?: string;
  readonly connector?: string;
  readonly status?: (typeof testStatuses)[number];
  readonly used?: boolean;
  /** All of them. */
  readonly tags?: readonly string[];
}

/** The connections a filter lets through, in their order. */
export function filterConnections<T extends Connection>(
  connections: readonly T[],
  filter: ConnectionFilter,
): T[] {
  const search = filter.search?.toLowerCase();
  return connections.filter(
    (it) =>
      (filter.role === undefined || it.role === filter.role) &&
      (filter.connector === undefined || it.connector === filter.connector) &&
      (filter.status === undefined || it.lastTest.status === filter.status) &&
      (filter.used === undefined || it.usedBy.length > 0 === filter.used) &&
      (filter.tags ?? []).every((tag) => it.tags.includes(tag)) &&
      (search === undefined || searchText(it).includes(search)),
  );
}

/** What a search looks at, in lower case: all that a list shows of a connection, each on a line of its own. */
export function searchText(it: Connection): string {
  const { status, code, serverVersion } = it.lastTest;
  // In the words of a list: who reads a warning there looks for it by them.
  const warning = it.lastPassedAt === null ? `never ${status === 'never' ? 'tested' : 'passed'}` : '';
  const statusText = status === 'changed' ? 'changed since the test' : status;
  const test = [statusText, code ?? '', serverVersion ?? '', warning];
  const place = [it.host, `${it.host}:${it.port}/${it.database}`, it.username, it.schema];
  const shown = [it.name, it.role, it.connector, it.provider, ...place, ...it.tags, ...it.usedBy, ...test];
  return shown.join('\n').toLowerCase();
}
