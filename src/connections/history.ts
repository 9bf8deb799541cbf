import type { z } from 'zod';
import type { TestRecord } from './catalog.ts';
import type { TestResult, TlsFacts } from './connection.ts';
import type { testHistorySchema } from './schema.ts';
import { tellingRung } from './test.ts';

/** A kept result as it is printed: the shape of the JSON contract. */
export type HistoryEntry = z.infer<typeof testHistorySchema>[number];

/** What tells one certificate of a server from another. */
export type Certificate = Pick<TlsFacts, 'subject' | 'issuer' | 'validTo'>;

/** Something of the server that was another at the next test. */
export interface Change<T> {
  readonly from: T;
  readonly to: T;
  /** When it was first seen changed; ISO 8601, UTC. */
  readonly at: string;
}

/** What the tests of a connection tell together. */
export interface HistorySummary {
  readonly tests: number;
  /** With warnings or without. */
  readonly passed: number;
  readonly warned: number;
  /** When the oldest of them was; ISO 8601, UTC. */
  readonly since: string;
  /** How long each took, in milliseconds, oldest first; null for one that failed. */
  readonly durations: readonly (number | null)[];
  /** Of those that did not fail, in milliseconds; null when all did. */
  readonly spread: { readonly min: number; readonly median: number; readonly max: number } | null;
  /** What the newest session told; null when none was had. */
  readonly session: { readonly version: string; readonly certificate: Certificate | null } | null;
  /** Newest first. */
  readonly versionChanges: readonly Change<string>[];
  /** Newest first. */
  readonly certificateChanges: readonly Change<Certificate>[];
}

export function toHistoryEntry({ at, result }: TestRecord): HistoryEntry {
  const telling = tellingRung(result);
  return {
    at,
    status: result.status,
    durationMs: result.durationMs,
    code: telling?.code ?? null,
    message: telling?.message ?? null,
    serverVersion: result.server?.version ?? null,
    certificateValidTo: result.server?.tls?.validTo ?? null,
    stages: result.stages.map(({ stage, status, durationMs, code }) => ({ stage, status, durationMs, code })),
  };
}

/**
 * What results tell together.
 * @param records newest first, as the catalog gives them; null when there are none
 */
export function summarizeHistory(records: readonly TestRecord[]): HistorySummary | null {
  const oldestFirst = records.toReversed();
  const [oldest] = oldestFirst;
  if (oldest === undefined) return null;
  const durations = oldestFirst.map(({ result }) => (result.status === 'failed' ? null : result.durationMs));
  const sessions = oldestFirst.flatMap(({ at, result }) => sessionOf(at, result));
  const newest = sessions.at(-1);
  const certificates = sessions.flatMap(({ at, certificate }) =>
    certificate === null ? [] : { at, value: certificate },
  );
  return {
    tests: records.length,
    passed: durations.filter((duration) => duration !== null).length,
    warned: records.filter(({ result }) => result.status === 'warned').length,
    since: oldest.at,
    durations,
    spread: spreadOf(durations.filter((duration) => duration !== null)),
    session: newest ? { version: newest.version, certificate: newest.certificate } : null,
    versionChanges: changesOf(sessions.map(({ at, version }) => ({ at, value: version }))),
    certificateChanges: changesOf(certificates),
  };
}

interface Session {
  readonly at: string;
  readonly version: string;
  /** Null in the clear. */
  readonly certificate: Certificate | null;
}

function sessionOf(at: string, { server }: TestResult): Session[] {
  if (server === null) return [];
  const { version, tls } = server;
  const certificate = tls && { subject: tls.subject, issuer: tls.issuer, validTo: tls.validTo };
  return [{ at, version, certificate }];
}

/** @param seen oldest first */
function changesOf<T>(seen: readonly { readonly at: string; readonly value: T }[]): Change<T>[] {
  const changes: Change<T>[] = [];
  for (const [index, { at, value }] of seen.entries()) {
    const former = seen[index - 1];
    if (former === undefined || JSON.stringify(former.value) === JSON.stringify(value)) continue;
    changes.unshift({ from: former.value, to: value, at });
  }
  return changes;
}

function spreadOf(durations: readonly number[]): HistorySummary['spread'] {
  const sorted = durations.toSorted((a, b) => a - b);
  const [min] = sorted;
  const max = sorted.at(-1);
  if (min === undefined || max === undefined) return null;
  const middle = sorted.length / 2;
  const [low = min, high = max] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return { min, median: (low + high) / 2, max };
}
