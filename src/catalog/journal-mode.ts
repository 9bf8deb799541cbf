import { realpathSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type Database from 'better-sqlite3';
import { isBusy } from './faults.ts';

export type JournalMode = 'wal' | 'delete';

/**
 * Linux's numbers of the file systems that are shared between machines, or may be (FUSE, 9p):
 * the write-ahead log needs memory shared between its users and works on none of them
 * (https://sqlite.org/wal.html; statfs(2), linux/magic.h).
 */
const sharedFileSystems: ReadonlySet<number> = new Set([
  0x6969, // NFS
  0x517b, // SMB
  0xff534d42, // CIFS
  0xfe534d42, // SMB2
  0x01021997, // 9p
  0x65735546, // FUSE: sshfs, s3fs, virtiofs
  0x00c36400, // Ceph
  0x5346414f, // AFS
  0x6b414653, // the kernel's own AFS
  0x73757245, // Coda
  0x0bd00bd0, // Lustre
  0x47504653, // GPFS
  0x7461636f, // OCFS2
  0x01161970, // GFS2
  0x786f4256, // VirtualBox's shared folders
]);

/** macOS gives its file systems' numbers as they are loaded, but for its own: HFS+ and APFS. */
const localToMacOs: ReadonlySet<number> = new Set([0x17, 0x1a]);

/**
 * The journal mode for a catalog: the write-ahead log, where readers and a writer don't wait for each
 * other; the roll-back journal on file systems shared between machines.
 * @throws the system's errors
 */
export function journalModeFor(file: string): JournalMode {
  const home = dirname(file);
  if (process.platform === 'win32') {
    // A mapped drive shows itself as `\\server\share` here.
    return realpathSync.native(home).startsWith('\\\\') ? 'delete' : 'wal';
  }
  return journalModeOn(statfsSync(home).type, process.platform);
}

/** The journal mode for a file system's number, as statfs(2) of that platform gives it. */
export function journalModeOn(type: number, platform: NodeJS.Platform): JournalMode {
  // A 32-bit number that some systems hand out signed.
  const number = type >>> 0;
  if (platform === 'darwin') return localToMacOs.has(number) ? 'wal' : 'delete';
  return sharedFileSystems.has(number) ? 'delete' : 'wal';
}

/**
 * Brings a database into a journal mode. Changing it takes the file for oneself, and SQLite does not
 * wait for that, whatever busy_timeout says: so we do.
 * @returns the mode in force: another one than asked for where the file system can't bear that
 * @throws SQLite's busy error after `patience` milliseconds
 */
export function setJournalMode(db: Database.Database, mode: JournalMode, patience: number): unknown {
  const deadline = Date.now() + patience;
  for (;;) {
    try {
      return db.pragma(`journal_mode = ${mode}`, { simple: true });
    } catch (error) {
      if (!isBusy(error) || Date.now() > deadline) throw error;
      pause(5 + Math.random() * 20);
    }
  }
}

function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
