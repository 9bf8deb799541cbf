import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { journalModeOn, setJournalMode } from '../../../src/catalog/journal-mode.ts';

describe('the journal mode of a file system', () => {
  it.each([
    ['ext4', 0xef53],
    ['btrfs', 0x9123683e],
    ['XFS', 0x58465342],
    ['tmpfs', 0x01021994],
    ['overlayfs', 0x794c7630],
    ['ZFS', 0x2fc12fc1],
  ])('is the write-ahead log on %s', (_name, type) => {
    expect(journalModeOn(type, 'linux')).toBe('wal');
  });

  it.each([
    ['NFS', 0x6969],
    ['SMB', 0x517b],
    ['CIFS', 0xff534d42],
    ['CIFS, signed', 0xff534d42 | 0],
    ['SMB2', 0xfe534d42],
    ['9p', 0x01021997],
    ['FUSE', 0x65735546],
  ])('is the roll-back journal on %s', (_name, type) => {
    expect(journalModeOn(type, 'linux')).toBe('delete');
  });

  it.each([
    ['APFS', 0x1a, 'wal'],
    ['HFS+', 0x17, 'wal'],
    ['NFS', 0x2, 'delete'],
    ['one loaded later', 0x1f, 'delete'],
  ])('is on macOS, for %s, as far as it is known to be local', (_name, type, mode) => {
    expect(journalModeOn(type, 'darwin')).toBe(mode);
  });
});

describe('changing the journal mode', () => {
  function twoConnections(): [Database.Database, Database.Database] {
    const directory = mkdtempSync(join(tmpdir(), 'jackfield-journal-'));
    const open = () => new Database(join(directory, 'some.db'), { timeout: 0 });
    const [one, other] = [open(), open()];
    onTestFinished(() => {
      one.close();
      other.close();
      rmSync(directory, { recursive: true });
    });
    one.exec('CREATE TABLE t (x)');
    return [one, other];
  }

  it('gives the mode in force', () => {
    const [one] = twoConnections();
    expect(setJournalMode(one, 'wal', 0)).toBe('wal');
    expect(setJournalMode(one, 'wal', 0)).toBe('wal');
  });

  it('waits for who has the file, as long as it is told', () => {
    const [one, other] = twoConnections();
    other.exec('BEGIN');
    other.prepare('SELECT * FROM t').all();
    const start = performance.now();
    expect(() => setJournalMode(one, 'wal', 300)).toThrow('database is locked');
    expect(performance.now() - start).toBeGreaterThan(290);
    other.exec('COMMIT');
    expect(setJournalMode(one, 'wal', 0)).toBe('wal');
  });
});
