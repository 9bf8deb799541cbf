/** A file of pg that has no types. */
declare module 'pg/lib/crypto/cert-signatures.js' {
  /**
   * The hash that a certificate (DER) is signed with: `SHA-256`, `MD5` …
   * @throws Error for one that can't be read or has an algorithm that is not known
   */
  export function signatureAlgorithmHashFromCertificate(certificate: Buffer): string;
}
