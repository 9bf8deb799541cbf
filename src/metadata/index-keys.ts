import type { Index } from './discovery.ts';

/** A key of an index: a column or an expression, and what of it is not the default. */
export interface IndexKey {
  readonly column: string | null;
  readonly expression: string | null;
  /** As SQL has them. */
  readonly collation: string | null;
  readonly operatorClass: string | null;
  readonly sortOrder: string | null;
}

/** The keys of an index; null where its expressions can't be told apart. */
export function indexKeys(index: Index): IndexKey[] | null {
  const { columns, expressions, collations, operatorClasses, sortOrders } = index;
  const parts = expressions === null ? [] : dividedExpressions(expressions);
  if (columns.filter((column) => column === null).length !== parts.length) return null;
  return columns.map((column, at) => {
    const sortOrder = sortOrders[at] ?? 'asc';
    return {
      column,
      expression: column === null ? (parts.shift() ?? null) : null,
      collation: collations[at] ?? null,
      operatorClass: operatorClasses[at] ?? null,
      sortOrder: sortOrder === 'asc' ? null : sortOrder,
    };
  });
}

/** `(lower(email) collate "C" text_pattern_ops, id desc) include (name) nulls not distinct where active`. */
export function indexKeysText(index: Index): string {
  const { columns, include, nullsNotDistinct, expressions, predicate } = index;
  const keys = indexKeys(index)?.map(keyText) ?? columns.map((name) => name ?? expressions ?? 'expression');
  const facts = [`(${keys.join(', ')})`];
  if (include.length > 0) facts.push(`include (${include.join(', ')})`);
  if (nullsNotDistinct) facts.push('nulls not distinct');
  if (predicate !== null) facts.push(`where ${predicate}`);
  return facts.join(' ');
}

function keyText({ column, expression, collation, operatorClass, sortOrder }: IndexKey): string {
  const words = [column ?? expression, collation && `collate ${collation}`, operatorClass, sortOrder];
  return words.filter((word) => word !== null).join(' ');
}

/** `lower(a), (b + c)` → its parts: divided by the commas outside of quotes and parentheses. */
function dividedExpressions(text: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const [token] of text.matchAll(/"(?:[^"]|"")*"|'(?:[^']|'')*'|./gs)) {
    if (token === '(' || token === '[') depth += 1;
    if (token === ')' || token === ']') depth -= 1;
    if (token === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += token;
  }
  return parts.map((part) => part.trim());
}
