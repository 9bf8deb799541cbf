import type { Argument, Command, Option } from 'commander';
import { buildGrammar, loadVerb, pathOf } from '../program.ts';
import { defaultHome } from '../settings.ts';
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

export interface CompletionRequest {
  /** The words before the one at the cursor, without the program's name. */
  readonly before: readonly string[];
  readonly current: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Reads names of the catalog in this directory. */
  names(home: string): LiveNames;
}

const nothing: Candidates = { kind: 'words', words: [] };

/** What may be typed next, by the grammar that the verbs declare and the names that are saved. */
export async function complete(request: CompletionRequest): Promise<Candidates> {
  const { before, current, environment } = request;
  let command = buildGrammar();
  const positionals: string[] = [];
  let open: Option | null = null;
  let home = environment.JACKFIELD_HOME || defaultHome(environment);
  let onlyWords = false;
  for (const word of before) {
    if (open !== null) {
      if (open.long === '--home') home = word;
      open = null;
    } else if (!onlyWords && word === '--') onlyWords = true;
    else if (!onlyWords && word.startsWith('-')) {
      const [flag, value] = word.split(/=(.*)/s);
      const option = optionsOf(command).find(({ long, short }) => long === flag || short === flag);
      if (option?.required && value === undefined) open = option;
      else if (flag === '--home' && value) home = value;
    } else if (command.commands.length > 0) {
      const next = command.commands.find((it) => it.name() === word || it.aliases().includes(word));
      if (next === undefined) return nothing;
      command = next;
      await loadVerb(command);
    } else positionals.push(word);
  }
  const live = { names: request.names(home), verb: pathOf(command), name: positionals[0] ?? null };
  if (open !== null) return valuesOf(open, current, live);
  if (!onlyWords && current.startsWith('-')) {
    const [flag, value] = current.split(/=(.*)/s);
    if (value === undefined) return words(flags(command), current);
    const option = optionsOf(command).find(({ long }) => long === flag);
    return option?.required ? valuesOf(option, value, live) : nothing;
  }
  if (command.commands.length > 0) return words(subcommands(command), current);
  const { registeredArguments } = command;
  const last = registeredArguments.at(-1);
  const argument = registeredArguments[positionals.length] ?? (last?.variadic ? last : undefined);
  return argument ? valuesOf(argument, current, live, positionals) : nothing;
}

type Live = Parameters<typeof liveValues>[1];

function valuesOf(
  of: Option | Argument,
  current: string,
  live: Live,
  given: readonly string[] = [],
): Candidates {
  const isOption = 'long' in of;
  const placeholder = isOption ? (/[<[]([^\]>]+)[\]>]/.exec(of.flags)?.[1] ?? '') : of.name();
  if (placeholder === 'file') return { kind: 'files' };
  if (placeholder === 'dir') return { kind: 'directories' };
  const enumerated = of.argChoices ?? (of.parseArg as { values?: readonly string[] } | undefined)?.values;
  if (enumerated) return words(enumerated.map(plain), current);
  const wanted = { flag: isOption ? (of.long ?? null) : null, placeholder };
  const found = liveValues(wanted, live, current).filter((word) => !given.includes(word));
  return words(found.map(plain), current);
}

function plain(word: string): Candidate {
  return { word, about: '' };
}

/** @returns those that begin with what is typed; what no shell's line can hold is left out */
function words(candidates: readonly Candidate[], current: string): Candidates {
  const fits = ({ word }: Candidate) => word.startsWith(current) && !/\p{Cc}/u.test(word);
  return { kind: 'words', words: candidates.filter(fits) };
}

function subcommands(command: Command): Candidate[] {
  const own = command.commands.map((it) => ({ word: it.name(), about: it.summary() }));
  return command.parent === null ? [...own, { word: 'help', about: 'print help for a command' }] : own;
}

function flags(command: Command): Candidate[] {
  const known = optionsOf(command).flatMap(({ long, description, hidden }) =>
    long && !hidden ? [{ word: long, about: description }] : [],
  );
  return [...known, { word: '--help', about: 'print help' }];
}

/** A command's own flags and those that every command takes. */
function optionsOf(command: Command): Option[] {
  return command.parent === null ? [...command.options] : [...command.options, ...optionsOf(command.parent)];
}
