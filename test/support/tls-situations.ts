import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import type { Endpoint } from '../../src/connections/connection.ts';
import { sslModes } from '../../src/connections/vocabulary.ts';
import { type Ca, createCa, createCrl, type Issued, issue } from './certificates.ts';
import { type OwnServer, specialRoles } from './postgres.ts';
import type { Situation } from './tls-matrix.ts';

/** Roles of the situations beside the special ones, all with this password. */
export const reader = { name: 'reader', password: 'reader-4c1d' } as const;
/** Comes in with a client certificate over TLS, and with a password in the clear. */
const eitherWay = 'either_way';
/** Comes in with a password over TLS, and without any question in the clear. */
const openInTheClear = 'open_in_the_clear';

/** Rules of pg_hba.conf for those roles, to start a server with. */
export const situationRules = [
  `hostssl all ${eitherWay} samehost cert`,
  `hostnossl all ${eitherWay} samehost scram-sha-256`,
  `hostssl all ${openInTheClear} samehost scram-sha-256`,
  `hostnossl all ${openInTheClear} samehost trust`,
].join('\n');

export async function createSituationRoles(server: OwnServer): Promise<void> {
  await server.createRole(reader);
  for (const name of [eitherWay, openInTheClear]) await server.createRole({ ...reader, name });
}

const withTls = sslModes.filter((mode) => mode !== 'disable');
const nowhere = '/nowhere/at/all.pem';
const day = 24 * 60 * 60 * 1000;

function situation(
  server: string,
  client: string,
  endpoint: Partial<Endpoint>,
  more: Partial<Situation> = {},
): Situation {
  return { server, client, endpoint, password: reader.password, ...more };
}

function endpointAt({ port }: OwnServer, fields: Partial<Endpoint> = {}): Partial<Endpoint> {
  return { host: 'localhost', port, database: 'postgres', username: reader.name, ...fields };
}

/** A client's certificate and key as an endpoint names them. */
function identity({ certFile, keyFile }: Issued): Partial<Endpoint> {
  return { sslCert: certFile, sslKey: keyFile };
}

/** Situations that share the certificate of their server. */
export interface CertificateGroup {
  /** Null: the server has no TLS. */
  readonly certificate: Issued | null;
  readonly situations: readonly Situation[];
}

/** The certificate of the server against the root and the revocation list of the connection. */
export async function certificateGroups(server: OwnServer, clear: OwnServer): Promise<CertificateGroup[]> {
  const { ca } = server;
  const hosts = ['localhost'];
  const root = { sslRootCert: ca.certFile };
  const other = await createCa({ name: 'another authority' });
  const anotherRoot = { sslRootCert: other.certFile };
  const at = (fields: Partial<Endpoint> = {}) => endpointAt(server, fields);
  const against = (name: string, own: Partial<Endpoint>) => [
    situation(name, 'no root', at()),
    situation(name, 'its root', at(own)),
    situation(name, 'another root', at(anotherRoot)),
  ];
  const good = await issue({ ca, hosts });
  const listOf = async (authority: Ca, revoked: Issued[] = []) => ({
    sslCrl: await createCrl(authority, revoked),
  });
  const selfSigned = await issue({ hosts });
  return [
    {
      certificate: null,
      situations: [
        situation('no TLS', 'no root', endpointAt(clear)),
        situation('no TLS', 'root', endpointAt(clear, root)),
      ],
    },
    {
      certificate: good,
      situations: [
        ...against('good certificate', root),
        situation('good certificate', 'root file missing', at({ sslRootCert: nowhere }), {
          stricter: [{ modes: ['allow', 'prefer', 'require'], reason: 'a named file' }],
        }),
        situation('good certificate', 'its root, list of none', at({ ...root, ...(await listOf(ca)) })),
        situation('good certificate', 'its root, list missing', at({ ...root, sslCrl: nowhere }), {
          stricter: [{ modes: withTls, reason: 'a named file' }],
        }),
        situation('good certificate', 'its root, another’s list', at({ ...root, ...(await listOf(other)) })),
        situation('revoked', 'its root', at(root)),
        situation('revoked', 'its root, list', at({ ...root, ...(await listOf(ca, [good])) })),
        situation('revoked', 'no root, list', at(await listOf(ca, [good]))),
      ],
    },
    {
      certificate: selfSigned,
      situations: against('self-signed', { sslRootCert: selfSigned.certFile }),
    },
    {
      certificate: await issue({ ca, hosts: ['db.example.com'] }),
      situations: against('for another host', root),
    },
    {
      certificate: await issue({ ca, hosts, notAfter: new Date(Date.now() - 60_000) }),
      situations: against('expired', root).slice(0, 2),
    },
    {
      certificate: await issue({ ca, hosts, notBefore: new Date(Date.now() + day) }),
      situations: against('not valid yet', root).slice(0, 2),
    },
    ...(await chainGroups(ca, at)),
  ];
}

