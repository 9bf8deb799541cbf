import { type Diagnosis, said } from './fault-detail.ts';

/** Of the rung tls. */
export const tlsDiagnoses = {
  tls_not_supported: {
    stage: 'tls',
    message: (d) => `the server does not speak TLS, which sslmode ${d.sslMode} asks for`,
    fix: () => 'turn ssl on in the server; only for a trusted network: --ssl-mode disable',
  },
  tls_required: {
    stage: 'tls',
    message: (d) => `the server takes no session in the clear, as sslmode ${d.sslMode} makes it: ${said(d)}`,
    fix: () => 'turn TLS on: --ssl-mode require, or verify-full with --ssl-root-cert',
  },
  tls_handshake_failed: {
    stage: 'tls',
    message: (d) => `the TLS handshake failed (${d.text})`,
    fix: () => 'check the TLS versions both sides allow, and whether the server wants a client certificate',
  },
  tls_version_refused: {
    stage: 'tls',
    message: (d) => `this connection and the server have no TLS version in common (${d.text})`,
    fix: () => 'compare ssl_min_protocol_version and ssl_max_protocol_version of both sides',
  },
  tls_direct_refused: {
    stage: 'tls',
    message: (d) => `the server does not take TLS without asking first (${d.text})`,
    fix: () => 'sslnegotiation=direct needs PostgreSQL 17: use --option sslnegotiation=postgres',
  },
  tls_client_refused: {
    stage: 'tls',
    message: (d) => `the server refused the client certificate, or wants one (${d.text})`,
    fix: () => 'give a certificate of an authority that the server trusts: --ssl-cert FILE',
  },
  tls_untrusted: {
    stage: 'tls',
    message: (d) => `the server's certificate is not signed by the given root (${d.text})`,
    fix: () => 'pass the root certificate of your provider or server: --ssl-root-cert FILE',
  },
  tls_wrong_host: {
    stage: 'tls',
    message: (d) => `the server's certificate is not for ${d.host} (${d.text})`,
    fix: () => 'connect by a name that the certificate holds; or, where any will do, --ssl-mode verify-ca',
  },
  tls_expired: {
    stage: 'tls',
    message: () => "the server's certificate has expired",
    fix: () => 'renew the certificate on the server, and check the clock of this machine',
  },
  tls_not_yet_valid: {
    stage: 'tls',
    message: () => "the server's certificate is not valid yet",
    fix: () => 'check the clock of this machine and of the one that made the certificate',
  },
  tls_revoked: {
    stage: 'tls',
    message: () => "the server's certificate was revoked",
    fix: () => 'put a valid certificate on the server; do not go on with this one',
  },
  tls_root_missing: {
    stage: 'tls',
    message: (d) => `sslmode ${d.sslMode} needs a root certificate, and none is given`,
    fix: () => 'pass --ssl-root-cert FILE, or --ssl-root-cert system with verify-full',
  },
  tls_bad_certificate_file: {
    stage: 'tls',
    message: (d) => `a certificate or key of this connection can't be used (${d.text})`,
    fix: () => 'check that the files are PEM, belong together, and that the key’s password is right',
  },
} as const satisfies Record<string, Diagnosis>;
