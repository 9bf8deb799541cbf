import { Fault, type FaultCode, type FaultDetail } from './faults.ts';
import { isSupabaseDirect } from './provider-places.ts';
import { codeOfRefusal, codeOfStatementRefusal } from './server-words.ts';

/** The error fields that are read; of Node's system errors, OpenSSL's and pg's DatabaseError. */
interface ForeignError {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly reason?: unknown;
}

/** Node's and getaddrinfo's codes (errno(3), getaddrinfo(3)). */
const systemCodes: Readonly<Record<string, FaultCode>> = {
  ENOTFOUND: 'dns_not_found',
  EAI_NONAME: 'dns_not_found',
  EAI_NODATA: 'dns_not_found',
  EAI_AGAIN: 'dns_failed',
  EAI_FAIL: 'dns_failed',
  ECONNREFUSED: 'connection_refused',
  ENETUNREACH: 'host_unreachable',
  EHOSTUNREACH: 'host_unreachable',
  EADDRNOTAVAIL: 'host_unreachable',
  EACCES: 'socket_denied',
  EPERM: 'socket_denied',
  ENOENT: 'socket_missing',
  ENOTSOCK: 'socket_missing',
  ETIMEDOUT: 'connect_timeout',
  ECONNRESET: 'connection_closed',
  EPIPE: 'connection_closed',
};

/** What the same means for the host of a Supabase project, which has addresses of IPv6 alone. */
const supabaseCodes: Partial<Record<FaultCode, FaultCode>> = {
  dns_not_found: 'supabase_name_without_ipv4',
  host_unreachable: 'supabase_ipv6_unreachable',
};

/** OpenSSL's verification results as Node names them (tls, X.509 certificate error codes). */
const certificateCodes: Readonly<Record<string, FaultCode>> = {
  CERT_HAS_EXPIRED: 'tls_expired',
  CERT_NOT_YET_VALID: 'tls_not_yet_valid',
  CERT_REVOKED: 'tls_revoked',
  ERR_TLS_CERT_ALTNAME_INVALID: 'tls_wrong_host',
  ERR_TLS_CERT_ALTNAME_FORMAT: 'tls_wrong_host',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'tls_untrusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'tls_untrusted',
  UNABLE_TO_GET_ISSUER_CERT: 'tls_untrusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'tls_untrusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'tls_untrusted',
  UNABLE_TO_GET_CRL: 'tls_untrusted',
  CERT_SIGNATURE_FAILURE: 'tls_untrusted',
  CERT_UNTRUSTED: 'tls_untrusted',
  CERT_REJECTED: 'tls_untrusted',
  INVALID_CA: 'tls_untrusted',
  INVALID_PURPOSE: 'tls_untrusted',
  CRL_HAS_EXPIRED: 'tls_untrusted',
  CRL_SIGNATURE_FAILURE: 'tls_untrusted',
};

/** OpenSSL's errors of a handshake that tell what to do, as Node names them; alerts: RFC 8446, section 6. */
const handshakeCodes: Readonly<Record<string, FaultCode>> = {
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'tls_version_refused',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'tls_version_refused',
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: 'tls_client_refused',
  ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE: 'tls_client_refused',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED: 'tls_client_refused',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: 'tls_client_refused',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: 'tls_client_refused',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'tls_client_refused',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'tls_client_refused',
};

function text(value: unknown): string {
  return typeof value === 'string' && value !== '' ? value : 'no reason given';
}

/** Translates an error of name resolution or of the socket. */
export function socketFault(error: unknown, detail: FaultDetail): Fault {
  if (error instanceof Fault) return error.with(detail);
  const { code, message } = error as ForeignError;
  const known = typeof code === 'string' && Object.hasOwn(systemCodes, code) ? systemCodes[code] : undefined;
  const general = known ?? 'host_unreachable';
  const special = isSupabaseDirect(detail.host) ? supabaseCodes[general] : undefined;
  return new Fault(special ?? general, { ...detail, text: text(code ?? message) }, error);
}

/** Translates an error of the TLS handshake, where a closed socket is the handshake's failure too. */
export function tlsFault(error: unknown, detail: FaultDetail): Fault {
  if (error instanceof Fault) return error.with(detail);
  const { code, message, reason } = error as ForeignError;
  const codes = { ...certificateCodes, ...handshakeCodes };
  const known = typeof code === 'string' && Object.hasOwn(codes, code) ? codes[code] : undefined;
  if (known) return new Fault(known, { ...detail, text: text(reason ?? code) }, error);
  const words = code === 'ECONNRESET' ? 'the server closed the connection' : text(reason ?? code ?? message);
  return new Fault('tls_handshake_failed', { ...detail, text: words }, error);
}

/** A database error, told by its SQLSTATE: pg's DatabaseError and nothing else. */
export function sqlstateOf(error: unknown): string | null {
  const { code } = error as ForeignError;
  return error instanceof Error &&
    typeof code === 'string' &&
    /^[0-9A-Z]{5}$/.test(code) &&
    'severity' in error
    ? code
    : null;
}

/** Translates what ended a start-up: the server's ErrorResponse, the socket's end, or words pg can't read. */
export function startupFault(error: unknown, detail: FaultDetail): Fault {
  if (error instanceof Fault) return error.with(detail);
  const sqlstate = sqlstateOf(error);
  if (sqlstate === null) {
    const { code, message } = error as ForeignError;
    // With TLS 1.3 the server refuses a client certificate after the handshake.
    if (typeof code === 'string' && code.startsWith('ERR_SSL_')) return tlsFault(error, detail);
    if (typeof code === 'string' && Object.hasOwn(systemCodes, code)) return socketFault(error, detail);
    return new Fault('protocol_violation', { ...detail, text: text(message) }, error);
  }
  const words = { ...detail, sqlstate, text: text((error as ForeignError).message) };
  return new Fault(codeOfRefusal(words), words, error);
}

/**
 * Translates what ended the asking in an open session.
 * @throws the error itself when it is neither the server's nor the network's: a defect, an interruption
 */
export function statementFault(error: unknown, detail: FaultDetail): Fault {
  if (error instanceof Fault) return error.with(detail);
  const sqlstate = sqlstateOf(error);
  if (sqlstate === null) throw error;
  const words = { ...detail, sqlstate, text: text((error as ForeignError).message) };
  return new Fault(codeOfStatementRefusal(words), words, error);
}
