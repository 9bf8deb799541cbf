import type { SqlStep, StructureChange } from '../../metadata/diff.ts';
import { columnSteps } from './diff-sql-column.ts';
import { indexSteps, keySteps } from './diff-sql-key.ts';
import { orders, step } from './diff-sql-parts.ts';
import { relationSteps } from './diff-sql-relation.ts';
import { typeSteps } from './diff-sql-type.ts';
import { displayIdentifier } from './identifiers.ts';

/** The steps that make a change in the database as it was. */
export function sqlOfChange(change: StructureChange): SqlStep[] {
  const { kind, subject } = change;
  switch (subject.of) {
    case 'schema':
      return schemaSteps(subject.before, subject.after);
    case 'type':
      return typeSteps(change, subject);
    case 'relation':
      return relationSteps(kind, subject);
    case 'column':
      return columnSteps(kind, subject);
    case 'key':
      return keySteps(kind, subject);
    case 'index':
      return indexSteps(kind, subject);
  }
}

function schemaSteps(before: string | null, after: string | null): SqlStep[] {
  if (before === null && after === null) return [];
  if (after === null) return [step(orders.dropSchemas, `DROP SCHEMA ${displayIdentifier(before ?? '')}`)];
  if (before === null) return [step(orders.schemas, `CREATE SCHEMA ${displayIdentifier(after)}`)];
  const names = `${displayIdentifier(before)} RENAME TO ${displayIdentifier(after)}`;
  return [step(orders.schemas, `ALTER SCHEMA ${names}`)];
}
