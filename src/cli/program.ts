import { Command, CommanderError } from 'commander';
import { type JackfieldError, UsageError } from '../connections/errors.ts';
import type { App, Verdict } from './app.ts';
import { declareGlobalFlags, type GlobalFlags } from './settings.ts';
import type { Act, Verb } from './verb.ts';
import { groups, nouns, verbs } from './verbs.ts';

/** How the program talks to main. */
export interface ProgramHost {
  readonly version: string;
  /** Runs a verb with the flags that every command takes. */
  act(flags: GlobalFlags, ...of: Parameters<Act>): Promise<void>;
  /** Help and the version, where they were asked for. */
  write(text: string): void;
  /** Help where a command was left out. */
  writeError(text: string): void;
}

/** The home screen. @returns null where there is no terminal for it */
type Home = (app: App) => Promise<Verdict | null>;

/**
 * Reads the command line and runs the verb it names. A verb's grammar is loaded when it is named,
 * so that help and errors open nothing.
 * @param known the verbs there are
 * @param home what is opened where no command is named
 * @returns `misused` when a command was left out, and help was printed instead
 * @throws UsageError for a command line that is wrong; whatever the verb throws
 */
export async function runProgram(
  argv: readonly string[],
  host: ProgramHost,
  known: readonly Verb[] = verbs,
  home: Home = async (app) => (await import('./home.ts')).runHome(app),
): Promise<'run' | 'misused'> {
  let answered = false;
  const write = (text: string) => {
    answered = true;
    host.write(text);
  };
  // Printed only when it is known that nothing else is to be shown in its place.
  let help = '';
  const writeError = (text: string) => {
    help += text;
  };
  const program = build({ ...host, write, writeError }, known);
  const misused = () => {
    host.writeError(help);
    return 'misused' as const;
  };
  const openHome = async () => {
    let isThere = true;
    await host.act(program.opts<GlobalFlags>(), async (app) => {
      const verdict = await home(app);
      isThere = verdict !== null;
      return verdict ?? 'done';
    });
    return isThere ? 'run' : misused();
  };
  try {
    await program.parseAsync(asHelpFlag(argv, known), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version that were asked for are written already. commander's own exit code does not
    // tell: of `help VERB` it is what process.exitCode happens to be.
    if (answered) return 'run';
    if (error.code === 'commander.help') return program.args.length > 0 ? misused() : openHome();
    throw usageError(error, argv);
  }
  return 'run';
}

/**
 * `help connections test`, `connections help test` and `connections cdc help check` as
 * `connections test --help`: commander's own help command knows one level, and asks before a verb's
 * grammar is loaded.
 */
function asHelpFlag(argv: readonly string[], known: readonly Verb[]): string[] {
  const at = argv.slice(0, 3).indexOf('help');
  const above = argv.slice(0, Math.max(0, at));
  const asked = [...above, ...argv.slice(at + 1)];
  if (at < 0 || !isParent(above) || asked.length === 0) return [...argv];
  // What is not known is refused as a command of that name is.
  return isParent(asked) || isVerb(asked, known) ? [...asked, '--help'] : asked;
}

/** Words with the noun, where they begin with one, under its own name. */
function byNoun([first = '', ...rest]: readonly string[]): string {
  const noun = nouns.find(({ name, alias }) => name === first || alias === first);
  return [noun?.name ?? first, ...rest].join(' ');
}

function isParent(words: readonly string[]): boolean {
  const path = byNoun(words);
  return path === '' || [...nouns.map(({ name }) => name), ...groups.map((it) => it.path)].includes(path);
}

function isVerb(words: readonly string[], known: readonly Verb[]): boolean {
  const path = byNoun(words);
  return known.some((verb) => {
    const parent = verb.path.slice(0, verb.path.lastIndexOf(' ') + 1);
    return verb.path === path || (verb.alias !== undefined && `${parent}${verb.alias}` === path);
  });
}

/** The grammar without what runs it: nouns and verbs, each without its own flags until {@link loadVerb}. */
export function buildGrammar(): Command {
  const nowhere: ProgramHost = { version: '', act: async () => {}, write() {}, writeError() {} };
  return build(nowhere, verbs);
}

/** Lets a verb of {@link buildGrammar} declare its arguments and flags; a noun has none. */
export async function loadVerb(command: Command): Promise<void> {
  const verb = verbs.find(({ path }) => path === pathOf(command));
  if (verb) (await verb.load())(command, async () => {});
}

/** The words that lead to a command, without the program's own: `connections cdc check`. */
export function pathOf(command: Command): string {
  const words: string[] = [];
  for (let at: Command | null = command; at?.parent; at = at.parent) words.unshift(at.name());
  return words.join(' ');
}

function build(host: ProgramHost, known: readonly Verb[]): Command {
  const program = new Command('jackfield');
  program
    .description(
      'Keeps database connections: saved once, tested in stages, and handed on without a password.',
    )
    .version(host.version, '--version', 'print the version')
    .helpOption('--help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => host.write(text),
      writeErr: (text) => host.writeError(text),
      // Errors are thrown, and shown by main.
      outputError: () => {},
    })
    .configureHelp({ showGlobalOptions: true })
    .showSuggestionAfterError(true);
  declareGlobalFlags(program);
  const parents = new Map<string, Command>();
  for (const noun of nouns) {
    const command = program.command(noun.name).summary(noun.summary).description(noun.summary);
    if (noun.alias) command.alias(noun.alias);
    parents.set(noun.name, command);
  }
  for (const verb of known) addVerb(program, parents, verb, host);
  return program;
}

