import type { Peer } from './hostile-server.ts';

/** What a client asks for in the first message of TLS (RFC 8446, section 4.1.2). */
export interface ClientHello {
  /** The name of server_name (RFC 6066, section 3); null: not sent. */
  readonly serverName: string | null;
  /** The protocols of ALPN (RFC 7301). */
  readonly protocols: readonly string[];
}

/** Takes the next record, which must be a ClientHello. */
export async function readClientHello(peer: Peer): Promise<ClientHello> {
  const header = await peer.read(5);
  const record = await peer.read(header.readUInt16BE(3));
  if (header[0] !== 22 || record[0] !== 1) throw new Error('no ClientHello');
  // Type, length, version and random; then the session id, the cipher suites and the compression methods.
  let at = 4 + 2 + 32;
  at += 1 + record.readUInt8(at);
  at += 2 + record.readUInt16BE(at);
  at += 1 + record.readUInt8(at);
  const extensions = extensionsOf(record.subarray(at + 2, at + 2 + record.readUInt16BE(at)));
  // A list of names, each with its type; a list of protocols, each with its length.
  const name = extensions.get(0)?.subarray(5).toString('latin1');
  return { serverName: name ?? null, protocols: protocolsOf(extensions.get(16)) };
}

function extensionsOf(bytes: Buffer): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt16BE(at + 2);
    found.set(bytes.readUInt16BE(at), bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return found;
}

function protocolsOf(list: Buffer | undefined): string[] {
  const found: string[] = [];
  for (let at = 2; list !== undefined && at < list.length; ) {
    const length = list.readUInt8(at);
    found.push(list.subarray(at + 1, at + 1 + length).toString('latin1'));
    at += 1 + length;
  }
  return found;
}
