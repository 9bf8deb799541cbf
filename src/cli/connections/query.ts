import type { Command } from 'commander';
import type { SavedConnection } from '../../connections/connection.ts';
import type { Connector } from '../../connections/connector.ts';
import { JackfieldError } from '../../connections/errors.ts';
import { openSavedQuery, refuseWrite } from '../../connections/query.ts';
import type { QuerySession, SqlScript } from '../../connections/query-port.ts';
import { requireConnection } from '../../connections/services.ts';
import { errorText } from '../../output/error.ts';
import { queryFormats, queryWriter } from '../../output/query-writer.ts';
import { plural } from '../../output/relation-words.ts';
import { terminalSafe } from '../../output/terminal-text.ts';
import type { App, Verdict } from '../app.ts';
import { type QueryTextSource, readQueryText } from '../query-text.ts';
import { keyValues, readDuration, readWhole } from '../values.ts';
import { type Act, ownExamples } from '../verb.ts';

export interface QueryVerbOptions {
  readonly name: string;
  readonly source: QueryTextSource;
  readonly write: boolean;
  /** 0: all; undefined: as the format and the terminal want it. */
  readonly limit: number | undefined;
  /** Of each statement, in milliseconds; 0: none; undefined: as the format and the terminal want it. */
  readonly timeoutMs: number | undefined;
  readonly parameters: ReadonlyMap<string, string>;
  readonly history: boolean;
}

interface QueryFlags {
  file?: string;
  editor?: boolean;
  write?: boolean;
  limit?: number;
  timeout?: number;
  param?: Record<string, string>;
  history?: boolean;
}

/** For a person who looks at a table: more is not read, and nobody waits for ever. */
const shownRows = 200;
const patienceMs = 30_000;
const connectMs = 30_000;

export function declareQuery(command: Command, act: Act, run = runQuery): void {
  command
    .argument('<name>', 'name or id')
    .argument('[sql]', 'one statement or several; standard input, or a prompt, when left out')
    .option('--file <file>', 'read the SQL from a file')
    .option('--editor', 'write the SQL in $EDITOR')
    .option('--param <name=value>', 'the value of :name in the SQL; repeat for several', keyValues('--param'))
    .option('--write', 'let it change something; without, the server refuses')
    .option(
      '--limit <rows>',
      `rows of each result, 0 for all (${shownRows} in a table on a terminal)`,
      readWhole('--limit'),
    )
    .option('--timeout <time>', 'of each statement, or off (30s in a table on a terminal)', readDurationOrOff)
    .option('--no-history', 'keep nothing of what is typed at the prompt')
    .addHelpText(
      'after',
      ownExamples(
        command,
        "jackfield connections query orders 'select * from customers'",
        "jackfield connections query orders --param id=42 'select * from customers where id = :id' --json",
        'jackfield connections query orders --file report.sql --output csv',
        "jackfield connections query warehouse --write 'truncate landing.orders'",
        'jackfield connections query orders # a prompt',
      ),
    )
    .addHelpText('after', `\n--output may be ${queryFormats.join(' or ')} too.\n`)
    .action((name: string, sql: string | undefined, flags: QueryFlags) =>
      act((app) => run(app, toOptions(name, sql, flags)), queryFormats),
    );
}

function readDurationOrOff(text: string): number {
  return text === 'off' ? 0 : readDuration('--timeout')(text);
}

function toOptions(name: string, sql: string | undefined, flags: QueryFlags): QueryVerbOptions {
  return {
    name,
    source: { text: sql ?? null, file: flags.file ?? null, editor: flags.editor === true },
    write: flags.write === true,
    limit: flags.limit,
    timeoutMs: flags.timeout,
    parameters: new Map(Object.entries(flags.param ?? {})),
    history: flags.history !== false,
  };
}

