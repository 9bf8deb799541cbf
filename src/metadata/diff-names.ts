/** A name and the schema it is in. */
export interface QualifiedName {
  readonly schema: string;
  readonly name: string;
}

/** What was renamed on the way from one side to the other; what is not in it kept its name. */
export interface Renames {
  readonly schemas: ReadonlyMap<string, string>;
  /** Relations and types that were renamed or moved, by {@link nameKey} of what they were called. */
  readonly names: ReadonlyMap<string, QualifiedName>;
  /** Columns by {@link nameKey} of what their relation was called. */
  readonly columns: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

export const noRenames: Renames = { schemas: new Map(), names: new Map(), columns: new Map() };

/** A qualified name as the key of a map. */
export function nameKey(schema: string, name: string): string {
  return JSON.stringify([schema, name]);
}

/** What a relation or type is called today, if it is still there. */
export function nameToday({ schemas, names }: Renames, schema: string, name: string): QualifiedName {
  return names.get(nameKey(schema, name)) ?? { schema: schemas.get(schema) ?? schema, name };
}

/** What a column of a relation (by its former name) is called today. */
export function columnToday({ columns }: Renames, relation: QualifiedName, column: string): string {
  return columns.get(nameKey(relation.schema, relation.name))?.get(column) ?? column;
}

const identifier = '(?:"(?:[^"]|"")*"|[A-Za-z_\\u0080-\\uffff][\\w$\\u0080-\\uffff]*)';
const tokens = new RegExp(`(E?'(?:[^']|'')*')(::regclass)?|${identifier}(?:\\.${identifier})*`, 'g');
const parts = new RegExp(identifier, 'g');

/**
 * An expression or type as PostgreSQL writes it, in the names of today and every word in quotes: two
 * that come out the same mean the same. For comparing only. A function that is called as a renamed
 * column is taken for it.
 * @param relation whose columns the expression is over
 */
export function comparableText(text: string, renames: Renames, relation: QualifiedName | null): string {
  return text.replace(tokens, (token, literal?: string, regclass?: string) => {
    if (literal === undefined) return dotted(token, renames, relation);
    if (regclass === undefined) return token;
    // The sequence of a serial column goes with its table.
    const inside = literal.slice(literal.indexOf("'") + 1, -1);
    const moved = relation === null ? null : nameToday(renames, relation.schema, relation.name).schema;
    const schemas =
      relation === null || moved === null
        ? renames.schemas
        : new Map([...renames.schemas, [relation.schema, moved]]);
    return `'${comparableText(inside, { ...renames, schemas }, null)}'${regclass}`;
  });
}

function dotted(token: string, renames: Renames, relation: QualifiedName | null): string {
  const [first = '', second, ...others] = (token.match(parts) ?? []).map(unquoted);
  if (second === undefined) {
    return quoted(relation === null ? first : columnToday(renames, relation, first));
  }
  const { schema, name } = nameToday(renames, first, second);
  return [schema, name, ...others].map(quoted).join('.');
}

function unquoted(identifier: string): string {
  return identifier.startsWith('"') ? identifier.slice(1, -1).replaceAll('""', '"') : identifier;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
