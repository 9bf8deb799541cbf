import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { SecretError } from '../../connections/errors.ts';
import { formatOf, importFormats } from '../../connections/exchange/formats.ts';
import type { ImportedItem, ImportFormat } from '../../connections/exchange/imported.ts';
import { itemsOfVariables } from '../../connections/exchange/read-env.ts';
import { isSealed } from '../../connections/exchange/sealing.ts';
import type { App } from '../app.ts';
import { referenceReader } from '../connection-file.ts';
import { parseForeignData, readBytes, readTextFile } from '../read-file.ts';
import { readTextFromStdin } from '../standard-input.ts';

/** A file that is to be imported, and how. */
export interface ImportSource {
  /** A path, or `-` for standard input. */
  readonly file: string;
  /** A format's name; undefined: told from the file. */
  readonly from: string | undefined;
  /** The file with the passwords, where it is not in its usual place. */
  readonly credentials: string | undefined;
  readonly trustFile: boolean;
}

/**
 * Reads what a file describes.
 * @throws UsageError bad_file, unknown_format; SecretError for a sealed export that does not open
 */
export async function readImportFile(app: App, source: ImportSource): Promise<ImportedItem[]> {
  const { file } = source;
  const raw = file === '-' ? await readTextFromStdin(app) : await readTextFile(file);
  const sealed = isSealed(raw);
  const text = sealed ? await app.sealer.open(raw) : raw;
  const format = formatFrom(source, sealed, text);
  return format.read({
    file: file === '-' ? 'standard input' : file,
    text,
    data: () => parseForeignData(text, file),
    environment: app.environment,
    companion: () => companionOf(app, source, format),
    readReference: referenceReader(source.trustFile),
    sealed,
  });
}

/** Reads the URLs that variables of the environment hold. @throws SecretError reference_missing */
export function readImportVariables(app: App, names: readonly string[]): ImportedItem[] {
  return names.flatMap((name): ImportedItem[] => {
    const value = app.environment[name];
    if (!value) throw notSet(name, value === undefined ? 'not set' : 'empty');
    const origin = { file: 'the environment', line: null };
    const items = itemsOfVariables([{ name, value, line: null, unresolved: null }], origin.file);
    if (items.length > 0) return items;
    return [{ kind: 'bad', name, origin, message: 'the variable holds no URL of a database' }];
  });
}

function notSet(name: string, what: string): SecretError {
  return new SecretError({
    code: 'reference_missing',
    message: `the variable ${name} is ${what}`,
    fix: `set ${name}, or leave --url-env ${name} out`,
  });
}

function formatFrom({ file, from }: ImportSource, sealed: boolean, text: string): ImportFormat {
  const named = importFormats.find(({ name }) => name === (sealed ? 'jackfield' : from));
  return named ?? formatOf(basename(file), text);
}

/** The passwords beside a service file or DBeaver's; a password file that others may read is not taken, as libpq does not. */
async function companionOf(
  app: App,
  { file, credentials }: ImportSource,
  format: ImportFormat,
): Promise<Buffer | null> {
  const usual = usualCompanion(app, file, format);
  const path = credentials ?? usual;
  if (path === null) return null;
  const stats = await stat(path).catch(() => null);
  if (stats === null && credentials === undefined) return null;
  const isOpen = process.platform !== 'win32' && stats !== null && (stats.mode & 0o077) !== 0;
  if (isOpen && format.name === 'pg-service') {
    await app.warn(`${path} is open to its group or to others, and is not read`, `chmod 600 ${path}`);
    return null;
  }
  return readBytes(path);
}

function usualCompanion({ environment }: App, file: string, format: ImportFormat): string | null {
  if (format.name === 'dbeaver')
    return file === '-' ? null : join(dirname(resolve(file)), 'credentials-config.json');
  if (format.name !== 'pg-service') return null;
  const { PGPASSFILE, HOME } = environment;
  if (PGPASSFILE) return PGPASSFILE;
  return HOME ? join(HOME, '.pgpass') : null;
}
