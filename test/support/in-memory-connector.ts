import type { Endpoint, ProviderPreset, TestResult } from '../../src/connections/connection.ts';
import type {
  Connector,
  DescribeRequest,
  DiscoverRequest,
  ForeignEndpoint,
  ParsedUrl,
  ProbeRequest,
  ProbeResult,
} from '../../src/connections/connector.ts';
import { InterruptedError, UsageError } from '../../src/connections/errors.ts';
import type { HandOver } from '../../src/connections/hand-over.ts';
import type { OpenQueryRequest, QuerySession, SqlScript } from '../../src/connections/query-port.ts';
import type { SecretItem } from '../../src/connections/secret-store.ts';
import { stages } from '../../src/connections/vocabulary.ts';
import type { SqlStep, StructureChange } from '../../src/metadata/diff.ts';
import type { RelationDetails, RelationFacts } from '../../src/metadata/discovery.ts';
import type { StructureFacts, StructurePiece, StructureReading } from '../../src/metadata/structure.ts';
import { Secret } from '../../src/secrets/secret.ts';
import { InMemoryCdc } from './in-memory-cdc.ts';
import { InMemoryPasswords } from './in-memory-passwords.ts';

/** What a server answers: a result, or what makes one of the request. */
export type Scripted<Request, Result> = Result | ((request: Request) => Result | Promise<Result>);

/** A database's structure as a server of the tests tells it. */
export interface FoundStructure {
  readonly facts: StructureFacts;
  readonly pieces: readonly StructurePiece[];
}

const shared = { connector: 'memory', connectorTitle: 'Memory', status: 'available' } as const;

/**
 * A connector for unit tests that dials nobody. Its servers are scripted, each answer for one call; a
 * call that no test expects fails. What it is sent it keeps.
 */
export class InMemoryConnector implements Connector {
  readonly name = 'memory';
  readonly cdc = new InMemoryCdc();
  readonly passwords = new InMemoryPasswords();
  readonly presets: readonly ProviderPreset[] = [
    {
      ...shared,
      provider: 'cloud',
      title: 'Cloud',
      roles: ['source', 'destination'],
      defaults: { port: 6543, database: 'clouddb', schema: 'app', sslMode: 'require' },
      needs: { source: 'nothing', destination: 'nothing' },
    },
    {
      ...shared,
      provider: 'self-hosted',
      title: 'Self-hosted',
      roles: ['source', 'destination'],
      defaults: { port: 5432, database: null, schema: 'public', sslMode: 'prefer' },
      needs: { source: 'nothing', destination: 'nothing' },
    },
  ];
  readonly probes: ProbeRequest[] = [];
  readonly discoveries: DiscoverRequest[] = [];
  readonly descriptions: DescribeRequest[] = [];
  readonly queries: OpenQueryRequest[] = [];
  /** Paths that {@link checkFiles} finds fault with. */
  readonly unreadableFiles = new Set<string>();
  readonly #probeScripts = new Map<string, Scripted<ProbeRequest, ProbeResult>[]>();
  readonly #descriptionScripts = new Map<string, Scripted<DescribeRequest, RelationDetails>[]>();
  readonly #discoveryScripts = new Map<string, Scripted<DiscoverRequest, FoundStructure>[]>();

  /** The answer to the next probe of this host; several are given in turn. */
  willProbe(host: string, ...answers: Scripted<ProbeRequest, ProbeResult>[]): void {
    this.#probeScripts.set(host, [...(this.#probeScripts.get(host) ?? []), ...answers]);
  }

  willDiscover(host: string, ...answers: Scripted<DiscoverRequest, FoundStructure>[]): void {
    this.#discoveryScripts.set(host, [...(this.#discoveryScripts.get(host) ?? []), ...answers]);
  }

  willDescribe(host: string, ...answers: Scripted<DescribeRequest, RelationDetails>[]): void {
    this.#descriptionScripts.set(host, [...(this.#descriptionScripts.get(host) ?? []), ...answers]);
  }

  parseUrl(text: string): ParsedUrl {
    const parts = /^memory:\/\/(?:([^:@]+)(?::([^@]*))?@)?([^:/@]+)(?::(\d+))?(?:\/(.+))?$/.exec(text);
    if (!parts) throw new UsageError({ code: 'bad_url', message: 'that is not a URL of memory', fix: null });
    const [, username, password, host = '', port, database] = parts;
    return {
      endpoint: {
        host,
        ...(username !== undefined && { username }),
        ...(port !== undefined && { port: Number(port) }),
        ...(database !== undefined && { database }),
      },
      password: password === undefined ? null : new Secret(password),
      sslKeyPassword: null,
    };
  }

  readForeign(said: string | ReadonlyMap<string, string>): ForeignEndpoint {
    if (typeof said === 'string') return { ...this.parseUrl(said), leftOut: [] };
    const port = said.get('port');
    const names = { host: 'host', dbname: 'database', user: 'username' } as const;
    const fields = Object.entries(names).map(([name, field]) => [field, said.get(name)] as const);
    return {
      endpoint: {
        ...Object.fromEntries(fields.filter(([, value]) => value !== undefined)),
        ...(port !== undefined && { port: Number(port) }),
      },
      password: null,
      sslKeyPassword: null,
      leftOut: [...said.keys()].filter((name) => name === 'tuning'),
    };
  }

  async diffSql(changes: readonly StructureChange[]): Promise<SqlStep[][]> {
    return changes.map(({ kind }) => [{ order: 0, text: `${kind};` }]);
  }

