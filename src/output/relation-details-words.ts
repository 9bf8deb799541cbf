import type { RelationDetails } from '../metadata/discovery.ts';
import { ago } from './age.ts';
import { grouped } from './relation-words.ts';

/* What --details says, in one place for every way to show it. Not yet terminal-safe. */

/** A text, or one that is laid out on lines of its own. */
export type DetailEntry = string | { readonly lines: string };

/** What is said in a word each; nothing without details. */
export function detailPairs(details: RelationDetails | null, now: Date): [string, string | null][] {
  if (details === null) return [];
  const { sizes, statistics, foreignServer } = details;
  return [
    ['foreign server', foreignServer],
    ['size', sizes === null ? null : sizesText(sizes)],
    ...(statistics === null ? [] : statisticsPairs(statistics, now)),
  ];
}

function sizesText({ total, table, indexes, toast }: NonNullable<RelationDetails['sizes']>): string {
  const parts = `table ${bytesText(table)}, indexes ${bytesText(indexes)}, TOAST ${bytesText(toast)}`;
  return `${bytesText(total)} (${parts})`;
}

function statisticsPairs(
  statistics: NonNullable<RelationDetails['statistics']>,
  now: Date,
): [string, string][] {
  const { liveRows, deadRows, changedSinceAnalyze, lastAnalyze, lastVacuum } = statistics;
  const rows = `~${grouped(liveRows)} live, ~${grouped(deadRows)} dead`;
  const since = changedSinceAnalyze === 0 ? '' : `, ~${grouped(changedSinceAnalyze)} rows changed since`;
  return [
    ['rows', rows],
    ['analyzed', `${lastAnalyze === null ? 'never' : ago(lastAnalyze, now)}${since}`],
    ['vacuumed', lastVacuum === null ? 'never' : ago(lastVacuum, now)],
  ];
}

/** Lists with a title each, the empty ones too; nothing without details. */
export function detailLists(details: RelationDetails | null): [string, DetailEntry[]][] {
  if (details === null) return [];
  const { definition, indexes, policies, triggers, sequences, grants } = details;
  const named = ({ schema, name }: { schema: string; name: string }) => `${schema}.${name}`;
  return [
    ['Definition', definition === null ? [] : [{ lines: definition.trimEnd() }]],
    [
      'Index definitions',
      indexes.map(({ definition: sql, bytes }) => (bytes === null ? sql : `${sql}  ${bytesText(bytes)}`)),
    ],
    ['Policies', policies.map(policyText)],
    [
      'Triggers',
      triggers.map(({ definition: sql, enabled }) =>
        enabled === 'origin' ? sql : `${sql}  ${enabled === 'disabled' ? 'DISABLED' : `(${enabled})`}`,
      ),
    ],
    [
      'Sequences',
      sequences.map((it) => `${named(it)} of ${it.column}${it.identity ? ', its identity' : ''}`),
    ],
    ['Grants', grants.map(grantText)],
    ['Inherits', details.inherits.map(named)],
    ['Inherited by', details.inheritedBy.map(named)],
    ['Partitions', details.leaves.map(leafText)],
  ];
}

function policyText(policy: RelationDetails['policies'][number]): string {
  const { name, command, permissive, roles, using, check } = policy;
  const parts = [
    `${name}: ${permissive ? 'permissive' : 'restrictive'}, ${command} to ${roles.join(', ')}`,
    ...(using === null ? [] : [`using ${using}`]),
    ...(check === null ? [] : [`with check ${check}`]),
  ];
  return parts.join(' ');
}

function grantText({ grantee, grantor, privileges, grantable, column }: RelationDetails['grants'][number]) {
  const on = column === null ? '' : ` on ${column}`;
  return `${grantee}: ${privileges.join(', ')}${on}${grantable ? ' with grant option' : ''}, by ${grantor}`;
}

function leafText({ schema, name, bound, parent, estimatedRows, bytes }: RelationDetails['leaves'][number]) {
  const facts = [
    `of ${parent.schema}.${parent.name}`,
    ...(estimatedRows === null ? [] : [`~${grouped(estimatedRows)} rows`]),
    ...(bytes === null ? [] : [bytesText(bytes)]),
  ];
  return `${schema}.${name}: ${bound}, ${facts.join(', ')}`;
}

const units = ['kB', 'MB', 'GB', 'TB', 'PB'];

/** `0 bytes`, `8 kB`, `1.4 GB`: powers of 1024, as pg_size_pretty has them. */
export function bytesText(count: number): string {
  if (count < 1024) return `${count} bytes`;
  let value = count;
  let unit = '';
  for (const next of units) {
    if (value < 1024) break;
    value /= 1024;
    unit = next;
  }
  return `${value < 10 && !Number.isInteger(value) ? value.toFixed(1) : Math.round(value)} ${unit}`;
}
