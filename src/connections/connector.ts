import type { Discovery } from '../metadata/discovery.ts';
import type { Secret } from '../secrets/secret.ts';
import type { Endpoint, ProviderPreset, Role, StageResult, TableName, TestResult } from './connection.ts';
import type { SecretItem } from './secret-store.ts';

/** What a pasted URL or keyword/value string says; what it leaves out is absent. */
export interface ParsedUrl {
  readonly endpoint: Partial<Omit<Endpoint, 'connector'>>;
  readonly password: Secret | null;
  readonly sslKeyPassword: Secret | null;
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
}

/**
 * A kind of database. Methods that dial trust no server: bounded bytes and time, and no secret over
 * a channel that the endpoint's policy does not allow.
 */
export interface Connector {
  /** What `connector` says in JSON: `postgres`. */
  readonly name: string;
  readonly presets: readonly ProviderPreset[];

  /**
   * Reads a URL or keyword/value string. @throws UsageError bad_url; its message never holds the
   * input, which may hold a password
   */
  parseUrl(url: string): ParsedUrl;

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

  /** Reads the structure. @throws ServerError, InterruptedError */
  discover(request: DiscoverRequest): Promise<Omit<Discovery, 'connection'>>;
}

/** The connectors this build has. */
export interface ConnectorRegistry {
  /** Names, in the order they are shown. */
  readonly names: readonly string[];
  /** Loads a connector. @throws UsageError unknown_connector */
  load(name: string): Promise<Connector>;
}