async function chainGroups(
  ca: Ca,
  at: (fields: Partial<Endpoint>) => Partial<Endpoint>,
): Promise<CertificateGroup[]> {
  const between = await createCa({ name: 'between', issuer: ca });
  const chain = await issue({ ca: between, hosts: ['localhost'] });
  const [leaf = ''] = chain.certPem.split(/(?<=-----END CERTIFICATE-----\n)/);
  const bundle = joined(between.certFile, ca.certFile);
  const [listBetween, listRoot] = [await createCrl(between, []), await createCrl(ca, [])];
  const root = { sslRootCert: ca.certFile };
  const alone = { sslRootCert: between.certFile };
  return [
    {
      certificate: chain,
      situations: [
        situation('chain of three', 'root', at(root)),
        situation('chain of three', 'intermediate as root', at(alone)),
        situation('chain of three', 'root, list of one', at({ ...root, sslCrl: listBetween })),
        situation(
          'chain of three',
          'root, lists of both',
          at({ ...root, sslCrl: joined(listBetween, listRoot) }),
        ),
      ],
    },
    {
      certificate: { ...chain, certPem: leaf },
      situations: [
        situation('intermediate not sent', 'root', at(root)),
        situation('intermediate not sent', 'root and intermediate', at({ sslRootCert: bundle })),
        situation('intermediate not sent', 'intermediate as root', at(alone)),
      ],
    },
  ];
}

function joined(first: string, second: string): string {
  const file = `${first}.joined`;
  writeFileSync(file, readFileSync(first, 'utf8') + readFileSync(second, 'utf8'), { mode: 0o600 });
  return file;
}

