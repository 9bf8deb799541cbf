import type { StructureChange, Subject } from './diff.ts';

/** A change as it is told of the side whose schemas the other side's were mapped to. */
export function inTargetSchemas(
  change: StructureChange,
  schemas: ReadonlyMap<string, string>,
): StructureChange {
  const { subject } = change;
  const isGone =
    subject.after === null && (subject.of === 'schema' || subject.of === 'type' || subject.of === 'relation');
  const schema = isGone ? (schemas.get(change.schema) ?? change.schema) : change.schema;
  return { ...change, schema, subject: mapped(subject, schemas) };
}

function mapped(subject: Subject, schemas: ReadonlyMap<string, string>): Subject {
  const target = (schema: string) => schemas.get(schema) ?? schema;
  const placed = <T extends { readonly schema: string }>(it: T): T => ({ ...it, schema: target(it.schema) });
  switch (subject.of) {
    case 'schema':
      return { ...subject, before: subject.before && target(subject.before) };
    case 'type':
      return { ...subject, before: subject.before && placed(subject.before) };
    case 'relation':
      return { ...subject, before: subject.before && placed(subject.before) };
    default:
      return { ...subject, table: { ...subject.table, before: placed(subject.table.before) } };
  }
}
