/**
 * What speaks where PostgreSQL was looked for, told from the first bytes it sends; null where they tell
 * nothing. None of these can be the beginning of what a PostgreSQL server says.
 */
export function foreignProtocol(bytes: Buffer): string | null {
  const start = bytes.toString('latin1', 0, 64);
  if (/^(?:HTTP\/\d|<!DOCTYPE|<html)/i.test(start)) return 'a web server (HTTP)';
  if (/^SSH-\d/.test(start)) return 'an SSH server';
  if (/^220[ -]/.test(start)) return 'a mail or FTP server';
  if (/^-(?:ERR|NOAUTH|DENIED) /.test(start)) return 'Redis';
  // A TLS alert: record type 21 of version 3.x, two bytes long (RFC 8446, 5.1 and 6).
  if (/^\x15\x03[\x00-\x04]\x00\x02/.test(start)) return 'a server that speaks TLS from the first byte';
  return isMysql(bytes) ? 'MySQL or MariaDB' : null;
}

/**
 * MySQL greets first: three bytes of length, packet number 0, then version 10 of its protocol and the
 * server's version as digits, or an error (255) with its number, which is between 1024 and 1279 here
 * (dev.mysql.com, Protocol::HandshakeV10 and ERR_Packet).
 */
function isMysql(bytes: Buffer): boolean {
  if (bytes.length < 7 || bytes[2] !== 0 || bytes[3] !== 0) return false;
  const version = bytes[5] ?? 0;
  return (bytes[4] === 10 && version >= 0x30 && version <= 0x39) || (bytes[4] === 0xff && bytes[6] === 4);
}
