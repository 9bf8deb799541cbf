import { setMaxListeners } from 'node:events';
import { fstatSync } from 'node:fs';
import { makeServices, type Services } from './adapters.ts';
import type { SqliteMetadataStore } from './catalog/metadata-store.ts';
import { isAtWork } from './catalog/owner.ts';
import type { SqliteCatalog } from './catalog/sqlite-catalog.ts';
import type { App, Verdict } from './cli/app.ts';
import { readDefaults } from './cli/config/defaults.ts';
import { runProgram } from './cli/program.ts';
import { type GlobalFlags, homeOf, readSettings, type Settings } from './cli/settings.ts';
import type { Act } from './cli/verb.ts';
import type { CatalogFinding } from './connections/catalog.ts';
import {
  CatalogError,
  InterruptedError,
  JackfieldError,
  NotFoundError,
  ProgramError,
  RefusedError,
  SecretError,
  ServerError,
  UsageError,
} from './connections/errors.ts';
import type { ProgramEnd, ProgramRequest } from './connections/hand-over.ts';
import type { DoctorFinding } from './connections/reports.ts';
import { renderChunks, type View } from './output/answer.ts';
import { errorJson, errorText, type ShownError } from './output/error.ts';
import { doneLine, warningLine } from './output/notice.ts';
import { type Drawing, startProgress } from './output/progress.ts';
import { plainTheme, type Theme, themeFor, wantsColor } from './output/theme.ts';
import type { ExportPurpose } from './secrets/export-passphrase.ts';
import type { VaultPurpose } from './secrets/vault-key-source.ts';

declare const JACKFIELD_VERSION: string;

/** The exit codes, here and nowhere else; the README and docs list them. */
const exitCodes = { done: 0, saidNo: 1, misused: 2, unwritable: 6, defect: 70, interrupted: 130 } as const;
const errorExits: readonly (readonly [abstract new (...args: never[]) => JackfieldError, number])[] = [
  [UsageError, exitCodes.misused],
  [NotFoundError, 3],
  [RefusedError, 4],
  [SecretError, 5],
  [CatalogError, exitCodes.unwritable],
  [ServerError, 7],
  [InterruptedError, exitCodes.interrupted],
];

/** A program that can't be run has the exit codes that shells give it. */
const programExits: Readonly<Record<string, number>> = { program_not_found: 127, program_unusable: 126 };
/** Added to the number of the signal that ended a program, as shells do. */
const signalExit = 128;

const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** Signals within it are one: nobody presses a key twice that quickly. Milliseconds. */
const breathMs = 100;

type Needs = Parameters<Act> extends [unknown, ...infer Rest] ? Rest : never;

/** Runs the program on the process's own arguments and streams, and ends the process. */
export async function main(): Promise<void> {
  // What is left when nothing is waited for any more, and nobody said how it went.
  process.exitCode = exitCodes.defect;
  const host = new Host();
  process.exit(await host.run(process.argv.slice(2)));
}

/** The process seen by the program: its streams, signals and environment. */
class Host {
  readonly #interruption = new AbortController();
  readonly #environment: Readonly<Record<string, string | undefined>> = { ...process.env };
  /** What the flags said, as soon as they were read: errors are shown accordingly. */
  #settings: Settings | null = null;
  #catalog: SqliteCatalog | null = null;
  #metadata: SqliteMetadataStore | null = null;
  /** The one that was started last. */
  #progress: Drawing | null = null;
  #handedOver = false;
  #interruptedAt = 0;
  readonly #interrupt = () => {
    // A second Ctrl-C, or work that does not stop: leave at once. A closed terminal, timeout(1) and others
    // tell it twice in one breath.
    if (this.#interruption.signal.aborted) {
      if (performance.now() - this.#interruptedAt < breathMs) return;
      process.exit(exitCodes.interrupted);
    }
    this.#interruptedAt = performance.now();
    this.#interruption.abort(new InterruptedError());
    setTimeout(() => {
      this.#sayInterrupted(ownWords(process.argv.slice(2)));
      process.exit(exitCodes.interrupted);
    }, 2_000).unref();
  };

