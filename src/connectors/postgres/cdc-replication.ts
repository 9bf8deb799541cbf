import type { CdcDial } from '../../cdc/port.ts';
import { openCdcSession } from './cdc-session.ts';
import { statementFault } from './diagnosis.ts';
import { Fault } from './faults.ts';

/** How the replication connection went: its fault, or the timeline it found the server on. */
export type ReplicationTrial =
  | { readonly fault: Fault }
  | { readonly fault: null; readonly timeline: string; readonly position: string };

/**
 * Opens the connection that a consumer would, under the same policy of TLS and authentication as any
 * other, and asks who is there (manual, 54.4, IDENTIFY_SYSTEM). It reads no changes.
 * @throws InterruptedError
 */
export async function tryReplication(dial: CdcDial): Promise<ReplicationTrial> {
  try {
    const { session } = await openCdcSession(dial, { replication: true });
    try {
      const row = await session.queryRow('IDENTIFY_SYSTEM');
      if (row.dbname == null) {
        return {
          fault: new Fault('protocol_violation', { text: 'a replication connection without a database' }),
        };
      }
      return { fault: null, timeline: row.timeline ?? '', position: row.xlogpos ?? '' };
    } finally {
      session.close();
    }
  } catch (error) {
    return { fault: statementFault(error, { host: dial.endpoint.host, port: dial.endpoint.port }) };
  }
}
