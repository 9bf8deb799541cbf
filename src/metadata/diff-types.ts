import type { ChangeKind, Pair, StructureChange } from './diff.ts';
import { pairUp } from './diff-match.ts';
import { comparableText, noRenames, type Renames } from './diff-names.ts';
import { isWidening } from './diff-widening.ts';
import type { TypeFacts } from './discovery.ts';

/** What became of a type that somebody made. */
export function compareType({ before, after }: Pair<TypeFacts>, renames: Renames): StructureChange[] {
  if (before === null) return after === null ? [] : [typeAdded(after)];
  if (after === null) return [typeDropped(before)];
  if (before.kind !== after.kind) return [typeDropped(before), typeAdded(after)];
  return new TypeComparison(before, after, renames).compare();
}

function typeAdded(after: TypeFacts): StructureChange {
  const pair = { before: null, after };
  return {
    ...placeOf(after),
    kind: 'type_added',
    reason: null,
    before: null,
    after: typeText(after),
    subject: { of: 'type', ...pair },
  };
}

function typeDropped(before: TypeFacts): StructureChange {
  return {
    ...placeOf(before),
    kind: 'type_dropped',
    reason: 'who names it fails',
    before: typeText(before),
    after: null,
    subject: { of: 'type', before, after: null },
  };
}

class TypeComparison {
  readonly #before: TypeFacts;
  readonly #after: TypeFacts;
  readonly #renames: Renames;
  readonly #changes: StructureChange[] = [];

  constructor(before: TypeFacts, after: TypeFacts, renames: Renames) {
    this.#before = before;
    this.#after = after;
    this.#renames = renames;
  }

  compare(): StructureChange[] {
    const [before, after] = [this.#before, this.#after];
    const formerName = 'who names it as before fails';
    const schemaToday = this.#renames.schemas.get(before.schema) ?? before.schema;
    if (schemaToday !== after.schema) this.#add('type_moved', formerName, before.schema, after.schema);
    if (before.name !== after.name) this.#add('type_renamed', formerName, before.name, after.name);
    if (this.#differ(before.base, after.base)) {
      const wider = before.base !== null && after.base !== null && isWidening(before.base, after.base);
      this.#add(
        'type_base_changed',
        wider ? null : 'its values are of another type',
        before.base,
        after.base,
      );
    }
    if (before.kind === 'enum') this.#labels();
    if (before.nullable !== after.nullable) {
      const text = (nullable: boolean) => (nullable ? 'null' : 'not null');
      const reason = after.nullable ? null : 'writing NULL to its columns fails';
      this.#add('domain_nullability_changed', reason, text(before.nullable), text(after.nullable));
    }
    if (this.#differ(before.default, after.default)) {
      this.#add('domain_default_changed', null, before.default, after.default);
    }
    this.#checks();
    this.#attributes();
    if (before.comment !== after.comment)
      this.#add('type_comment_changed', null, before.comment, after.comment);
    return this.#changes;
  }

  #labels(): void {
    const [before, after] = [this.#before.labels, this.#after.labels];
    const gone = before.filter((label) => !after.includes(label));
    const fresh = after.filter((label) => !before.includes(label));
    const renamed =
      this.#before.oid === this.#after.oid ? renamedLabels(before, after) : new Map<string, string>();
    for (const [label, now] of renamed) {
      this.#add('enum_label_renamed', 'who reads or writes it by its former name fails', label, now);
    }
    for (const label of gone) {
      if (!renamed.has(label)) this.#add('enum_label_removed', 'writing it fails', label, null);
    }
    const renamedTo = new Set(renamed.values());
    for (const label of fresh) {
      if (!renamedTo.has(label)) this.#add('enum_label_added', null, null, label);
    }
    const left = before.filter((label) => !gone.includes(label));
    const right = after.filter((label) => !fresh.includes(label));
    if (left.join('\0') !== right.join('\0')) {
      this.#add('enum_labels_reordered', null, before.join(', '), after.join(', '));
    }
  }

  #checks(): void {
    for (const { before, after } of pairUp(this.#before.checks, this.#after.checks, [({ name }) => name])) {
      const step = before === null ? 'added' : after === null ? 'dropped' : 'changed';
      if (step === 'changed' && !this.#differ(before?.definition ?? null, after?.definition ?? null))
        continue;
      const name = (after ?? before)?.name ?? null;
      this.#add(`domain_check_${step}`, null, before?.definition ?? null, after?.definition ?? null, name);
    }
  }

  #attributes(): void {
    for (const { before, after } of pairUp(this.#before.attributes, this.#after.attributes, [
      ({ name }) => name,
    ])) {
      if (before === null) this.#add('attribute_added', null, null, after?.type ?? null, after?.name);
      else if (after === null) {
        this.#add('attribute_dropped', 'who reads or writes it fails', before.type, null, before.name);
      } else if (this.#differ(before.type, after.type)) {
        const reason = isWidening(before.type, after.type) ? null : 'its values are of another type';
        this.#add('attribute_type_changed', reason, before.type, after.type, after.name);
      }
    }
  }

  #differ(before: string | null, after: string | null): boolean {
    if (before === null || after === null) return before !== after;
    return comparableText(before, this.#renames, null) !== comparableText(after, noRenames, null);
  }

  #add(
    kind: ChangeKind,
    reason: string | null,
    before: string | null,
    after: string | null,
    part: string | null = null,
  ): void {
    this.#changes.push({
      ...placeOf(this.#after),
      // A part of it: an attribute is one as a column is.
      column: part,
      kind,
      reason,
      before,
      after,
      subject: { of: 'type', before: this.#before, after: this.#after },
    });
  }
}

/**
 * The labels of one type that are called otherwise. A label can only be taken away with its type: as
 * many new ones as old ones between two that are still there are the same ones.
 */
function renamedLabels(before: readonly string[], after: readonly string[]): Map<string, string> {
  const renamed = new Map<string, string>();
  const old = divided(before, new Set(after));
  const fresh = divided(after, new Set(before));
  for (const [index, { labels, end }] of old.entries()) {
    const others = fresh[index];
    if (others?.end !== end) return new Map();
    if (others.labels.length !== labels.length) continue;
    for (const [position, label] of labels.entries()) renamed.set(label, others.labels[position] ?? label);
  }
  return renamed;
}

/** Runs of labels that are not kept, each with the label behind it that is. */
function divided(labels: readonly string[], kept: ReadonlySet<string>) {
  const runs: { labels: string[]; end: string | null }[] = [];
  let run: string[] = [];
  for (const label of labels) {
    if (kept.has(label)) {
      runs.push({ labels: run, end: label });
      run = [];
    } else {
      run.push(label);
    }
  }
  return [...runs, { labels: run, end: null }];
}

function placeOf({ schema, name }: TypeFacts) {
  return { schema, relation: null, column: null, name };
}

function typeText({ kind, labels, base, attributes }: TypeFacts): string {
  if (kind === 'enum') return `enum (${labels.join(', ')})`;
  if (kind === 'composite')
    return `composite (${attributes.map(({ name, type }) => `${name} ${type}`).join(', ')})`;
  return `${kind} of ${base ?? 'an unknown type'}`;
}
