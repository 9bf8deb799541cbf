import type { Command } from 'commander';
import { SecretError, type UsageError } from '../connections/errors.ts';
import type { SecretInput } from '../connections/secrets-of.ts';
import { parseReference } from '../secrets/references.ts';
import { Secret } from '../secrets/secret.ts';
import type { App } from './app.ts';
import { cannotGoTogether } from './conflicting-flags.ts';
import { readSecretFromStdin } from './standard-input.ts';
import { readVariableName } from './values.ts';

/** The flags that give the password and what opens the client key, as commander reads them. */
export interface SecretFlags {
  passwordStdin?: boolean;
  passwordEnv?: string;
  passwordFile?: string;
  passwordRef?: string;
  /** False with --no-password. */
  password?: boolean;
  sslKeyPasswordStdin?: boolean;
  sslKeyPasswordEnv?: string;
  sslKeyPasswordFile?: string;
  sslKeyPasswordRef?: string;
}

/**
 * Declares them. There is no flag that takes a password as its value, and there will be none.
 * @param stores whether what they give is saved with the connection, or used this once
 */
export function declareSecretFlags(command: Command, stores: boolean): void {
  const now = stores ? ' now and store it' : ', for this run';
  command
    .option(
      '--password-stdin',
      `read the password from standard input${stores ? ' and store it' : ', for this run'}`,
    )
    .option(
      '--password-env <variable>',
      `take the password from a variable${now}`,
      readVariableName('--password-env'),
    )
    .option('--password-file <file>', `take the password from a file${now}`)
    .option(
      '--password-ref <reference>',
      `${stores ? 'store no password but where it is' : 'take the password from where it is'}: env:VAR, file:PATH, cmd:PROGRAM ARG…`,
    )
    .option('--no-password', 'there is no password')
    .option('--ssl-key-password-stdin', 'read what opens the client key from standard input')
    .option(
      '--ssl-key-password-env <variable>',
      `take it from a variable${now}`,
      readVariableName('--ssl-key-password-env'),
    )
    .option('--ssl-key-password-file <file>', `take it from a file${now}`)
    .option(
      '--ssl-key-password-ref <reference>',
      stores ? 'store only where it is' : 'take it from where it is',
    );
}

interface Sources {
  readonly flag: '--password' | '--ssl-key-password';
  readonly stdin: boolean;
  readonly env: string | undefined;
  readonly file: string | undefined;
  readonly ref: string | undefined;
  readonly none: boolean;
}

/**
 * The password as the flags give it; undefined when they don't speak of it.
 * @throws UsageError conflicting_flags, bad_reference, bad_stdin; SecretError for what can't be read
 */
export function readPasswordFlags(app: App, flags: SecretFlags): Promise<SecretInput | undefined> {
  return readSources(app, {
    flag: '--password',
    stdin: flags.passwordStdin === true,
    env: flags.passwordEnv,
    file: flags.passwordFile,
    ref: flags.passwordRef,
    none: flags.password === false,
  });
}

/** What opens the client key, as {@link readPasswordFlags}. */
export function readKeyPasswordFlags(app: App, flags: SecretFlags): Promise<SecretInput | undefined> {
  return readSources(app, {
    flag: '--ssl-key-password',
    stdin: flags.sslKeyPasswordStdin === true,
    env: flags.sslKeyPasswordEnv,
    file: flags.sslKeyPasswordFile,
    ref: flags.sslKeyPasswordRef,
    none: false,
  });
}

/** The flags that read standard input, of which there may be one. @throws UsageError conflicting_flags */
export function refuseTwoStdins(flags: SecretFlags & { urlStdin?: boolean }): void {
  const readers = [
    flags.urlStdin && '--url-stdin',
    flags.passwordStdin && '--password-stdin',
    flags.sslKeyPasswordStdin && '--ssl-key-password-stdin',
  ].filter((name) => typeof name === 'string');
  if (readers.length > 1) throw conflict(readers, 'only one of them can read standard input');
}

async function readSources(app: App, sources: Sources): Promise<SecretInput | undefined> {
  const { flag, stdin, env, file, ref, none } = sources;
  const given = [
    stdin && `${flag}-stdin`,
    env !== undefined && `${flag}-env`,
    file !== undefined && `${flag}-file`,
    ref !== undefined && `${flag}-ref`,
    none && `--no-password`,
  ].filter((name) => typeof name === 'string');
  if (given.length > 1) throw conflict(given, 'a password comes from one place');
  if (none) return { kind: 'none' };
  if (ref !== undefined) return parseReference(ref);
  if (stdin) return { kind: 'secret', secret: await readSecretFromStdin(app, `${flag}-stdin`) };
  if (env !== undefined) return { kind: 'secret', secret: readVariable(app, flag, env) };
  if (file !== undefined) return { kind: 'secret', secret: await readFileNow(app, flag, file) };
  return undefined;
}

function readVariable(app: App, flag: string, name: string): Secret {
  const value = app.environment[name];
  if (value !== undefined && value !== '') return new Secret(value);
  throw new SecretError({
    code: 'reference_missing',
    // Not by its name, which may be a slip of the password itself: `--password-env "$PASSWORD"`.
    message: `the variable that ${flag}-env names is ${value === undefined ? 'not set' : 'empty'}`,
    fix: `set it, and give its name without a "$": ${flag}-env ORDERS_PASSWORD`,
  });
}

/** A file is read by the resolver of references, which knows its bounds and errors. */
async function readFileNow(app: App, flag: string, path: string): Promise<Secret> {
  const { resolve } = await import('node:path');
  if (path === '') throw conflict([`${flag}-file`], 'it needs the path of a file');
  return app.services.references.resolve({ kind: 'file', reference: `file:${resolve(path)}` });
}

function conflict(flags: readonly string[], why: string): UsageError {
  return cannotGoTogether(flags.join(' and '), why, 'leave all but one out');
}