/** The server's rules for the user (pg_hba.conf). Its certificate is good, and its root is given. */
export async function ruleSituations(server: OwnServer): Promise<Situation[]> {
  const { ca } = server;
  const of = (username: string, client: string, what: string, more: Partial<Situation> = {}) => {
    const { endpoint = {}, ...others } = more;
    const fields = { sslRootCert: ca.certFile, username, ...endpoint };
    return situation(what, client, endpointAt(server, fields), others);
  };
  const special = (key: keyof typeof specialRoles, what: string, more: Partial<Situation> = {}) =>
    of(specialRoles[key].name, 'password', what, { password: specialRoles[key].password, ...more });
  const certified = (
    username: string,
    client: string,
    what: string,
    certificate: Issued | null,
    more: Partial<Situation> = {},
  ) => {
    const { password, ...bare } = of(username, client, what, more);
    const files = certificate === null ? {} : identity(certificate);
    const given = more.password === undefined ? bare : { ...bare, password };
    return { ...given, endpoint: { ...bare.endpoint, ...files } };
  };
  const withoutPassword = (username: string, what: string) => certified(username, 'no password', what, null);
  const { certificate, certificateAndPassword, trusted } = specialRoles;
  const own = await issue({ ca, client: certificate.name });
  const somebody = await issue({ ca, client: 'somebody_else' });
  const both = await issue({ ca, client: certificateAndPassword.name });
  const either = await issue({ ca, client: eitherWay });
  const { password } = certificateAndPassword;
  return [
    special('tlsOnly', '`hostssl` only'),
    special('plainOnly', '`hostnossl` only'),
    special('noEntry', 'no rule for the user'),
    of(reader.name, 'password', '`scram-sha-256`'),
    of(reader.name, 'wrong password', '`scram-sha-256`', { password: 'wrong' }),
    withoutPassword(reader.name, '`scram-sha-256`'),
    special('md5', '`md5`'),
    special('clearText', '`password`', {
      stricter: [{ modes: ['disable', 'allow'], reason: 'a password in the clear' }],
    }),
    special('trusted', '`trust`', { stricter: [{ modes: sslModes, reason: 'not asked' }] }),
    withoutPassword(trusted.name, '`trust`'),
    certified(certificate.name, 'no certificate', '`cert`', null),
    certified(certificate.name, 'certificate', '`cert`', own),
    certified(certificate.name, 'certificate of another user', '`cert`', somebody),
    certified(certificateAndPassword.name, 'password', '`clientcert`, password', null, { password }),
    certified(certificateAndPassword.name, 'certificate, password', '`clientcert`, password', both, {
      password,
    }),
    certified(eitherWay, 'certificate', 'TLS: `cert`, clear: password', either),
    certified(eitherWay, 'certificate, password', 'TLS: `cert`, clear: password', either, {
      password: reader.password,
      stricter: [{ modes: ['prefer', 'require', 'verify-ca', 'verify-full'], reason: 'not asked' }],
    }),
    of(eitherWay, 'password', 'TLS: `cert`, clear: password', {
      stricter: [{ modes: ['prefer'], reason: 'a refused user' }],
    }),
    withoutPassword(openInTheClear, 'TLS: password, clear: `trust`'),
    of(openInTheClear, 'wrong password', 'TLS: password, clear: `trust`', {
      password: 'wrong',
      stricter: [
        { modes: ['disable', 'allow'], reason: 'not asked' },
        { modes: ['prefer'], reason: 'a refused password' },
      ],
    }),
  ];
}

/** The files of the client's certificate, to a server that takes one and does not need it. */
export async function fileSituations(server: OwnServer): Promise<Situation[]> {
  const { ca } = server;
  const own = await issue({ ca, client: reader.name });
  const another = await issue({ ca, client: reader.name });
  const encrypted = await issue({ ca, client: reader.name, keyPassphrase: 'open sesame' });
  const open = await issue({ ca, client: reader.name });
  chmodSync(open.keyFile, 0o644);
  const stranger = await issue({ ca: await createCa({ name: 'strangers' }), client: reader.name });
  const of = (client: string, files: Partial<Endpoint>, more: Partial<Situation> = {}) =>
    situation(
      'good certificate',
      client,
      endpointAt(server, { sslRootCert: ca.certFile, ...identity(own), ...files }),
      more,
    );
  const unusable = { stricter: [{ modes: ['prefer'], reason: 'our own files' }] } as const;
  return [
    of('certificate and key', {}),
    of(
      'certificate missing',
      { sslCert: nowhere },
      { stricter: [{ modes: withTls, reason: 'a named file' }] },
    ),
    of(
      'key missing',
      { sslKey: nowhere },
      { stricter: [{ modes: ['allow', 'prefer'], reason: 'a named file' }] },
    ),
    of('key open to others (0644)', identity(open), {
      stricter: [{ modes: ['allow', 'prefer'], reason: 'a named file' }],
    }),
    of('key of another certificate', { sslKey: another.keyFile }, unusable),
    of('encrypted key, its password', identity(encrypted), { keyPassword: 'open sesame' }),
    of('encrypted key, wrong password', identity(encrypted), { keyPassword: 'wrong', ...unusable }),
    of('encrypted key, no password', identity(encrypted)),
    of('certificate of an unknown authority', identity(stranger)),
    of(
      'the same, TLSv1.2',
      { ...identity(stranger), options: { ssl_max_protocol_version: 'TLSv1.2' } },
      unusable,
    ),
  ];
}
