import { beforeAll, describe, expect, test } from 'vitest';
import { createCa, type Issued, issue } from '../support/certificates.ts';
import {
  asksFor,
  auth,
  behindTls,
  keyData,
  md5Answer,
  ready,
  type ServerScript,
  scramExchange,
  startHostileServer,
} from '../support/hostile-server.ts';
import { newScript } from '../support/script.ts';
import { saveScripted, scriptedUser } from '../support/scripted-connection.ts';

/*
 * Row 12 of what must hold: a second connection keeps to the same policy as the first. The attacks of
 * rows 3 to 7, 9, 10 and 15, which hostile-server.test.ts plays against a test, are played against
 * `connections discover`, by the real program.
 */

const password = 'canary-12-ünïcode';

let certificate: Issued;
let caFile: string;
let otherCaFile: string;

beforeAll(async () => {
  const ca = await createCa();
  certificate = await issue({ ca, hosts: ['127.0.0.1'] });
  caFile = ca.certFile;
  otherCaFile = (await createCa({ name: 'another authority' })).certFile;
});

const overTls = (script: ServerScript) => behindTls(() => certificate, script);

/** A server that knows of SCRAM what it needs to lie. */
const scram =
  (iterations: number, ...last: readonly Buffer[]): ServerScript =>
  async (peer) => {
    await peer.startUp();
    peer.write(auth.sasl('SCRAM-SHA-256'));
    await scramExchange(peer, 'it does not know', { iterations });
    peer.write(...last);
    await peer.left;
  };

interface Attack {
  readonly row: number;
  readonly what: string;
  readonly script: ServerScript;
  readonly flags: () => readonly string[];
  readonly code: string;
  /** Whether a SCRAM proof is sent, which tells nothing without 4096 rounds for each guess. */
  readonly proves?: boolean;
}

const inTheClear = () => ['--ssl-mode', 'disable'];
const encrypted = () => ['--ssl-mode', 'require'];

const attacks: readonly Attack[] = [
  {
    row: 3,
    what: 'asks for the password without TLS',
    script: asksFor(auth.cleartext),
    flags: inTheClear,
    code: 'auth_cleartext_refused',
  },
  {
    row: 4,
    what: 'asks for MD5 where SCRAM is required',
    script: overTls(asksFor(auth.md5)),
    flags: () => [...encrypted(), '--option', 'require_auth=scram-sha-256'],
    code: 'auth_method_refused',
  },
  {
    row: 4,
    what: 'asks for the password where SCRAM is required',
    script: overTls(asksFor(auth.cleartext)),
    flags: () => [...encrypted(), '--option', 'require_auth=scram-sha-256'],
    code: 'auth_method_refused',
  },
  {
    row: 5,
    what: 'leaves out the last message of SCRAM',
    script: scram(4096, auth.ok, keyData, ready),
    flags: inTheClear,
    code: 'auth_scram_refused',
    proves: true,
  },
  {
    row: 6,
    what: 'lets us in without a question',
    script: asksFor(auth.ok, keyData, ready),
    flags: inTheClear,
    code: 'password_not_asked',
  },
  { row: 7, what: 'asks for one round', script: scram(1), flags: inTheClear, code: 'auth_scram_refused' },
  {
    row: 7,
    what: 'asks for a thousand million rounds',
    // What it would have to compute itself is not waited for.
    script: async (peer) => {
      await peer.startUp();
      peer.write(auth.sasl('SCRAM-SHA-256'));
      await scramExchange(peer, '', { serverFirst: (nonce) => `r=${nonce}x,s=c2FsdA==,i=1000000000` });
    },
    flags: inTheClear,
    code: 'auth_scram_refused',
  },
  {
    row: 9,
    what: 'has a certificate of another authority',
    script: overTls(asksFor(auth.cleartext)),
    flags: () => ['--ssl-mode', 'verify-full', '--ssl-root-cert', otherCaFile],
    code: 'tls_untrusted',
  },
  {
    row: 10,
    what: 'denies TLS where it is required',
    script: async (peer) => {
      await peer.readPacket();
      peer.write(Buffer.from('N'));
      await peer.left;
    },
    flags: () => ['--ssl-mode', 'verify-full', '--ssl-root-cert', caFile],
    code: 'tls_not_supported',
  },
  {
    row: 15,
    what: 'offers SCRAM without channel binding where that is required',
    script: overTls(asksFor(auth.sasl('SCRAM-SHA-256'))),
    flags: () => [...encrypted(), '--option', 'channel_binding=require'],
    code: 'channel_binding_missing',
  },
];

describe('12: a discovery is no softer than a test, when a server', () => {
  test.each(attacks.map((attack) => [attack.row, attack.what, attack] as const))(
    '%i: %s',
    async (_row, _what, { script, flags, code, proves = false }) => {
      const server = await startHostileServer(script);
      const by = newScript();
      await saveScripted(by, { ...server, password, flags: flags() });
      const refused = await by.refused(7)`connections discover Scripted --timeout 5s`;
      expect(refused.code).toBe(code);
      expect(server.mistakes()).toEqual([]);
      expect(server.visits).toBe(1);
      const sent = server.received();
      expect(sent.includes(password)).toBe(false);
      expect(sent.includes(md5Answer(scriptedUser, password))).toBe(false);
      expect(sent.includes(',p=')).toBe(proves);
    },
  );
});
