import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { UsageError } from '../connections/errors.ts';
import { nearNames } from '../metadata/near-names.ts';
import { type OutputFormat, outputFormats } from '../output/answer.ts';
import type { Defaults } from './config/keys.ts';
import { defaultHome } from './default-home.ts';

/** What the flags that every command takes say. */
export interface Settings {
  readonly output: OutputFormat;
  /** A format that only this verb has, which `output` is `table` beside; null where it is none. */
  readonly verbOutput: string | null;
  /** Whether cells of the CSV that a spreadsheet would run are neutralised. */
  readonly csvSafe: boolean;
  /** False with --no-input: nothing is ever asked. */
  readonly input: boolean;
  readonly quiet: boolean;
  /** Whether questions are read line by line and nothing is drawn over: for screen readers. */
  readonly plain: boolean;
  readonly debug: boolean;
  /** Undefined when no flag decides it. */
  readonly color: boolean | undefined;
  /** The directory of the catalog. */
  readonly home: string;
}

/** The flags every command takes, as commander reads them. */
export interface GlobalFlags {
  output?: string;
  json?: boolean;
  csvSafe?: boolean;
  input?: boolean;
  quiet?: boolean;
  plain?: boolean;
  debug?: boolean;
  color?: boolean;
  home?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Declares the flags that every command takes. */
export function declareGlobalFlags(command: Command): void {
  command
    .addOption(outputOption())
    .option('--json', 'the same as --output json')
    .option('--csv-safe', "with --output csv: put a ' before cells that a spreadsheet would run")
    .option('--no-input', 'never ask; what is missing is an error')
    .option('--quiet', 'no notices and no progress, only the answer and errors')
    .option('--plain', 'questions line by line, nothing drawn over: for screen readers (JACKFIELD_PLAIN)')
    .option('--debug', 'print the cause of an error too')
    .option('--no-color', 'no colours (NO_COLOR does the same)')
    .option('--home <dir>', 'where the catalog is (JACKFIELD_HOME)');
}

/** Its values are for the completion of the shell; what is none of them is refused with the verb's own formats. */
function outputOption(): Option {
  const option = new Option('--output <format>', `how the answer is printed: ${outputFormats.join(', ')}`);
  const asGiven = (text: string) => text;
  return option.argParser(Object.assign(asGiven, { values: outputFormats }));
}

/**
 * @param formats those that only this verb has
 * @throws UsageError unknown_output, conflicting_flags, bad_value
 */
export function readSettings(
  flags: GlobalFlags,
  environment: Environment,
  formats: readonly string[] = [],
  defaults: { readonly output: OutputFormat | null; readonly color: Defaults['color'] } = noDefaults,
): Settings {
  const verbOutput = formats.find((name) => name === flags.output && !flags.json) ?? null;
  const output = verbOutput === null ? readOutput(flags, formats, defaults.output) : 'table';
  return {
    output,
    verbOutput,
    csvSafe: readCsvSafe(flags, output),
    input: flags.input !== false,
    quiet: flags.quiet === true,
    plain: flags.plain === true || isPlain(environment),
    debug: flags.debug === true,
    // commander sets it to true when --no-color is not there.
    color: flags.color === false ? false : colorOf(defaults.color),
    home: homeOf(flags, environment),
  };
}

/** Asked for by the variable, or a terminal that knows no cursor. */
function isPlain({ JACKFIELD_PLAIN: variable, TERM }: Environment): boolean {
  if (variable !== undefined && variable !== '') return variable !== '0' && variable !== 'false';
  return TERM === 'dumb';
}

const noDefaults = { output: null, color: null };

function colorOf(color: Defaults['color']): boolean | undefined {
  return color === null || color === 'auto' ? undefined : color === 'always';
}

/** The directory of the catalog. @throws UsageError bad_value */
export function homeOf(flags: GlobalFlags, environment: Environment): string {
  return resolve(readHome(flags) ?? nonEmpty(environment.JACKFIELD_HOME) ?? defaultHome(environment));
}

/** An empty one, a variable that was not set as a rule, would be the working directory. */
function readHome({ home }: GlobalFlags): string | undefined {
  if (home !== '') return home;
  throw new UsageError({
    code: 'bad_value',
    message: 'the value of --home is empty',
    fix: 'give the path of a directory, or leave --home out',
  });
}

function readOutput(
  flags: GlobalFlags,
  more: readonly string[],
  fallback: OutputFormat | null,
): OutputFormat {
  if (flags.output === undefined) return flags.json ? 'json' : (fallback ?? 'table');
  const format = outputFormats.find((name) => name === flags.output);
  if (!format) {
    throw new UsageError({
      code: 'unknown_output',
      message: `there is no output format ${JSON.stringify(flags.output)}`,
      fix: outputFix(flags.output, [...new Set([...outputFormats, ...more])]),
    });
  }
  if (flags.json && format !== 'json') {
    throw new UsageError({
      code: 'conflicting_flags',
      message: `--json and --output ${format} contradict each other`,
      fix: 'leave one of them out',
    });
  }
  return format;
}

function outputFix(written: string, formats: readonly string[]): string {
  const [meant] = nearNames(written, formats, String);
  return meant === undefined ? `use --output ${formats.join(', ')}` : `did you mean --output ${meant}?`;
}

function readCsvSafe({ csvSafe }: GlobalFlags, output: OutputFormat): boolean {
  if (!csvSafe || output === 'csv') return csvSafe === true;
  throw new UsageError({
    code: 'conflicting_flags',
    message: `--csv-safe is about CSV, and the answer is printed as ${output}`,
    fix: 'add --output csv, or leave --csv-safe out',
  });
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