  async run(argv: readonly string[]): Promise<number> {
    this.#listen(ownWords(argv));
    // Node would say that nothing is verified, which is not so here.
    delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    try {
      const verdicts: Verdict[] = [];
      const used = await runProgram(argv, {
        version: JACKFIELD_VERSION,
        write: (text) => process.stdout.write(text),
        writeError: (text) => process.stderr.write(text),
        act: async (flags, run, ...needs) => {
          verdicts.push(await run(await this.#app(flags, ...needs)));
        },
      });
      if (used === 'misused') return exitCodes.misused;
      return Math.max(exitCodes.done, ...verdicts.map(exitOf));
    } catch (error) {
      return await this.#fail(error, ownWords(argv));
    } finally {
      this.#progress?.stop();
      await this.#catalog?.close().catch(() => {});
      await this.#metadata?.close().catch(() => {});
      // A program that ran in our place wrote its own.
      if (!this.#handedOver) await flush(process.stdout);
    }
  }

  #listen(argv: readonly string[]): void {
    // Each connection of a fleet listens, and Node warns from the eleventh on.
    setMaxListeners(0, this.#interruption.signal);
    // A terminal that is closed hangs up.
    for (const name of endingSignals) process.on(name, this.#interrupt);
    // A defect too; Node's own exit code for it would be that of a check that said no.
    process.on('uncaughtException', (error) => {
      this.#fail(error, argv).then(
        (code) => process.exit(code),
        () => process.exit(exitCodes.defect),
      );
    });
    // Who reads us may stop early (`| head`): then there is nobody left to tell.
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(exitCodes.done);
      this.#say(answerLost(error), argv, plainTheme);
      process.exit(exitCodes.unwritable);
    });
    // Nobody reads it any more, or a log's disk is full: the work goes on.
    process.stderr.on('error', () => {});
  }

  async #app(flags: GlobalFlags, ...[formats, tolerates]: Needs): Promise<App> {
    const environment = this.#environment;
    const defaults = readDefaults(homeOf(flags, environment), environment);
    const [problem] = defaults.problems;
    if (problem && tolerates !== 'broken-config') throw problem;
    const { output, color } = defaults.values;
    const shown = {
      // What a person likes to see is not what that person's scripts read: they get what they get in CI.
      output: defaults.origins.output?.source === 'file' && process.stdout.isTTY !== true ? null : output,
      // NO_COLOR and FORCE_COLOR are of the environment, and come before the file.
      color:
        defaults.origins.color?.source === 'file' && (environment.NO_COLOR || environment.FORCE_COLOR)
          ? null
          : color,
    };
    const settings = readSettings(flags, environment, formats, shown);
    this.#settings = settings;
    // process.stdin costs its making, so that it is touched only by who reads it.
    const interactive = settings.input && (await hasTerminal());
    const view = (stream: 'stdout' | 'stderr') => this.#view(stream, settings);
    const say = async (line: (view: View) => string) => {
      if (!settings.quiet) this.#tell(line(await view('stderr')));
    };
    const services = this.#services(settings, interactive, defaults.values.refreshEvery);
    const adopt: App['adopt'] = (drawing) => {
      this.#progress = drawing;
      return drawing;
    };
    return {
      settings,
      defaults,
      environment,
      streams: lazyStreams,
      interactive,
      signal: this.#interruption.signal,
      services: services.connections,
      backends: services.backends,
      sealer: services.sealer,
      inspectCatalog: () => this.#inspectCatalog(settings),
      inspectMetadata: async () => (await import('./catalog/health.ts')).inspectMetadata(settings.home),
      inspectHandedFiles: (fix) => this.#inspectHandedFiles(fix),
      isAtWork,
      drafts: async () =>
        (await import('./catalog/draft-files.ts')).draftFiles({ home: settings.home, isAtWork }),
      runProgram: (request) => this.#runProgram(request),
      view,
      print: async (answer) => {
        for await (const chunk of renderChunks(settings.output, answer, await view('stdout'), settings))
          await write(chunk);
      },
      write,
      done: (sentence) => say(({ theme }) => doneLine(sentence, theme)),
      warn: (sentence, fix) =>
        say(({ theme, columns }) => warningLine(sentence, theme, fix ?? null, columns)),
      progress: (text) => {
        const about = {
          stream: process.stderr,
          enabled: process.stderr.isTTY === true && !settings.plain,
          quiet: settings.quiet,
        };
        return adopt(startProgress(text, about));
      },
      adopt,
    };
  }