function addVerb(program: Command, parents: Map<string, Command>, verb: Verb, host: ProgramHost): void {
  const words = verb.path.split(' ');
  const parent = words.length === 1 ? program : parentOf(words.slice(0, -1).join(' '), parents);
  if (!parent) throw new Error(`the verb ${verb.path} has no noun`);
  const command = parent
    .command(words.at(-1) ?? '')
    .summary(verb.summary)
    .description(verb.summary);
  if (verb.alias) command.alias(verb.alias);
  command.showHelpAfterError(false);
  const act: Act = (...of) => host.act(command.optsWithGlobals<GlobalFlags>(), ...of);
  parent.hook('preSubcommand', async (_parent, chosen) => {
    if (chosen === command) (await verb.load())(command, act);
  });
}

/** A noun's command, or a group's, which stands among the verbs where the first of its own does. */
function parentOf(path: string, parents: Map<string, Command>): Command | undefined {
  const group = groups.find((it) => it.path === path);
  if (group === undefined || parents.has(path)) return parents.get(path);
  const [noun = '', name = ''] = path.split(' ');
  const command = parents.get(noun)?.command(name).summary(group.summary).description(group.summary);
  if (command !== undefined) parents.set(path, command);
  return command;
}

/** A verb that was written without its noun. */
function verbHint({ code }: CommanderError, argv: readonly string[]): string | undefined {
  if (code !== 'commander.unknownCommand') return undefined;
  const meant = verbs.find(({ path }) => path.split(' ')[1] === argv[0]);
  return meant && `did you mean jackfield ${meant.path}?`;
}

/** Flags that people try, and that are not there for a reason. */
const refusedFlags = /^--(?:password|passphrase|secret|ssl-key-password)(?:=|$)/;

function usageError(error: CommanderError, argv: readonly string[]): JackfieldError {
  if (error.code === 'commander.unknownOption') {
    const flag = argv.find((word) => refusedFlags.test(word) && !/^--no-/.test(word));
    if (flag !== undefined) {
      return new UsageError({
        code: 'no_password_flag',
        message: 'no flag takes a password as its value: other programs and the shell’s history would see it',
        fix: 'use --password-stdin, --password-env VAR, --password-file FILE or --password-ref REFERENCE',
      });
    }
  }
  const [sentence = '', ...hints] = withoutValues(error.message).split('\n');
  const hint = hints.map((line) => line.trim()).find((line) => line !== '') ?? verbHint(error, argv);
  return new UsageError({
    code: codes[error.code] ?? 'bad_usage',
    message: sentence.replaceAll("'", '"').replace('. Expected', ': expected').replace(/\.$/, ''),
    fix: hint ? hint.replace(/^\((.*)\)$/, '$1') : 'add --help to see what the command takes',
  });
}

/**
 * commander's message without what may be a password: words that it does not know it repeats as they
 * are, `--flag=value`, `-pvalue` and a URL whole. Its suggestion stands on a line below.
 */
function withoutValues(message: string): string {
  const unknown = /^error: (unknown (?:option|command)) '(.*)'(?:\n(\(Did you mean [\w ,-]*\?\)))?$/s.exec(
    message,
  );
  if (!unknown) return message.replace(/^error: /, '');
  const [, what = '', word = '', suggestion] = unknown;
  const [shown] = /^(?:--[a-z][a-z-]*|-[a-z]|[a-z][a-z-]*$)/i.exec(word) ?? [];
  const sentence = shown === undefined ? `${what}, ${notRepeated}` : `${what} '${shown}'`;
  return suggestion === undefined ? sentence : `${sentence}\n${suggestion}`;
}

const notRepeated = 'which is not repeated here';

const codes: Readonly<Record<string, string>> = {
  'commander.unknownOption': 'unknown_flag',
  'commander.unknownCommand': 'unknown_command',
  'commander.missingArgument': 'missing_argument',
  'commander.missingMandatoryOptionValue': 'missing_flags',
  'commander.optionMissingArgument': 'missing_value',
  'commander.conflictingOption': 'conflicting_flags',
  'commander.excessArguments': 'excess_arguments',
  'commander.invalidArgument': 'bad_value',
};
