import { defaultHome } from '../default-home.ts';
import { type LiveNames, liveValues } from './live-values.ts';

/** What may stand at the cursor. */
export type Candidates =
  /** The shell completes the names of files or directories itself. */
  | { readonly kind: 'files' | 'directories' }
  | { readonly kind: 'words'; readonly words: readonly Candidate[] };

interface Candidate {
  readonly word: string;
  readonly about: string;
}

/** What a flag or an argument takes. */
export interface GrammarValue {
  readonly placeholder: string;
  /** Those it takes, where they are a list; null: any. */
  readonly values: readonly string[] | null;
}

interface GrammarOption {
  readonly long: string | null;
  readonly short: string | null;
  readonly about: string;
  readonly hidden: boolean;
  readonly takesValue: boolean;
  readonly value: GrammarValue;
}

/** A command, as far as completion looks at it: plain data. */
export interface GrammarCommand {
  /** `connections cdc check`; empty for the program itself. */
  readonly path: string;
  readonly name: string;
  readonly aliases: readonly string[];
  readonly summary: string;
  readonly options: readonly GrammarOption[];
  readonly arguments: readonly { readonly variadic: boolean; readonly value: GrammarValue }[];
  readonly commands: readonly GrammarCommand[];
}

export interface CompletionRequest {
  readonly grammar: GrammarCommand;
  /** The words before the one at the cursor, without the program's name. */
  readonly before: readonly string[];
  readonly current: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Reads names of the catalog in this directory. */
  names(home: string): Promise<LiveNames>;
}

const nothing: Candidates = { kind: 'words', words: [] };

/** What may be typed next, by the grammar that the verbs declare and the names that are saved. */
export async function complete(request: CompletionRequest): Promise<Candidates> {
  const { before, current, environment } = request;
  let command = request.grammar;
  // Every command takes the flags of those above it.
  let options = command.options;
  const positionals: string[] = [];
  let open: GrammarOption | null = null;
  let home = environment.JACKFIELD_HOME || defaultHome(environment);
  let source: string | null = null;
  let onlyWords = false;
  const take = (flag: string | null, value: string) => {
    if (flag === '--home') home = value;
    if (flag === '--source') source = value;
  };
  for (const word of before) {
    if (open !== null) {
      take(open.long, word);
      open = null;
    } else if (!onlyWords && word === '--') onlyWords = true;
    else if (!onlyWords && word.startsWith('-')) {
      const [flag, value] = word.split(/=(.*)/s);
      const option = options.find(({ long, short }) => long === flag || short === flag);
      if (option?.takesValue && value === undefined) open = option;
      else if (value) take(option?.long ?? null, value);
    } else if (command.commands.length > 0) {
      const next = command.commands.find((it) => it.name === word || it.aliases.includes(word));
      if (next === undefined) return nothing;
      command = next;
      options = [...next.options, ...options];
    } else positionals.push(word);
  }
  const name = positionals[0] ?? null;
  const live = { names: () => request.names(home), verb: command.path, name, source };
  if (open !== null) return valuesOf(open.value, open.long, current, live);
  if (!onlyWords && current.startsWith('-')) {
    const [flag, value] = current.split(/=(.*)/s);
    if (value === undefined) return words(flags(options), current);
    const option = options.find(({ long }) => long === flag);
    return option?.takesValue ? valuesOf(option.value, option.long, value, live) : nothing;
  }
  if (command.commands.length > 0) return words(subcommands(command), current);
  const last = command.arguments.at(-1);
  const argument = command.arguments[positionals.length] ?? (last?.variadic ? last : undefined);
  return argument ? valuesOf(argument.value, null, current, live, positionals) : nothing;
}

type Live = Parameters<typeof liveValues>[1];

/** @param flag null for an argument */
async function valuesOf(
  { placeholder, values }: GrammarValue,
  flag: string | null,
  current: string,
  live: Live,
  given: readonly string[] = [],
): Promise<Candidates> {
  if (placeholder === 'file') return { kind: 'files' };
  if (placeholder === 'dir') return { kind: 'directories' };
  if (values !== null) return words(values.map(plain), current);
  const found = await liveValues({ flag, placeholder }, live, current);
  return words(found.filter((word) => !given.includes(word)).map(plain), current);
}

function plain(word: string): Candidate {
  return { word, about: '' };
}

/** @returns those that begin with what is typed; what no shell's line can hold is left out */
function words(candidates: readonly Candidate[], current: string): Candidates {
  const fits = ({ word }: Candidate) => word.startsWith(current) && !/\p{Cc}/u.test(word);
  return { kind: 'words', words: candidates.filter(fits) };
}

function subcommands({ path, commands }: GrammarCommand): Candidate[] {
  const own = commands.map(({ name, summary }) => ({ word: name, about: summary }));
  return path === '' ? [...own, { word: 'help', about: 'print help for a command' }] : own;
}

function flags(options: readonly GrammarOption[]): Candidate[] {
  const known = options.flatMap(({ long, about, hidden }) =>
    long && !hidden ? [{ word: long, about }] : [],
  );
  return [...known, { word: '--help', about: 'print help' }];
}