  /** Read-only where anything is wrong; what can be opened is looked at through its own connection, which sees more. */
  async #inspectCatalog(settings: Settings): Promise<CatalogFinding[]> {
    const { inspectCatalog } = await import('./catalog/health.ts');
    const findings = await inspectCatalog(settings.home);
    const sound = findings.every(({ status, code }) => status === 'ok' && code !== 'catalog_absent');
    return sound ? (await this.#openCatalog(settings)).health() : findings;
  }

  async #inspectHandedFiles(fix: boolean): Promise<DoctorFinding[]> {
    const { inspectLeftDirectories } = await import('./handover/left-files.ts');
    return inspectLeftDirectories(this.#environment, fix);
  }

  async #runProgram(request: ProgramRequest): Promise<ProgramEnd> {
    const { runProgram } = await import('./handover/run-program.ts');
    // It may run for hours, and the catalog is done with.
    await this.#catalog?.close();
    this.#catalog = null;
    this.#interruption.signal.throwIfAborted();
    for (const name of endingSignals) process.off(name, this.#interrupt);
    this.#handedOver = true;
    return runProgram(request, this.#environment);
  }

  async #openCatalog(settings: Settings): Promise<SqliteCatalog> {
    if (this.#catalog === null) {
      const { openCatalog } = await import('./catalog/sqlite-catalog.ts');
      this.#catalog = openCatalog({ home: settings.home });
    }
    return this.#catalog;
  }

  async #openMetadata(settings: Settings): Promise<SqliteMetadataStore> {
    if (this.#metadata === null) {
      const { openMetadata } = await import('./catalog/metadata-store.ts');
      this.#metadata = openMetadata({ home: settings.home, isAtWork });
    }
    return this.#metadata;
  }

  async #view(stream: 'stdout' | 'stderr', settings: Settings): Promise<View> {
    const terminal = process[stream].isTTY === true;
    const color = wantsColor({ env: this.#environment, isTerminal: terminal, flag: settings.color });
    return {
      columns: columnsOf(process[stream]),
      theme: await themeFor({ color }),
      now: new Date(),
      terminal,
    };
  }

  #services(settings: Settings, interactive: boolean, refreshEvery: number | 'off' | null): Services {
    const environment = this.#environment;
    const signal = this.#interruption.signal;
    const askFor = async (purpose: VaultPurpose, opens: 'vault' | 'export') => {
      const { askPassphrase } = await import('./screens/passphrase.ts');
      const { theme } = await this.#view('stderr', settings);
      // A spinner would be drawn into the question.
      this.#progress?.pause();
      try {
        const { stdin, stderr } = process;
        const asking = { stdin, stderr, signal, theme, plain: settings.plain };
        return await askPassphrase(asking, purpose, opens);
      } finally {
        this.#progress?.resume();
      }
    };
    return makeServices({
      environment,
      interactive,
      signal,
      ...(interactive && {
        askPassphrase: (purpose: VaultPurpose) => askFor(purpose, 'vault'),
        askExportPassphrase: (purpose: ExportPurpose) => askFor(purpose, 'export'),
      }),
      ...(refreshEvery !== null && { refreshEveryMs: refreshEvery === 'off' ? null : refreshEvery }),
      catalog: () => this.#openCatalog(settings),
      metadata: () => this.#openMetadata(settings),
      notice: (text) => {
        if (!settings.quiet) this.#tell(warningLine(text, plainTheme, null, columnsOf(process.stderr)));
      },
    });
  }

  /** Above what is being drawn, where something is. */
  #tell(line: string): void {
    if (this.#progress) this.#progress.print(line);
    else process.stderr.write(line);
  }

  async #fail(error: unknown, argv: readonly string[]): Promise<number> {
    const known = error instanceof JackfieldError ? error : null;
    const shown = known ?? defect();
    if (known instanceof InterruptedError) this.#sayInterrupted(argv);
    else {
      const color = { env: this.#environment, isTerminal: process.stderr.isTTY === true };
      const flag = this.#settings?.color ?? (argv.includes('--no-color') ? false : undefined);
      const theme = await themeFor({ color: wantsColor({ ...color, flag }) });
      this.#say(shown, argv, theme);
    }
    if (this.#settings?.debug || argv.includes('--debug')) {
      const { debugText } = await import('./output/debug.ts');
      process.stderr.write(debugText(error));
    }
    if (known instanceof ProgramError) return programExits[known.code] ?? exitCodes.defect;
    const exit = known && errorExits.find(([type]) => known instanceof type);
    return exit ? exit[1] : exitCodes.defect;
  }

  /** On a terminal `^C` stands there already. */
  #sayInterrupted(argv: readonly string[]): void {
    if (process.stderr.isTTY !== true) this.#say(new InterruptedError(), argv, plainTheme);
  }

  #say(error: ShownError, argv: readonly string[], theme: Theme): void {
    const json = this.#settings ? this.#settings.output === 'json' : asksForJson(argv);
    process.stderr.write(
      json ? errorJson(error) : errorText(error, { theme, columns: columnsOf(process.stderr) }),
    );
  }
}

