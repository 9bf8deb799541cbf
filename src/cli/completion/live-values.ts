/** Names that are saved; reading them opens no secret, dials nobody, and changes nothing. */
export interface LiveNames {
  connections(): readonly {
    readonly name: string;
    readonly role: string;
    readonly tags: readonly string[];
  }[];
  pipelines(): readonly string[];
  /** The source of a pipeline (name or id); null where there is none. */
  sourceOf(pipeline: string): string | null;
  /** The schemas of the newest discovery of a connection (name or id) that is cached, in order. */
  schemas(connection: string): readonly string[];
  /** The names of its tables and the like that begin so, in order, each once; at most `limit`. */
  tables(connection: string, prefix: string, limit: number): readonly string[];
  /** The same as `schema.name`. */
  relations(connection: string, prefix: string, limit: number): readonly string[];
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

/** Flags of `pipelines` that take a table of its source. */
const tableFlags = new Set(['--table', '--add-table', '--remove-table']);

/**
 * The names that a flag or an argument may take.
 * @param wanted the flag (null for an argument) and the placeholder that its declaration has
 */
export async function liveValues(
  { flag, placeholder }: { readonly flag: string | null; readonly placeholder: string },
  about: {
    /** Opened where a name is wanted, and only there. */
    names(): Promise<LiveNames>;
    readonly verb: string;
    readonly name: string | null;
    /** What `--source` says. */
    readonly source: string | null;
  },
  current: string,
): Promise<readonly string[]> {
  const { verb, name } = about;
  if (flag === '--tag') return unique((await about.names()).connections().flatMap(({ tags }) => tags));
  if (verb.startsWith('pipelines ')) {
    // The name of a new one is its maker's to choose.
    if (flag === null)
      return saved.has(placeholder) && verb !== 'pipelines add' ? (await about.names()).pipelines() : [];
    if (tableFlags.has(flag)) {
      const names = await about.names();
      const source = about.source ?? (name === null ? null : names.sourceOf(name));
      return source === null ? [] : relationsOf(names, source, current);
    }
    const role = ends[flag];
    if (role === undefined) return [];
    const connections = (await about.names()).connections();
    return connections.flatMap((it) => (role === null || it.role === role ? it.name : []));
  }
  if (flag === null && saved.has(placeholder) && verb !== 'schema') {
    const sources = /^(?:data-sources |metadata |connections cdc )/.test(verb);
    return (await about.names())
      .connections()
      .filter(({ role }) => !sources || role === 'source')
      .map((it) => it.name);
  }
  if (name === null) return [];
  if (flag === '--schema') return (await about.names()).schemas(name);
  if (flag === '--table' && !verb.startsWith('connections cdc ')) {
    return (await about.names()).tables(name, current, most);
  }
  if (flag === '--table' || (flag === null && placeholder === 'relation'))
    return relationsOf(await about.names(), name, current);
  return [];
}

/** Schemas first, where there are several and none is typed. */
function relationsOf(names: LiveNames, connection: string, current: string): readonly string[] {
  const schemas = current.includes('.') ? [] : names.schemas(connection);
  if (schemas.length > 1) return schemas.map((schema) => `${schema}.`);
  return names.relations(connection, current, most);
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort();
}
