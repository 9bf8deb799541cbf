import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { App } from '../../../src/cli/app.ts';
import { type EndpointFlags, readEndpointFlags, speaksOfEndpoint } from '../../../src/cli/endpoint-flags.ts';
import { inMemoryServices } from '../../support/connection-services.ts';
import { InMemoryConnector } from '../../support/in-memory-connector.ts';

interface Surroundings {
  readonly environment?: Record<string, string>;
  readonly stdin?: string | Buffer;
  readonly isTerminal?: boolean;
  /** What the files hold that --password-file names, by absolute path. */
  readonly files?: Record<string, string>;
}

/** What reading the flags needs of the app, and nothing else. */
function surroundings({ environment = {}, stdin = '', isTerminal = false, files = {} }: Surroundings): App {
  const services = inMemoryServices();
  for (const [path, text] of Object.entries(files)) services.variables.set(`file:${path}`, text);
  const stream = Object.assign(Readable.from(stdin.length === 0 ? [] : [Buffer.from(stdin)]), {
    isTTY: isTerminal,
  });
  const parts = { environment, services, streams: { stdin: stream } };
  return new Proxy(parts as unknown as App, {
    get(app, name) {
      if (name in parts) return Reflect.get(app, name);
      throw new Error(`reading flags touched app.${String(name)}`);
    },
  });
}

async function read(flags: EndpointFlags, around: Surroundings = {}) {
  const answer = await readEndpointFlags(surroundings(around), new InMemoryConnector(), flags);
  const shown = (input: typeof answer.password) =>
    input?.kind === 'secret' ? { stored: input.secret.reveal() } : input;
  return {
    input: answer.input,
    password: shown(answer.password),
    sslKeyPassword: shown(answer.sslKeyPassword),
  };
}

const silent = { password: undefined, sslKeyPassword: undefined };

describe("the endpoint's flags", () => {
  it.each<[EndpointFlags, object]>([
    [{}, {}],
    [
      { host: 'db', port: 1, database: 'd', username: 'u' },
      { host: 'db', port: 1, database: 'd', username: 'u' },
    ],
    [
      { schema: 's', sslMode: 'require', option: { a: '1' } },
      { schema: 's', sslMode: 'require', options: { a: '1' } },
    ],
    [
      { sslRootCert: 'system', sslCert: '', sslKey: '' },
      { sslRootCert: 'system', sslCert: null, sslKey: null },
    ],
    [
      { sslRootCert: 'root.pem', sslCert: '/c.pem', sslKey: './k.pem', sslCrl: 'system' },
      {
        sslRootCert: resolve('root.pem'),
        sslCert: '/c.pem',
        sslKey: resolve('k.pem'),
        sslCrl: resolve('system'),
      },
    ],
    [{ url: 'memory://u@db:7/d' }, { host: 'db', port: 7, database: 'd', username: 'u' }],
    [
      { url: 'memory://db', username: 'u', option: { a: '1' } },
      { host: 'db', username: 'u', options: { a: '1' } },
    ],
  ])('%j', async (flags, input) => {
    expect(await read(flags)).toEqual({ input, ...silent });
  });

  it('take a URL with its password from a variable or standard input', async () => {
    const url = 'memory://u:hunter2@db/d';
    const expected = {
      input: { host: 'db', username: 'u', database: 'd' },
      password: { stored: 'hunter2' },
      sslKeyPassword: undefined,
    };
    expect(await read({ urlEnv: 'DATABASE_URL' }, { environment: { DATABASE_URL: url } })).toEqual(expected);
    expect(await read({ urlStdin: true }, { stdin: `${url}\n` })).toEqual(expected);
  });

  it.each<[string, EndpointFlags, Surroundings]>([
    ['password_in_argv', { url: 'memory://u:hunter2@db/d' }, {}],
    ['bad_url', { url: 'http://u:hunter2@db/d' }, {}],
    ['bad_url', { urlStdin: true }, { stdin: 'http://u:hunter2@db/d' }],
    ['reference_missing', { urlEnv: 'hunter2' }, {}],
    ['reference_missing', { urlEnv: 'hunter2' }, { environment: { hunter2: '' } }],
    ['conflicting_flags', { url: 'memory://db', urlStdin: true }, {}],
    ['conflicting_flags', { url: 'memory://db', urlEnv: 'A' }, { environment: { A: 'memory://db' } }],
    ['conflicting_flags', { urlStdin: true, passwordStdin: true }, { stdin: 'hunter2' }],
    ['conflicting_flags', { passwordStdin: true, sslKeyPasswordStdin: true }, { stdin: 'hunter2' }],
    ['conflicting_flags', { url: 'memory://db', host: 'db' }, {}],
    ['conflicting_flags', { url: 'memory://db:7', port: 8 }, {}],
    [
      'conflicting_flags',
      { urlEnv: 'A', passwordRef: 'env:B' },
      { environment: { A: 'memory://u:hunter2@db' } },
    ],
    ['conflicting_flags', { urlEnv: 'A', password: false }, { environment: { A: 'memory://u:hunter2@db' } }],
    ['conflicting_flags', { passwordEnv: 'A', passwordRef: 'env:A' }, { environment: { A: 'hunter2' } }],
    ['conflicting_flags', { passwordStdin: true, password: false }, { stdin: 'hunter2' }],
    [
      'conflicting_flags',
      { sslKeyPasswordEnv: 'A', sslKeyPasswordFile: 'f' },
      { environment: { A: 'hunter2' } },
    ],
    ['reference_missing', { passwordEnv: 'hunter2' }, {}],
    ['reference_missing', { passwordEnv: 'hunter2' }, { environment: { hunter2: '' } }],
    ['reference_missing', { passwordFile: '/no/such/file' }, {}],
    ['conflicting_flags', { passwordFile: '' }, {}],
    ['bad_reference', { passwordRef: 'hunter2' }, {}],
    ['bad_reference', { sslKeyPasswordRef: 'op://hunter2' }, {}],
    ['stdin_is_terminal', { passwordStdin: true }, { isTerminal: true }],
    ['stdin_is_terminal', { urlStdin: true }, { isTerminal: true }],
    ['bad_stdin', { passwordStdin: true }, { stdin: '' }],
    ['bad_stdin', { passwordStdin: true }, { stdin: '\n' }],
    ['bad_stdin', { passwordStdin: true }, { stdin: 'hunter2\0' }],
    ['bad_stdin', { passwordStdin: true }, { stdin: Buffer.from([0x68, 0xff]) }],
    ['bad_stdin', { passwordStdin: true }, { stdin: 'x'.repeat(64 * 1024 + 1) }],
  ])('are refused with %s, and nothing is repeated: %j', async (code, flags, around) => {
    const error: unknown = await read(flags, around).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code, fix: code === 'bad_url' ? null : expect.any(String) });
    expect(JSON.stringify([String(error), error])).not.toContain('hunter2');
  });
});