function columnsOf({ isTTY, columns }: NodeJS.WriteStream): number {
  return isTTY === true ? columns || 80 : Number.POSITIVE_INFINITY;
}

function exitOf(verdict: Verdict): number {
  if (typeof verdict === 'string') return verdict === 'said-no' ? exitCodes.saidNo : exitCodes.done;
  return 'exitCode' in verdict ? verdict.exitCode : signalExit + verdict.signal;
}

/** Whether there is a terminal to read from and one to ask on. */
async function hasTerminal(): Promise<boolean> {
  // Pipes and files, which scripts have there, are told without loading anything.
  if (!fstatSync(0).isCharacterDevice() || !fstatSync(2).isCharacterDevice()) return false;
  const { areTerminals } = await import('./cli/terminals.ts');
  return areTerminals(0, 2);
}

/** The process's streams, each made by Node when it is first asked for. */
const lazyStreams: App['streams'] = {
  get stdin() {
    return process.stdin;
  },
  get stdout() {
    return process.stdout;
  },
  get stderr() {
    return process.stderr;
  },
};

/** What was asked for is done, but a full disk or the like took the answer. */
function answerLost({ code }: NodeJS.ErrnoException): ShownError {
  return {
    code: 'answer_lost',
    message: `the answer can't be written to standard output (${code ?? 'no reason'})`,
    fix: 'check what standard output leads to',
  };
}

function defect(): ShownError {
  return {
    code: 'defect',
    message: 'this is a defect in jackfield, not something you did',
    fix: 'run it again with --debug and report what it prints',
  };
}

/** The command line without the words behind "--", which are another program's. */
function ownWords(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  return end < 0 ? argv : argv.slice(0, end);
}

/** Before the flags could be read, what the command line seems to ask for. */
function asksForJson(argv: readonly string[]): boolean {
  const output = argv.indexOf('--output');
  return (
    argv.includes('--json') || argv.includes('--output=json') || (output >= 0 && argv[output + 1] === 'json')
  );
}

function write(text: string): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write(text, () => resolve());
  });
}

/** Waits until everything written so far was handed over: process.exit does not. */
function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => resolve());
  });
}
