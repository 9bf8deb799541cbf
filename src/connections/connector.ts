import type { CdcConnector } from '../cdc/port.ts';
import type { SqlStep, StructureChange } from '../metadata/diff.ts';
import type { RelationDetails } from '../metadata/discovery.ts';
import type { FormerStructure, StructureReading, StructureSink } from '../metadata/structure.ts';
import type { Secret } from '../secrets/secret.ts';
import type { Endpoint, ProviderPreset, Role, StageResult, TableName, TestResult } from './connection.ts';
import type { HandOver } from './hand-over.ts';
import type { OpenQueryRequest, QuerySession, SqlScript } from './query-port.ts';
import type { RolePasswords } from './role-password.ts';
import type { SecretItem } from './secret-store.ts';

/** What a pasted URL or keyword/value string says; what it leaves out is absent. */
export interface ParsedUrl {
  readonly endpoint: Partial<Omit<Endpoint, 'connector'>>;
  readonly password: Secret | null;
  readonly sslKeyPassword: Secret | null;
}

/** What another program's URL or parameters say. */
export interface ForeignEndpoint extends ParsedUrl {
  /** The names of what only tunes that program. */
  readonly leftOut: readonly string[];
}

/** How long and how far a conversation with a server may go. */
export interface DialLimits {
  /** The whole of it, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface ProbeRequest extends DialLimits {
  readonly endpoint: Endpoint;
  readonly secrets: SecretItem;
  readonly role: Role;
  /** The tables that pipelines use, which alone are judged then; null: all that the schema holds. */
  readonly tables: readonly TableName[] | null;
  /** Called as each rung is done, in order, for a live display. */
  readonly onStage?: (result: StageResult) => void;
}

/** A probe's outcome: a test result that does not know whose it is. */
export type ProbeResult = Omit<TestResult, 'connection'>;

export interface DiscoverRequest extends DialLimits {
  readonly endpoint: Endpoint;
  readonly secrets: SecretItem;
  readonly sink: StructureSink;
  /** What was read last; null: nothing, or all is to be read anew. */
  readonly former: FormerStructure | null;
  /** Which relations are read; absent or null: all that the user may see. */
  readonly chooses?: ((schema: string, name: string) => boolean) | null;
}

export interface DescribeRequest extends DialLimits {
  readonly endpoint: Endpoint;
  readonly secrets: SecretItem;
  readonly relation: TableName;
  /** Partitions that are told of one by one. */
  readonly mostLeaves: number;
}

/**
 * A kind of database. Methods that dial trust no server: bounded bytes and time, and no secret over
 * a channel that the endpoint's policy does not allow.
 */
export interface Connector {
  /** What `connector` says in JSON: `postgres`. */
  readonly name: string;
  readonly presets: readonly ProviderPreset[];
  /** Change data capture. */
  readonly cdc: CdcConnector;
  /** The passwords of its roles. */
  readonly passwords: RolePasswords;

  /**
   * Reads a URL or keyword/value string. @throws UsageError bad_url; its message never holds the
   * input, which may hold a password
   */
  parseUrl(url: string): ParsedUrl;

  /**
   * Reads options as they are typed in a line of text, and refuses one that is no option.
   * @throws UsageError bad_option; its message holds no value
   */
  readOptions(text: string): Readonly<Record<string, string>>;

  /** The line of text that {@link Connector.readOptions} reads back; empty where there is none. */
  formatOptions(options: Readonly<Record<string, string>>): string;

  /** The options whose values are words of a list, numbers or addresses: no secret fits in them. */
  readonly plainOptions: readonly string[];

  /** Reads a URL as other programs write it, or parameters by the names its own use. @throws UsageError bad_url */
  readForeign(said: string | ReadonlyMap<string, string>): ForeignEndpoint;

  /** Who hosts it, told from the host name alone; `self-hosted` when nothing tells. */
  providerOf(host: string): string;

  /**
   * Refuses an endpoint that can never be dialled: an unknown option, a value out of its range, a
   * combination that contradicts itself. Reads no file. @throws UsageError
   */
  checkEndpoint(endpoint: Endpoint): void;

  /**
   * Refuses an endpoint whose named files (certificates, key) can't be read or are open to others,
   * before anything is dialled. @throws UsageError
   */
  checkFiles(endpoint: Endpoint): Promise<void>;

  /** The staged test. Never throws for what the server or network does; InterruptedError on abort. */
  probe(request: ProbeRequest): Promise<ProbeResult>;

  /**
   * Reads the structure into the sink, only what was changed where a former reading is given.
   * @throws ServerError; InterruptedError; what the sink throws
   */
  discover(request: DiscoverRequest): Promise<StructureReading>;

  /**
   * Asks for what is told of one relation when it is wanted: sizes, definitions, policies, grants.
   * @throws ServerError, relation_gone and relation_locked among them; UsageError; InterruptedError
   */
  describe(request: DescribeRequest): Promise<RelationDetails>;

  /** For each change the steps that make it in the database as it was; none where another one's do. */
  diffSql(changes: readonly StructureChange[]): Promise<readonly (readonly SqlStep[])[]>;

  /**
   * Reads a text of this database's language into its statements, values by name bound in place of
   * `:name`. @throws UsageError
   */
  readScript(source: string, parameters: ReadonlyMap<string, string>): Promise<SqlScript>;

  /** A name as the language writes it, in quotes where it needs them. */
  quoteName(name: string): string;

  /** Whether a text ends within a statement: a prompt asks for more of it then. */
  isOpen(source: string): Promise<boolean>;

  /** Opens a session for scripts. @throws ServerError, UsageError, InterruptedError */
  openQuery(request: OpenQueryRequest): Promise<QuerySession>;

  /** The variables that its programs take an endpoint or credentials from. */
  readonly environmentNames: readonly string[];

  /** What its programs need to dial an endpoint, secrets in files alone. */
  handOver(endpoint: Endpoint, secrets: SecretItem): HandOver;

  /** The URL of an endpoint, with the secrets in it. {@link Connector.parseUrl} reads it back. */
  formatUrl(endpoint: Endpoint, secrets: SecretItem): Secret;

  /** An endpoint by the names its programs use, without a secret. */
  parametersOf(endpoint: Endpoint): ReadonlyMap<string, string>;
}

/** The connectors this build has. */
export interface ConnectorRegistry {
  /** Names, in the order they are shown. */
  readonly names: readonly string[];
  /** Loads a connector. @throws UsageError unknown_connector */
  load(name: string): Promise<Connector>;
}
