import type { z } from 'zod';
import type { filePipelineSchema } from '../pipelines/file-schema.ts';
import type { EndpointInput } from './endpoint.ts';
import { UsageError } from './errors.ts';
import { nameAt, placeOf, wrongness } from './file-issue.ts';
import { trimmedName } from './names.ts';
import { connectionFileSchema, type fileConnectionSchema } from './schema.ts';
import type { SecretInput, SecretInputs } from './secrets-of.ts';

/** One connection of a file, as the schema reads it. */
export type FileConnection = z.infer<typeof fileConnectionSchema>;

/** One pipeline of a file. */
export type FilePipeline = z.infer<typeof filePipelineSchema>;

/** Reads a reference of a file: `env:VAR`, `file:PATH`, `cmd:PROGRAM ARG…`. @throws UsageError bad_reference */
export type ReadReference = (text: string) => Extract<SecretInput, { reference: string }>;

/** What a file holds; undefined where it has no such list. */
export interface FileContent {
  readonly connections: FileConnection[] | undefined;
  readonly pipelines: FilePipeline[] | undefined;
}

/** The connections of {@link parseFile}. @throws UsageError bad_file */
export function parseConnectionFile(content: unknown, source: string): FileConnection[] {
  return parseFile(content, source).connections ?? [];
}

/**
 * Checks the content of a file of connections and pipelines, YAML or JSON already parsed.
 * @param source the file's name, for the message
 * @throws UsageError bad_file naming the place, never the value, which may be a slip of a password
 */
export function parseFile(content: unknown, source: string): FileContent {
  if (content === null || content === undefined) {
    // A file that came out empty by mistake must not prune everything.
    throw badFile(`${source} is empty`, 'write connections: [] in it where that is meant');
  }
  const parsed = connectionFileSchema.safeParse(content);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue ? placeOf(issue.path) : 'the file';
    const whose = issue ? nameAt(content, issue.path) : '';
    throw badFile(
      `${where} of ${source}${whose} ${issue ? wrongness(issue, content) : 'is not as it should be'}`,
      'jackfield schema connectionFile prints what a file may hold',
    );
  }
  const { connections, pipelines } = parsed.data;
  refuseNamedTwice(connections, source, 'connection');
  refuseNamedTwice(pipelines, source, 'pipeline');
  return { connections, pipelines };
}

function refuseNamedTwice(
  entries: readonly { readonly name: string }[] | undefined,
  source: string,
  what: string,
): void {
  const seen = new Set<string>();
  for (const { name } of entries ?? []) {
    const kept = trimmedName(name);
    if (seen.has(kept))
      throw badFile(`${source} names ${JSON.stringify(kept)} twice`, `give each ${what} its own name`);
    seen.add(kept);
  }
}

/** The endpoint's part of an entry; absent stays absent, so that presets fill it. */
export function endpointInputOf(entry: FileConnection): EndpointInput {
  const input: EndpointInput = { connector: entry.connector, host: entry.host, username: entry.username };
  if (entry.port !== undefined) input.port = entry.port;
  if (entry.database !== undefined) input.database = entry.database;
  if (entry.schema !== undefined) input.schema = entry.schema;
  if (entry.sslMode !== undefined) input.sslMode = entry.sslMode;
  if (entry.options !== undefined) input.options = entry.options;
  for (const field of ['sslRootCert', 'sslCert', 'sslKey', 'sslCrl'] as const) {
    if (entry[field] !== undefined) input[field] = entry[field];
  }
  return input;
}

/** What an entry says of a secret; undefined where it says nothing. @throws UsageError bad_reference */
export function secretInputOf(
  text: string | null | undefined,
  readReference: ReadReference,
): SecretInput | undefined {
  if (text === undefined) return undefined;
  return text === null ? { kind: 'none' } : readReference(text);
}

/** Has what is refused of an entry say which one it is. @throws what the work throws */
export async function ofEntry<T>({ name }: FileConnection, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof UsageError) || error.message.includes(JSON.stringify(name))) throw error;
    const { code, message, fix, excerpt } = error;
    throw new UsageError({
      code,
      message: `${JSON.stringify(name)}: ${message}`,
      fix,
      excerpt,
      cause: error,
    });
  }
}

/** What an entry says of its secrets; nothing said is no secret. @throws UsageError bad_reference */
export function secretInputsOf(entry: FileConnection, readReference: ReadReference): SecretInputs {
  const none = { kind: 'none' as const };
  return {
    password: secretInputOf(entry.secret, readReference) ?? none,
    sslKeyPassword: secretInputOf(entry.sslKeyPassword, readReference) ?? none,
  };
}

function badFile(message: string, fix: string): UsageError {
  return new UsageError({ code: 'bad_file', message, fix });
}
