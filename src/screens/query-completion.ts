/** The names that can be completed, each as it is written in SQL, quoted where it has to be. */
export interface CompletionNames {
  readonly relations: readonly {
    readonly schema: string;
    readonly name: string;
    readonly columns: readonly string[];
  }[];
}

const keywords = (
  'select from where group by having order limit offset join left right inner outer full cross on using as ' +
  'distinct union all intersect except with recursive values insert into update set delete returning merge ' +
  'create table view materialized index schema alter drop truncate explain analyze and or not in is null ' +
  'between like ilike exists case when then else end cast coalesce count sum avg min max over partition ' +
  'true false lateral asc desc nulls first last'
).split(' ');

const mostOffered = 200;

/**
 * What the word at a line's end may become: columns behind a table's name and a dot, tables behind a
 * schema's, else everything.
 * @returns the words, and what of the line they stand for
 */
export function completionsOf(line: string, names: CompletionNames): [words: string[], typed: string] {
  const [typed = ''] = /(?:"(?:[^"]|"")*"?|[\w$\u0080-\uffff.])*$/.exec(line) ?? [];
  if (typed === '') return [[], ''];
  const dot = typed.lastIndexOf('.');
  const describes = /^\s*\\d/.test(line);
  const words = dot < 0 ? anyWords(typed, names, describes) : wordsBehind(typed.slice(0, dot), names);
  const wanted = typed.slice(dot + 1);
  const before = typed.slice(0, dot + 1);
  const found = new Set<string>();
  for (const word of words) {
    if (startsAlike(word, wanted)) found.add(before + word);
    if (found.size === mostOffered) break;
  }
  return [[...found], typed];
}

function startsAlike(word: string, typed: string): boolean {
  return word.toLowerCase().startsWith(typed.toLowerCase());
}

/** Keywords in the case that is typed; then tables, schemas and columns. \d takes tables and schemas alone. */
function* anyWords(typed: string, { relations }: CompletionNames, describes: boolean): Generator<string> {
  const upper = typed === typed.toUpperCase() && typed !== typed.toLowerCase();
  if (!describes) for (const word of keywords) yield upper ? word.toUpperCase() : word;
  for (const { name } of relations) yield name;
  for (const { schema } of relations) yield `${schema}.`;
  if (!describes) for (const { columns } of relations) yield* columns;
}

function* wordsBehind(owner: string, { relations }: CompletionNames): Generator<string> {
  for (const { schema, name, columns } of relations) {
    if (schema === owner) yield name;
    if (name === owner || `${schema}.${name}` === owner) yield* columns;
  }
}
