import { isAbsolute, join } from 'node:path';
import type { SecretSource } from '../connections/connection.ts';
import { SecretError, UsageError } from '../connections/errors.ts';
import type { ReferenceResolver } from '../connections/secret-store.ts';
import { outputOf } from './command-output.ts';
import { Secret } from './secret.ts';
import { secretText } from './secret-text.ts';
import { readSmallFile, whyUnreadable } from './small-file.ts';
import { splitWords } from './words.ts';

/** A source that is a reference; `reference` is the whole of it, kind included: `env:ORDERS_PASSWORD`. */
export type ReferenceSource = Extract<SecretSource, { reference: string }>;

const maxBytes = 64 * 1024;

/**
 * Reads a reference: `env:VARIABLE`, `file:PATH` (absolute, or `~/…`) or `cmd:PROGRAM ARGUMENT…`
 * (split by {@link splitWords}, no shell).
 *
 * @throws UsageError bad_reference; its message does not hold the text, which may be a password that
 * was given by mistake
 */
export function parseReference(text: string): ReferenceSource {
  const kind = kindOf(text);
  const target = kind === null ? '' : text.slice(kind.length + 1);
  if (kind === null) throw badReference('it begins with neither env:, file: nor cmd:');
  if (target.includes('\0')) throw badReference('it holds a NUL character');
  if (kind === 'env' && !/^[A-Za-z_][A-Za-z0-9_]*$/.test(target)) {
    throw badReference('what follows env: is not the name of a variable');
  }
  if (kind === 'file' && !isAbsolute(target) && !/^~\/./.test(target)) {
    throw badReference('the path after file: must begin with / or ~/');
  }
  if (kind === 'cmd' && !splitWords(target)?.[0]) {
    throw badReference('what follows cmd: is not a program with its arguments, or a quote is left open');
  }
  return { kind, reference: text };
}

export interface ReferenceSettings {
  /** Where `env:` looks, what `~` is (HOME), and what `cmd:` hands on, without JACKFIELD_*. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Ends a program that is running. */
  readonly signal: AbortSignal;
  /** Shows what a program says on stderr: for a terminal, where it may have to say "touch your key". */
  readonly showsStderr: boolean;
  /** How long a program may take, in milliseconds; 30 seconds when left out. */
  readonly timeoutMs?: number;
}

/**
 * Resolves references, each once a run. A message names the variable, the path or the program, never
 * a program's arguments.
 */
export class References implements ReferenceResolver {
  readonly #settings: ReferenceSettings;
  readonly #resolved = new Map<string, Promise<Secret>>();

  constructor(settings: ReferenceSettings) {
    this.#settings = settings;
  }

  /**
   * @throws SecretError reference_missing, reference_failed, reference_empty; UsageError bad_reference;
   * InterruptedError
   */
  resolve(source: ReferenceSource): Promise<Secret> {
    const known = this.#resolved.get(source.reference);
    if (known !== undefined) return known;
    const resolving = this.#read(source.reference);
    this.#resolved.set(source.reference, resolving);
    return resolving;
  }

  async #read(reference: string): Promise<Secret> {
    const { kind } = parseReference(reference);
    const target = reference.slice(kind.length + 1);
    if (kind === 'env') return this.#fromVariable(target);
    return kind === 'file' ? this.#fromFile(target) : this.#fromProgram(target);
  }

  #fromVariable(name: string): Secret {
    const text = this.#settings.environment[name];
    if (text === undefined) throw missing(`the variable ${name} is not set`, `set ${name}`);
    return nonEmpty(text, `the variable ${name}`);
  }

  async #fromFile(path: string): Promise<Secret> {
    const { bytes } = await readSmallFile(this.#expandHome(path), maxBytes).catch((error: unknown) => {
      const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      if (isMissing) throw missing(`the file ${path} does not exist`, `write the password to ${path}`);
      throw failed(`the file ${path} ${whyUnreadable(error)}`, error);
    });
    return fromBytes(bytes, `the file ${path}`);
  }

  async #fromProgram(commandLine: string): Promise<Secret> {
    const [program = '', ...words] = splitWords(commandLine) ?? [];
    const { environment, signal, showsStderr, timeoutMs = 30_000 } = this.#settings;
    const handedOn = Object.entries(environment).filter(([name]) => !/^JACKFIELD_/i.test(name));
    const outcome = await outputOf(program, words, {
      environment: Object.fromEntries(handedOn),
      signal,
      showsStderr,
      timeoutMs,
      maxBytes,
    });
    if (outcome.kind === 'not-found') {
      throw missing(`the program ${program} can't be found`, `install ${program}, or write its whole path`);
    }
    if (outcome.kind === 'failed') throw failed(`the program ${program} ${outcome.why}`);
    return fromBytes(outcome.bytes, `the program ${program}`);
  }

  #expandHome(path: string): string {
    if (!path.startsWith('~/')) return path;
    const home = this.#settings.environment.HOME ?? this.#settings.environment.USERPROFILE;
    if (!home) throw failed(`the file ${path} can't be found, because HOME is not set`);
    return join(home, path.slice(2));
  }
}

function kindOf(text: string): ReferenceSource['kind'] | null {
  if (text.startsWith('env:')) return 'env';
  if (text.startsWith('file:')) return 'file';
  return text.startsWith('cmd:') ? 'cmd' : null;
}

function fromBytes(bytes: Uint8Array, what: string): Secret {
  const text = secretText(bytes);
  if (text === null) throw failed(`${what} gives something that is not UTF-8 text`);
  return nonEmpty(text, what);
}

function nonEmpty(text: string, what: string): Secret {
  if (text !== '') return new Secret(text);
  throw new SecretError({
    code: 'reference_empty',
    message: `${what} gives an empty password`,
    fix: 'give it one; where there is none say --no-password, or leave secret: out of the file',
  });
}

function missing(message: string, fix: string): SecretError {
  return new SecretError({ code: 'reference_missing', message, fix });
}

function failed(message: string, cause?: unknown): SecretError {
  return new SecretError({
    code: 'reference_failed',
    message,
    fix: 'run it yourself and see, or name another source with --password-ref, or secret: in the file',
    cause,
  });
}

function badReference(why: string): UsageError {
  return new UsageError({
    code: 'bad_reference',
    message: `that is not a reference to a secret: ${why}`,
    fix: 'write env:VARIABLE, file:/PATH or "cmd:PROGRAM ARGUMENT…"',
  });
}
