import type { SqlStep, StructureChange, Subject } from '../../metadata/diff.ts';
import type { TypeFacts } from '../../metadata/discovery.ts';
import { byHand, literalOrNull, orders, step } from './diff-sql-parts.ts';
import { displayIdentifier, qualified, quoteLiteral } from './identifiers.ts';

/** The steps of a change of a type. */
export function typeSteps(change: StructureChange, subject: Extract<Subject, { of: 'type' }>): SqlStep[] {
  const { before, after } = subject;
  if (after === null) {
    return before === null ? [] : [step(orders.dropTypes, `DROP ${wordOf(before)} ${nameOf(before)}`)];
  }
  return before === null ? createSteps(after) : changeSteps(change, before, after);
}

function createSteps(type: TypeFacts): SqlStep[] {
  const name = nameOf(type);
  const comment =
    type.comment === null
      ? []
      : [step(orders.lastly, `COMMENT ON ${wordOf(type)} ${name} IS ${quoteLiteral(type.comment)}`)];
  const create = `CREATE ${wordOf(type)} ${name} AS`;
  switch (type.kind) {
    case 'enum':
      return [
        step(orders.createTypes, `${create} ENUM (${type.labels.map(quoteLiteral).join(', ')})`),
        ...comment,
      ];
    case 'domain': {
      const words = [create, type.base ?? ''];
      if (type.default !== null) words.push(`DEFAULT ${type.default}`);
      if (!type.nullable) words.push('NOT NULL');
      for (const check of type.checks) {
        words.push(`CONSTRAINT ${displayIdentifier(check.name)} ${check.definition}`);
      }
      return [step(orders.createTypes + 1, words.join(' ')), ...comment];
    }
    case 'composite': {
      const attributes = type.attributes.map((it) => `${displayIdentifier(it.name)} ${it.type}`).join(', ');
      return [step(orders.createTypes + 2, `${create} (${attributes})`), ...comment];
    }
    case 'range':
      return [step(orders.createTypes + 3, `${create} RANGE (SUBTYPE = ${type.base ?? ''})`), ...comment];
  }
}

function changeSteps(change: StructureChange, before: TypeFacts, after: TypeFacts): SqlStep[] {
  const name = nameOf(after);
  const alter = `ALTER ${wordOf(after)} ${name}`;
  switch (change.kind) {
    case 'type_moved':
      return [
        step(
          orders.nameTypes,
          `ALTER ${wordOf(after)} ${nameOf(before)} SET SCHEMA ${displayIdentifier(after.schema)}`,
        ),
      ];
    case 'type_renamed': {
      const former = qualified(after.schema, before.name);
      return [
        step(orders.nameTypes, `ALTER ${wordOf(after)} ${former} RENAME TO ${displayIdentifier(after.name)}`),
      ];
    }
    case 'type_comment_changed':
      return [step(orders.lastly, `COMMENT ON ${wordOf(after)} ${name} IS ${literalOrNull(after.comment)}`)];
    case 'domain_nullability_changed':
      return [step(orders.alterTypes, `${alter} ${after.nullable ? 'DROP' : 'SET'} NOT NULL`)];
    case 'domain_default_changed':
      return [
        step(
          orders.alterTypes,
          after.default === null ? `${alter} DROP DEFAULT` : `${alter} SET DEFAULT ${after.default}`,
        ),
      ];
    case 'type_base_changed':
      return [byHand(orders.alterTypes, `make ${name} of ${after.base ?? ''}`)];
    case 'enum_labels_reordered':
      return [
        byHand(orders.alterTypes, `put the labels of ${name} into the order ${after.labels.join(', ')}`),
      ];
    default:
      return partSteps(change, alter, after);
  }
}

/** @param alter `ALTER TYPE …` */
function partSteps(
  { kind, column, before, after }: StructureChange,
  alter: string,
  type: TypeFacts,
): SqlStep[] {
  const run = (words: string) => [step(orders.alterTypes, `${alter} ${words}`)];
  const part = displayIdentifier(column ?? '');
  switch (kind) {
    case 'enum_label_added':
      return run(`ADD VALUE ${quoteLiteral(after ?? '')}${placeOfLabel(type.labels, after ?? '')}`);
    case 'enum_label_renamed':
      return run(`RENAME VALUE ${quoteLiteral(before ?? '')} TO ${quoteLiteral(after ?? '')}`);
    case 'enum_label_removed':
      return [byHand(orders.alterTypes, `make ${nameOf(type)} anew without ${quoteLiteral(before ?? '')}`)];
    case 'domain_check_added':
      return run(`ADD CONSTRAINT ${part} ${after ?? ''}`);
    case 'domain_check_dropped':
      return run(`DROP CONSTRAINT ${part}`);
    case 'domain_check_changed':
      return [...run(`DROP CONSTRAINT ${part}`), ...run(`ADD CONSTRAINT ${part} ${after ?? ''}`)];
    case 'attribute_added':
      return run(`ADD ATTRIBUTE ${part} ${after ?? ''}`);
    case 'attribute_dropped':
      return run(`DROP ATTRIBUTE ${part}`);
    case 'attribute_type_changed':
      return run(`ALTER ATTRIBUTE ${part} TYPE ${after ?? ''}`);
    default:
      return [];
  }
}

/** Labels are added in their order, so that the one before it is there already. */
function placeOfLabel(labels: readonly string[], label: string): string {
  const index = labels.indexOf(label);
  const [former, next] = [labels[index - 1], labels[index + 1]];
  if (former !== undefined) return ` AFTER ${quoteLiteral(former)}`;
  return next === undefined ? '' : ` BEFORE ${quoteLiteral(next)}`;
}

function nameOf({ schema, name }: TypeFacts): string {
  return qualified(schema, name);
}

function wordOf({ kind }: TypeFacts): string {
  return kind === 'domain' ? 'DOMAIN' : 'TYPE';
}
