/** Names that are saved; reading them opens no secret, dials nobody, and changes nothing. */
export interface LiveNames {
  connections(): readonly {
    readonly name: string;
    readonly role: string;
    readonly tags: readonly string[];
  }[];
  pipelines(): readonly string[];
  /** Of the newest discovery of a connection (name or id) that is cached; at most `limit`. */
  relations(connection: string, limit: number): readonly { readonly schema: string; readonly name: string }[];
}

/** More than that is no help to anybody. */
const most = 20_000;

/** Flags and arguments that hold a connection's name where there is one already. */
const saved = new Set(['name', 'name...', 'other']);

/** Flags of `pipelines` that take a connection, by the role it has; null for either. */
const ends: Readonly<Record<string, string | null>> = {
  '--source': 'source',
  '--destination': 'destination',
  '--connection': null,
  '--from': null,
  '--to': null,
};

/**
 * The names that a flag or an argument may take.
 * @param wanted the flag (null for an argument) and the placeholder that its declaration has
 */
export function liveValues(
  { flag, placeholder }: { readonly flag: string | null; readonly placeholder: string },
  { names, verb, name }: { readonly names: LiveNames; readonly verb: string; readonly name: string | null },
  current: string,
): string[] {
  if (flag === '--tag') return unique(names.connections().flatMap(({ tags }) => tags));
  if (verb.startsWith('pipelines ')) {
    // The name of a new one is its maker's to choose.
    if (flag === null)
      return saved.has(placeholder) && verb !== 'pipelines add' ? [...names.pipelines()] : [];
    const role = ends[flag];
    if (role === undefined) return [];
    return names.connections().flatMap((it) => (role === null || it.role === role ? it.name : []));
  }
  if (flag === null && saved.has(placeholder) && verb !== 'schema') {
    const sources = /^(?:data-sources |metadata |connections cdc )/.test(verb);
    return names
      .connections()
      .filter(({ role }) => !sources || role === 'source')
      .map((it) => it.name);
  }
  if (name === null) return [];
  const relations = () => names.relations(name, most);
  if (flag === '--schema') return unique(relations().map(({ schema }) => schema));
  if (flag === '--table') return unique(relations().map((it) => it.name));
  if (flag === null && placeholder === 'relation') {
    const schemas = unique(relations().map(({ schema }) => schema));
    if (!current.includes('.') && schemas.length > 1) return [...schemas.map((schema) => `${schema}.`)];
    return relations().map((it) => `${it.schema}.${it.name}`);
  }
  return [];
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort();
}
