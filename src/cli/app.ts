import type { CatalogFinding } from '../connections/catalog.ts';
import type { ExportSealer } from '../connections/exchange/sealing.ts';
import type { FormDrafts } from '../connections/form-drafts.ts';
import type { ProgramEnd, ProgramRequest } from '../connections/hand-over.ts';
import type { DoctorFinding } from '../connections/reports.ts';
import type { SecretBackends } from '../connections/secret-backends.ts';
import type { ConnectionServices } from '../connections/services.ts';
import type { Answer, View } from '../output/answer.ts';
import type { Drawing, Progress } from '../output/progress.ts';
import type { ReadDefaults } from './config/defaults.ts';
import type { Settings } from './settings.ts';

/** The streams of the program, and whether a person sits at them. */
interface Streams {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

/**
 * What a verb's run function works with. Main makes it after the flags were read; everything in it
 * that costs something is made when it is first asked for.
 */
export interface App {
  readonly settings: Settings;
  /** What the environment and the file say where no flag does. */
  readonly defaults: ReadDefaults;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly streams: Streams;
  /** Whether a person may be asked: a terminal to read from and one to ask on, and no --no-input. */
  readonly interactive: boolean;
  /** Ends what is going on when the user interrupts. */
  readonly signal: AbortSignal;
  readonly services: ConnectionServices;
  readonly backends: SecretBackends;
  readonly sealer: ExportSealer;
  /** The catalog's own health, told also when it can't be opened. */
  inspectCatalog(): Promise<CatalogFinding[]>;
  /** The health of the cache of metadata; nothing where there is none. */
  inspectMetadata(): Promise<CatalogFinding[]>;
  /** What forms held that was not saved. */
  drafts(): Promise<FormDrafts>;
  /** Whether the process `host:pid` may still be running. */
  isAtWork(owner: string): boolean;
  /** Looks for credentials that a program which was killed has left; removes them where asked. */
  inspectHandedFiles(fix: boolean): Promise<DoctorFinding[]>;
  /**
   * Runs a program in our place, with our streams; from now on signals are its business.
   * @throws ProgramError
   */
  runProgram(request: ProgramRequest): Promise<ProgramEnd>;
  /** How answers are shown on stdout, and notices on stderr. */
  view(stream: 'stdout' | 'stderr'): Promise<View>;
  /** Writes to stdout, nothing else does: the answer. */
  print(answer: Answer): Promise<void>;
  /** Writes text that is safe already to stdout, piece by piece: for live displays. */
  write(text: string): Promise<void>;
  /** Says on stderr what was done; silent with --quiet. */
  done(sentence: string): Promise<void>;
  /** Warns on stderr; silent with --quiet. */
  warn(sentence: string, fix?: string): Promise<void>;
  progress(text: string): Progress;
  /** Takes what draws on stderr in another way: it makes way for questions and notices. */
  adopt<T extends Drawing>(drawing: T): T;
}

/**
 * How a run ended, where it did not throw: `said-no` is a check whose answer is no (exit 1); a program
 * that was run in our place speaks for us.
 */
export type Verdict = 'done' | 'said-no' | ProgramEnd;