  providerOf(host: string): string {
    return host.endsWith('.cloud.example') ? 'cloud' : 'self-hosted';
  }

  checkEndpoint(endpoint: Endpoint): void {
    if (endpoint.host !== '' && !/\s/.test(endpoint.host)) return;
    throw new UsageError({ code: 'bad_host', message: 'the host is empty or holds a blank', fix: null });
  }

  async checkFiles({ sslRootCert, sslCert, sslKey, sslCrl }: Endpoint): Promise<void> {
    for (const path of [sslRootCert, sslCert, sslKey, sslCrl]) {
      if (path === null || !this.unreadableFiles.has(path)) continue;
      throw new UsageError({ code: 'bad_ssl_file', message: `${path} can not be read`, fix: null });
    }
  }

  async probe(request: ProbeRequest): Promise<ProbeResult> {
    this.probes.push(request);
    const result = await answer(this.#probeScripts, 'probe', request);
    for (const stage of result.stages) request.onStage?.(stage);
    return result;
  }

  async discover(request: DiscoverRequest): Promise<StructureReading> {
    this.discoveries.push(request);
    const { facts, pieces } = await answer(this.#discoveryScripts, 'discovery', request);
    const { former, chooses } = request;
    const isSame = former?.identity === facts.identity && former.fingerprint === facts.fingerprint;
    if (isSame && facts.fingerprint !== null) return { facts, unchanged: true };
    const left = pieces.filter(({ part, content }) => {
      if (part !== 'relation') return false;
      const { schema, name } = content as RelationFacts;
      return chooses?.(schema, name) === false;
    });
    const leftOut = new Set(left.map(({ oid }) => oid));
    await request.sink.begin();
    await request.sink.write(pieces.filter(({ part, oid }) => part === 'type' || !leftOut.has(oid)));
    await request.sink.retain(new Set());
    return { facts, unchanged: false };
  }

  async describe(request: DescribeRequest): Promise<RelationDetails> {
    this.descriptions.push(request);
    return answer(this.#descriptionScripts, 'description', request);
  }

  async readScript(source: string): Promise<SqlScript> {
    const statement = { text: source, values: [], placeOf: (index: number) => index };
    return { source, statements: [statement] };
  }

  quoteName(name: string): string {
    return /^\w+$/.test(name) ? name : JSON.stringify(name);
  }

  async isOpen(source: string): Promise<boolean> {
    return !source.trimEnd().endsWith(';');
  }

  /** A session that answers nothing. */
  async openQuery(request: OpenQueryRequest): Promise<QuerySession> {
    this.queries.push(request);
    return { run: async () => {}, isOver: false, close: () => {} };
  }

  readonly plainOptions = ['channel_binding'];

  readOptions(text: string): Record<string, string> {
    return Object.fromEntries(new URLSearchParams(text));
  }

  formatOptions(options: Readonly<Record<string, string>>): string {
    return new URLSearchParams(options).toString();
  }

  readonly environmentNames = ['MEMORY_HOST'];

  handOver(endpoint: Endpoint, { password }: SecretItem): HandOver {
    const files = password ? [{ name: 'password', content: password, variable: 'MEMORY_FILE' }] : [];
    return { variables: { MEMORY_HOST: endpoint.host }, files, complaint: null };
  }

  formatUrl({ host, port, database, username }: Endpoint, { password }: SecretItem): Secret {
    return new Secret(`memory://${username}:${password?.reveal() ?? ''}@${host}:${port}/${database}`);
  }

  parametersOf({ host, port, database, username }: Endpoint): Map<string, string> {
    return new Map(Object.entries({ host, port: String(port), dbname: database, user: username }));
  }
}

async function answer<Request extends ProbeRequest | DiscoverRequest | DescribeRequest, Result>(
  scripts: Map<string, Scripted<Request, Result>[]>,
  what: string,
  request: Request,
): Promise<Result> {
  const { host } = request.endpoint;
  if (request.signal.aborted) throw new InterruptedError();
  const next = scripts.get(host)?.shift();
  if (next === undefined) throw new Error(`no test expects a ${what} of ${host}`);
  const result = typeof next === 'function' ? await (next as (it: Request) => Result)(request) : next;
  if (request.signal.aborted) throw new InterruptedError();
  return result;
}

/** A probe on which every rung passed, or all until the one that decided. */
export function probed(
  status: TestResult['status'] = 'passed',
  telling: Partial<TestResult['stages'][number]> = {},
): ProbeResult {
  const decisive = stages.indexOf(telling.stage ?? (status === 'warned' ? 'tls' : 'authenticate'));
  return {
    status,
    durationMs: 12,
    stages: stages.map((stage, index) => {
      const bare = { stage, durationMs: 1, code: null, message: null, fix: null };
      if (status === 'passed' || index < decisive) return { ...bare, status: 'passed' };
      if (index > decisive) return { ...bare, status: status === 'failed' ? 'skipped' : 'passed' };
      return { ...bare, status, code: 'telling', message: 'this rung decided', ...telling };
    }),
    server:
      status === 'failed'
        ? null
        : { version: '18.1', provider: 'cloud', recovery: false, readOnly: false, tls: null },
  };
}

/** Answers when the test's signal says so, as a server that is waited for. */
export function untilAborted(request: ProbeRequest): Promise<never> {
  return new Promise((_resolve, reject) => {
    request.signal.addEventListener('abort', () => reject(new InterruptedError()), { once: true });
  });
}