describe("the secrets' flags", () => {
  it.each<[EndpointFlags, Surroundings, object]>([
    [{ password: true }, {}, {}],
    [{ password: false }, {}, { password: { kind: 'none' } }],
    [{ passwordStdin: true }, { stdin: 'pässwörd\n' }, { password: { stored: 'pässwörd' } }],
    [{ passwordStdin: true }, { stdin: 'a\r\n' }, { password: { stored: 'a' } }],
    [{ passwordStdin: true }, { stdin: 'a\n\n' }, { password: { stored: 'a\n' } }],
    [{ passwordStdin: true }, { stdin: ' a ' }, { password: { stored: ' a ' } }],
    [{ passwordStdin: true }, { stdin: '\ufeffa\n' }, { password: { stored: 'a' } }],
    [{ passwordEnv: 'PW' }, { environment: { PW: 'a\n' } }, { password: { stored: 'a\n' } }],
    [{ passwordFile: '/run/pw' }, { files: { '/run/pw': 'a' } }, { password: { stored: 'a' } }],
    [{ passwordFile: 'pw' }, { files: { [resolve('pw')]: 'a' } }, { password: { stored: 'a' } }],
    [{ passwordRef: 'env:PW' }, {}, { password: { kind: 'env', reference: 'env:PW' } }],
    [{ passwordRef: 'cmd:pass a' }, {}, { password: { kind: 'cmd', reference: 'cmd:pass a' } }],
    [{ sslKeyPasswordStdin: true }, { stdin: 'k' }, { sslKeyPassword: { stored: 'k' } }],
    [{ sslKeyPasswordEnv: 'PW' }, { environment: { PW: 'k' } }, { sslKeyPassword: { stored: 'k' } }],
    [{ sslKeyPasswordFile: '/k' }, { files: { '/k': 'k' } }, { sslKeyPassword: { stored: 'k' } }],
    [
      { passwordRef: 'env:A', sslKeyPasswordRef: 'env:B' },
      {},
      { password: { kind: 'env', reference: 'env:A' }, sslKeyPassword: { kind: 'env', reference: 'env:B' } },
    ],
  ])('%j', async (flags, around, expected) => {
    expect(await read(flags, around)).toEqual({ input: {}, ...silent, ...expected });
  });
});

describe('whether flags speak of an endpoint', () => {
  const each: EndpointFlags[] = [
    { url: 'a' },
    { urlStdin: true },
    { urlEnv: 'A' },
    { host: 'a' },
    { port: 1 },
    { database: 'a' },
    { username: 'a' },
    { schema: 'a' },
    { sslMode: 'disable' },
    { sslRootCert: '' },
    { sslCert: 'a' },
    { sslKey: 'a' },
    { sslCrl: 'a' },
    { option: {} },
    { password: false },
    { passwordStdin: true },
    { passwordEnv: 'A' },
    { passwordFile: 'a' },
    { passwordRef: 'env:A' },
    { sslKeyPasswordStdin: true },
    { sslKeyPasswordEnv: 'A' },
    { sslKeyPasswordFile: 'a' },
    { sslKeyPasswordRef: 'env:A' },
  ];

  it.each(each)('%j does', (flags) => {
    expect(speaksOfEndpoint(flags)).toBe(true);
  });

  it('none of them does not, nor do others', () => {
    const others = { password: true, tag: ['a'], timeout: 5, test: true };
    expect(speaksOfEndpoint({})).toBe(false);
    expect(speaksOfEndpoint(others)).toBe(false);
  });
});
