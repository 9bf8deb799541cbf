/** Why we differ from libpq where we mean to, always to the stricter side: by the name that situations use. */
export const differences = {
  'a named file':
    'The files that a connection names are looked at first, whatever the mode: one that is missing, or a key ' +
    'that others may read, ends it before anything is dialled (exit code 2). libpq takes a root certificate, ' +
    'revocation list or client certificate that is missing for none, does not look where it tries no TLS, and ' +
    'with `prefer` does without TLS where the key is no good.',
  'our own files':
    'A client certificate and key that can not be used, or that the server refuses, are an error. With ' +
    '`prefer` libpq then goes on in the clear, without telling.',
  'a password in the clear':
    'A password that the server wants as it is, is not sent without TLS, unless `require_auth` names the ' +
    'method `password`. `allow` then tries TLS.',
  'not asked':
    'A server that lets us in without asking, while a password is saved, may be anybody’s: it is refused, ' +
    'unless `require_auth` allows `none`. Without a saved password we agree.',
  'a refused password':
    'A password that was refused over TLS is not offered again in the clear. With `prefer` libpq does that.',
  'a refused user':
    'A user who was refused over TLS, for another reason than TLS, is not tried again in the clear. With ' +
    '`prefer` libpq does that.',
  addresses:
    'An address has to stand in the certificate as an address (`IP:`). libpq takes it from a name (`DNS:`) ' +
    'or the common name too.',
  'a wide wildcard': 'A wildcard right below a top-level domain (`*.test`) stands for no name.',
} as const;

export type DifferenceName = keyof typeof differences;

/** The letter that stands for it in a table. */
export function letterOf(name: DifferenceName): string {
  return String.fromCharCode(97 + Object.keys(differences).indexOf(name));
}
