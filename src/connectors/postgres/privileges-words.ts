import { displayIdentifier, qualified } from './identifiers.ts';
import type { Named, PrivilegeFacts } from './privileges.ts';

/** How many names a sentence says; a statement says all that it is for. */
const namesSaid = 5;

export function counted(count: number, noun: 'relation' | 'table'): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** `a, b and 3 more`; with their schemas, unless they are of the one that is judged. */
export function namesOf(facts: PrivilegeFacts, { count, first }: Named): string {
  const said = first.slice(0, namesSaid);
  const home = facts.listed ? null : facts.schemas[0]?.name;
  const names = said.map((table) =>
    table.schema === home ? displayIdentifier(table.name) : qualified(table.schema, table.name),
  );
  const more = count - said.length;
  return names.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** Of all that is judged, some: `2 of the 3 tables (a, b)`. */
export function share(facts: PrivilegeFacts, named: Named, noun: 'relation' | 'table' | 'sequence'): string {
  const total = { relation: facts.relations, table: facts.tables, sequence: facts.sequences }[noun];
  const some = total === 1 ? `the one ${noun}` : `${named.count} of the ${total} ${noun}s`;
  return `${some} (${namesOf(facts, named)})`;
}

/** The schemas by name, `a, b`. */
export function schemaNames(schemas: PrivilegeFacts['schemas']): string {
  return schemas.map(({ name }) => displayIdentifier(name)).join(', ');
}

/** What a GRANT names: each of them, or all that the schema has where they are too many to be named. */
export function targets(facts: PrivilegeFacts, named: Named, kind: 'TABLES' | 'SEQUENCES'): string {
  const [schema] = facts.schemas;
  const tooMany = !facts.listed && named.count > named.first.length;
  if (tooMany && schema) return `ALL ${kind} IN SCHEMA ${displayIdentifier(schema.name)}`;
  const names = named.first.map(({ schema, name }) => qualified(schema, name)).join(', ');
  return kind === 'SEQUENCES' ? `SEQUENCE ${names}` : names;
}
