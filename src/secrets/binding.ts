import { createHash } from 'node:crypto';
import type { Endpoint } from '../connections/connection.ts';
import { SecretError } from '../connections/errors.ts';
import type { SecretOwner } from '../connections/secret-store.ts';
import { readSmallFile, whyUnreadable } from './small-file.ts';

const version = 1;
const maxCertificateBytes = 4 * 1024 * 1024;

/**
 * What a stored secret is bound to, as bytes: whose it is, where it may be sent and how the peer must
 * prove itself. Equal bytes mean an equal owner; they hold no secret.
 *
 * A JSON array of fixed order and length, so that no two different sets of fields give the same bytes:
 * version, connection id, connector, host (as written, every host), hostaddr, port, database,
 * username, sslMode, channel_binding, require_auth, root certificate (`sha256:…` of the file's bytes as
 * they are now, `system`, or null), client certificate's path, client key's path.
 *
 * @throws SecretError root_certificate_unreadable
 */
export async function bindingOf(owner: SecretOwner): Promise<Uint8Array> {
  const { connectionId, endpoint } = owner;
  const { options } = endpoint;
  const fields = [
    version,
    connectionId,
    endpoint.connector,
    endpoint.host,
    options.hostaddr ?? null,
    endpoint.port,
    endpoint.database,
    endpoint.username,
    endpoint.sslMode,
    options.channel_binding ?? null,
    options.require_auth ?? null,
    await rootCertificateOf(endpoint),
    endpoint.sslCert,
    endpoint.sslKey,
  ];
  return Buffer.from(JSON.stringify(fields), 'utf8');
}

/** The SHA-256 of {@link bindingOf}, 32 bytes. @throws SecretError root_certificate_unreadable */
export async function bindingDigestOf(owner: SecretOwner): Promise<Buffer> {
  return createHash('sha256')
    .update(await bindingOf(owner))
    .digest();
}

/** What a store says when an item is intact and its owner is another one. */
export function boundElsewhere(): SecretError {
  return new SecretError({
    code: 'secret_bound_elsewhere',
    message:
      "the connection's endpoint is not the one its password was saved for, so the password is not sent there",
    fix: 'check host, port, database, user and TLS settings, then enter the password again: jackfield connections edit',
  });
}

async function rootCertificateOf(endpoint: Endpoint): Promise<string | null> {
  const { sslRootCert } = endpoint;
  if (sslRootCert === null || sslRootCert === 'system') return sslRootCert;
  try {
    const { bytes } = await readSmallFile(sslRootCert, maxCertificateBytes);
    return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  } catch (error) {
    throw new SecretError({
      code: 'root_certificate_unreadable',
      message: `the root certificate ${sslRootCert} ${whyUnreadable(error)}, and the stored password is bound to it`,
      // What the password is bound to can't be told any more, so it can't be bound anew either.
      fix: 'put the file back, or enter the password again: jackfield connections edit NAME --ssl-root-cert FILE',
      cause: error,
    });
  }
}
