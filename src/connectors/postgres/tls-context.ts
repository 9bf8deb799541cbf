import tls from 'node:tls';

/** Of the connections that are made to a fleet many have the same roots; parsing them costs as much as a query. */
const contexts = new WeakMap<object, Map<string, tls.SecureContext>>();
const noRoots = {};

/**
 * The context of a handshake: the same one for the same roots (by identity) and versions. One with a
 * client's certificate or a revocation list is made anew each time.
 * @throws OpenSSL's errors for files that are no PEM, or a key that its password does not open
 */
export function contextFor(options: tls.ConnectionOptions): tls.SecureContext {
  const { ca, cert, key, crl, ciphers, minVersion, maxVersion } = options;
  const roots = Buffer.isBuffer(ca) ? ca : Array.isArray(ca) && ca.length === 0 ? noRoots : null;
  if (cert || key || crl || roots === null) return tls.createSecureContext(options);
  const ofRoots = contexts.get(roots) ?? new Map<string, tls.SecureContext>();
  contexts.set(roots, ofRoots);
  const name = [ciphers, minVersion, maxVersion].join();
  const made = ofRoots.get(name) ?? tls.createSecureContext(options);
  ofRoots.set(name, made);
  return made;
}
