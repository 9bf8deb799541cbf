/** A string of SQL, or the start of one: `'…`, `$$…`, `$tag$…`. */
const literal = /'|\$(?:[a-z_]\w{0,62})?\$/i;

/** ALTER ROLE … PASSWORD '…'; OPTIONS (password '…'); INSERT INTO users (…, password) VALUES ('…'). */
const word =
  /passw(?:or)?d|pwd|passphrase|passcode|secret|token|credential|api_?key|access_?key|private_?key/i;

/** What tells by itself. Nothing in them looks far ahead: a statement may be long. */
const signs: readonly RegExp[] = [
  // dblink('host=… password=…').
  /\b(?:passw(?:or)?d|pwd)\s{0,100}=/i,
  // postgresql://user:password@host
  /:\/\/[^\s/'"@:]{0,1000}:[^\s'"@]{0,1000}@/,
  // Verifiers as pg_authid keeps them.
  /SCRAM-SHA-256\$|\bmd5[0-9a-f]{32}\b/i,
  // pgcrypto's functions, whose arguments are passwords and keys.
  /\b(?:crypt|hmac|encrypt(?:_iv)?|decrypt(?:_iv)?|pgp_(?:sym|pub)_(?:en|de)crypt(?:_bytea)?)\s{0,100}\(/i,
];

/**
 * Whether a statement may carry a password as a literal, and is to be kept nowhere. It errs on the safe
 * side: one that only looks like it is not kept either.
 */
export function mayCarryPassword(statement: string): boolean {
  const at = statement.search(word);
  const hasLiteral = at >= 0 && literal.test(statement.slice(at));
  return hasLiteral || signs.some((sign) => sign.test(statement));
}
