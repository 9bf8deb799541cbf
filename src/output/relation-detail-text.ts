import { deferralText } from '../metadata/deferral.ts';
import type { RelationDetail } from '../metadata/discovery.ts';
import { ago } from './age.ts';
import type { View } from './answer.ts';
import { indexText } from './discovery-markdown.ts';
import { heading } from './discovery-tree.ts';
import { detailLists, detailPairs } from './relation-details-words.ts';
import {
  foreignKeyText,
  incomingKeyText,
  keyPositions,
  keyText,
  relationFacts,
  typeText,
} from './relation-words.ts';
import { keyValues, type TableCell, table } from './table.ts';
import { terminalSafe } from './terminal-text.ts';

/** One relation in full, for a person. What is long is not cut, but for the cells of the columns. */
export function relationText(detail: RelationDetail, view: View): string {
  const { schema, name, comment, details } = detail;
  const facts = `${relationFacts(detail)}, read ${ago(detail.takenAt, view.now)}`;
  let text = `${heading(`${schema}.${name}`, facts, view)}\n`;
  if (comment !== null) text += `${terminalSafe(comment)}\n`;
  text += `\n${keyValues([...relationPairs(detail), ...detailPairs(details, view.now)], view)}`;
  if (detail.columns.length > 0) text += `\n${columnTable(detail, view)}`;
  else text += `\n${view.theme.faint('no columns')}\n`;
  for (const [title, entries] of [...relationLists(detail), ...detailLists(details)]) {
    if (entries.length === 0) continue;
    text += `\n${view.theme.strong(title)}\n`;
    for (const entry of entries) text += `${indented(entry)}\n`;
  }
  return text;
}

/** What PostgreSQL lays out on several lines keeps them; in all else a line feed is shown as one. */
function indented(entry: string | { readonly lines: string }): string {
  if (typeof entry === 'string') return `  ${terminalSafe(entry)}`;
  return entry.lines
    .split('\n')
    .map((line) => `  ${terminalSafe(line)}`)
    .join('\n');
}

function relationPairs(detail: RelationDetail): [string, string | null][] {
  const { kind, owner, rowSecurity, replicaIdentity, extension, partitions } = detail;
  const replicates = kind === 'table' || kind === 'partitioned table';
  return [
    ['owner', owner],
    ['row security', rowSecurity === 'off' ? null : rowSecurity],
    ['replica identity', replicates && replicaIdentity !== 'default' ? replicaIdentity : null],
    ['extension', extension],
    ['partitioned', partitions === null ? null : `${partitions.key}, ${partitions.count} in all`],
  ];
}

function relationLists(detail: RelationDetail): [string, string[]][] {
  const { primaryKey, foreignKeys, referencedBy, uniques, checks, exclusions, indexes, types } = detail;
  return [
    ['Primary key', primaryKey === null ? [] : [keyText(primaryKey)]],
    ['Foreign keys', foreignKeys.map((key) => `${key.name}: ${foreignKeyText(key)}${keyMarks(key)}`)],
    ['Referenced by', referencedBy.map((key) => `${incomingKeyText(key)}${keyMarks(key)}`)],
    ['Unique', uniques.map(keyText)],
    ['Checks', checks.map(({ name, definition }) => `${name}: ${definition}`)],
    ['Exclusions', exclusions.map(({ name, definition }) => `${name}: ${definition}`)],
    ['Indexes', indexes.map(indexText)],
    ['Types', types.map(typeText)],
  ];
}

function keyMarks(key: { deferrable: boolean; initiallyDeferred: boolean; validated: boolean }): string {
  return `${deferralText(key)}${key.validated ? '' : ' NOT VALID'}`;
}

function columnTable(detail: RelationDetail, view: View): string {
  const keys = keyPositions(detail);
  const has = {
    fallback: detail.columns.some((it) => (it.default ?? it.identity) !== null),
    collation: detail.columns.some(({ collation }) => collation !== null),
    comment: detail.columns.some(({ comment }) => comment !== null),
  };
  const rows = detail.columns.map((column): (string | TableCell)[] => {
    const position = keys.get(column.name);
    return [
      column.name,
      position === undefined ? '' : keys.size > 1 ? `PK ${position}` : 'PK',
      column.type,
      column.nullable ? 'null' : 'not null',
      ...(has.fallback ? [fallbackText(column)] : []),
      ...(has.collation ? [column.collation ?? ''] : []),
      ...(has.comment ? [{ text: column.comment ?? '', style: view.theme.faint }] : []),
    ];
  });
  const titles = [
    { title: 'COLUMN' },
    { title: keys.size > 0 ? 'KEY' : '' },
    { title: 'TYPE', shrinkTo: 12 },
    { title: 'NULL' },
    ...(has.fallback ? [{ title: 'DEFAULT', shrinkTo: 12 }] : []),
    ...(has.collation ? [{ title: 'COLLATION', shrinkTo: 8 }] : []),
    ...(has.comment ? [{ title: 'COMMENT', shrinkTo: 10 }] : []),
  ];
  return table(titles, rows, view);
}

function fallbackText(column: RelationDetail['columns'][number]): string {
  const { identity, generated } = column;
  if (identity !== null) return `identity ${identity}`;
  if (generated !== null) return `${generated}: ${column.default ?? ''}`;
  return column.default ?? '';
}
