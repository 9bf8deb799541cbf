import type { Secret } from '../../secrets/secret.ts';
import type { Role } from '../connection.ts';
import type { EndpointInput } from '../endpoint.ts';
import type { ReadReference } from '../file.ts';
import type { SecretInput } from '../secrets-of.ts';

/** Where in a file something stands. */
export interface Origin {
  /** As the user named it. */
  readonly file: string;
  /** Counted from 1; null where there are no lines. */
  readonly line: number | null;
}

/** What a file says of an endpoint: a URL of another program's, parameters by libpq's names, or our own fields. */
type ImportedTarget =
  | { readonly kind: 'url'; readonly url: Secret }
  | { readonly kind: 'parameters'; readonly values: ReadonlyMap<string, string> }
  | { readonly kind: 'endpoint'; readonly input: EndpointInput };

/** A connection that a file describes, before it is checked. */
export interface ImportedEntry {
  readonly kind: 'entry';
  /** As the file has it; it is made valid and unique later. */
  readonly name: string;
  readonly origin: Origin;
  /** Only our own file knows it. */
  readonly role?: Role;
  readonly target: ImportedTarget;
  /** Undefined: the file says nothing, or the target holds it. */
  readonly password?: SecretInput;
  readonly sslKeyPassword?: SecretInput;
  /** What `--schema` is of ours. */
  readonly schema?: string;
  readonly tags?: readonly string[];
  /** What the name was made of, where the file has none: `named after PGDATABASE`. */
  readonly namedAfter?: string;
  /** What of the entry is not taken over, each a sentence's part: `the role "etl"`. */
  readonly leftOut: readonly string[];
}

/** What is not imported, and why: wrong, or of another kind of database. */
interface NotImported {
  readonly kind: 'bad' | 'skipped';
  readonly name: string;
  readonly origin: Origin;
  /** A sentence; it holds no value of the file's. */
  readonly message: string;
}

export type ImportedItem = ImportedEntry | NotImported;

/** A YAML or JSON file: what it says and where. */
export interface DataFile {
  readonly value: unknown;
  /** The line on which the key or item of a path stands. */
  lineOf(path: readonly (string | number)[]): number | null;
  /** A scalar as it is written, without quotes: `0123` is no number here. Null where there is none. */
  textOf(path: readonly (string | number)[]): string | null;
}

/** What a format's reader is given. */
export interface ImportInput {
  readonly file: string;
  readonly text: string;
  /** The file as YAML or JSON. @throws UsageError bad_file */
  data(): Promise<DataFile>;
  /** Where the format's own variables are looked up. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The file with the passwords that belongs to this one; null where there is none. */
  companion(): Promise<Buffer | null>;
  readonly readReference: ReadReference;
  /** The text was sealed, so that secrets stand in it. */
  readonly sealed: boolean;
}

/** A format that can be imported. */
export interface ImportFormat {
  /** As `--from` takes it. */
  readonly name: string;
  /** For help and messages. */
  readonly title: string;
  /** Whether a file looks like it. */
  detects(fileName: string, text: string): boolean;
  /** @throws UsageError bad_file when nothing of it can be read */
  read(input: ImportInput): Promise<ImportedItem[]>;
}