export async function runQuery(app: App, options: QueryVerbOptions): Promise<Verdict> {
  const { name, write, source } = options;
  const saved = await requireConnection(await app.services.catalog(), name);
  if (write) refuseWrite(saved);
  const connector = await app.services.connectors.load(saved.connector);
  const initial = `-- ${saved.name.replaceAll('\n', ' ')}${write ? ', changes are saved' : ', read-only'}: save and leave to run this\n\n`;
  const text = await readQueryText(app, source, initial);
  // Wrong SQL is refused before anything is dialled.
  const script = text === null ? null : await connector.readScript(text, options.parameters);
  const onNotice = (severity: string, words: string) => {
    if (!app.settings.quiet) app.streams.stderr.write(`${terminalSafe(`${severity}: ${words}`)}\n`);
  };
  const opening = { write, onNotice, timeoutMs: connectMs };
  const open = async (signal: AbortSignal) => {
    const progress = app.progress(`connecting to ${saved.name}`);
    try {
      return await openSavedQuery(app.services, saved, { ...opening, signal });
    } finally {
      progress.stop();
    }
  };
  const session = await open(app.signal);
  if (script === null) {
    await prompt(app, { saved, connector, session, open, options });
    return 'done';
  }
  try {
    await runScript(app, session, script, options, app.signal);
    return 'done';
  } finally {
    session.close();
  }
}

async function runScript(
  app: App,
  session: QuerySession,
  script: SqlScript,
  options: QueryVerbOptions,
  signal: AbortSignal,
): Promise<void> {
  const view = await app.view('stdout');
  const format = queryFormats.find((name) => name === app.settings.verbOutput) ?? app.settings.output;
  const isLookedAt = format === 'table' && view.terminal;
  const writer = queryWriter({
    format,
    view,
    csvSafe: app.settings.csvSafe,
    statements: script.statements.length,
    write: (bytes) => writeBytes(app, bytes),
  });
  const { write, limit, timeoutMs } = options;
  const run = {
    write,
    rowLimit: (limit ?? (isLookedAt ? shownRows : 0)) || null,
    timeoutMs: (timeoutMs ?? (isLookedAt ? patienceMs : 0)) || null,
    signal,
  };
  try {
    await session.run(script, run, format === 'table' ? writer : sayingCommands(app, writer));
    await writer.finish();
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

/** A table says itself what a statement without rows did; in other formats it is no part of the answer. */
function sayingCommands(app: App, writer: ReturnType<typeof queryWriter>): ReturnType<typeof queryWriter> {
  return {
    ...writer,
    end: async (outcome) => {
      await writer.end(outcome);
      const { command, rowCount, hasColumns } = outcome;
      if (!hasColumns) await app.done(rowCount === null ? command : `${command}, ${plural(rowCount, 'row')}`);
    },
  };
}

function writeBytes(app: App, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    app.streams.stdout.write(bytes, () => resolve());
  });
}

interface Prompted {
  readonly saved: SavedConnection;
  readonly connector: Connector;
  readonly session: QuerySession;
  /** Opens another one, where that is over. */
  open(signal: AbortSignal): Promise<QuerySession>;
  readonly options: QueryVerbOptions;
}

async function prompt(app: App, { saved, connector, open, options, ...begin }: Prompted): Promise<void> {
  let { session } = begin;
  const living = async (signal: AbortSignal) => {
    if (!session.isOver) return session;
    session.close();
    session = await open(AbortSignal.any([app.signal, signal]));
    await app.warn('the connection was lost; this is a new one');
    return session;
  };
  const [{ promptForQueries }, { historyOfThisRun, openHistory }, { knownNames }] = await Promise.all([
    import('../../screens/query-prompt.ts'),
    import('../../screens/query-history.ts'),
    import('../../metadata/known-names.ts'),
  ]);
  const { stdin, stderr } = app.streams;
  const { theme } = await app.view('stderr');
  const isKept = options.history && app.environment.JACKFIELD_QUERY_HISTORY?.toLowerCase() !== 'off';
  const saying = async (work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof JackfieldError)) throw error;
      stderr.write(errorText(error, await app.view('stderr')));
    }
  };
  await promptForQueries({
    stdin,
    stderr,
    theme,
    signal: app.signal,
    name: saved.name,
    write: options.write,
    history: isKept ? await openHistory(app.settings.home) : historyOfThisRun(),
    isOpen: (text) => connector.isOpen(text),
    names: async () => ({ relations: await knownNames(app.services, saved) }),
    describe: (wanted, signal) =>
      saying(async () => {
        const { describeAtPrompt } = await import('./query-describe.ts');
        await describeAtPrompt(app, saved, wanted, { write: options.write, signal });
      }),
    run: (text, signal) =>
      saying(async () => {
        const script = await connector.readScript(text, options.parameters);
        await runScript(app, await living(signal), script, options, signal);
      }),
  }).finally(() => session.close());
}
