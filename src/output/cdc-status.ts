import type { CdcSlot, CdcStatus } from '../cdc/cdc.ts';
import { ago } from './age.ts';
import type { Answer, View } from './answer.ts';
import { problemLines } from './cdc-problems.ts';
import { formatDuration } from './duration.ts';
import { bytesText } from './relation-details-words.ts';
import { grouped, plural } from './relation-words.ts';
import { keyValues } from './table.ts';
import { terminalSafe } from './terminal-text.ts';
import { coloredMark } from './theme.ts';

/** The answer of `connections cdc status`: cdcStatusSchema. CSV has one line. */
export function cdcStatus(status: CdcStatus): Answer {
  return {
    value: status,
    columns: [
      ...['connection', 'at', 'status', 'publication', 'slot', 'active', 'walStatus', 'retainedBytes'],
      ...['lagBytes', 'lagMs', 'safeBytes', 'wanted', 'missing', 'extra', 'codes'],
    ],
    *records() {
      const { connection, at, publication, slot, tables, problems } = status;
      yield {
        ...{ connection, at, status: status.status, publication, slot: slot?.name ?? null },
        ...{ active: slot?.active ?? null, walStatus: slot?.walStatus ?? null },
        ...{ retainedBytes: slot?.retainedBytes ?? null, lagBytes: slot?.lagBytes ?? null },
        ...{ lagMs: slot?.lagMs ?? null, safeBytes: slot?.safeBytes ?? null },
        ...{ wanted: tables.wanted.length, missing: tables.missing.length, extra: tables.extra.length },
        codes: problems.map(({ code }) => code).join(' '),
      };
    },
    text: (view) => `${statusText(status, view)}${problemLines(status.problems, view)}`,
  };
}

/** Without its problems; ends in a newline. */
function statusText(status: CdcStatus, view: View): string {
  const { publication, publish, slot, tables } = status;
  const head = `${view.theme.strong(terminalSafe(status.connection))}  ${coloredMark(status.status, view.theme)}\n`;
  const pairs: [string, string | null][] = [
    ['Publication', publish === null ? 'none' : `${publication} (${publish.join(', ')})`],
    ['Tables', publish === null ? null : tablesText(tables)],
    ['Slot', slot === null ? 'none' : slotText(slot, view)],
    ...(slot === null ? [] : slotPairs(slot)),
  ];
  return head + keyValues(pairs, view, '  ');
}

function tablesText({ wanted, missing, extra }: CdcStatus['tables']): string {
  const odd = [
    ...(missing.length > 0 ? [`${missing.length} not published`] : []),
    ...(extra.length > 0 ? [`${extra.length} besides`] : []),
  ];
  return [plural(wanted.length, 'table'), ...odd].join(', ');
}

function slotText({ name, plugin, active, activePid, inactiveSince, failover }: CdcSlot, view: View): string {
  const reader = active
    ? `read by process ${activePid ?? '?'}`
    : `nobody reads it${inactiveSince === null ? '' : ` (last read ${ago(inactiveSince, view.now)})`}`;
  return [name, plugin ?? 'no plugin', reader, ...(failover ? ['failover'] : [])].join(', ');
}

function slotPairs(slot: CdcSlot): [string, string | null][] {
  const { walStatus, invalidation, retainedBytes, safeBytes, confirmedPosition, catalogXminAge } = slot;
  return [
    ['WAL', walStatus === null ? null : `${walStatus}${invalidation === null ? '' : ` (${invalidation})`}`],
    ['Retained', retainedBytes === null ? null : bytesText(retainedBytes)],
    ['Lag', lagText(slot)],
    ['Until lost', safeBytes === null ? 'no limit' : bytesText(Math.max(0, safeBytes))],
    ['Confirmed', confirmedPosition],
    ['Catalog xmin', catalogXminAge === null ? null : `${grouped(catalogXminAge)} transactions old`],
  ];
}

function lagText({ lagBytes, lagMs }: CdcSlot): string {
  const time = lagMs === null ? '' : `, ${formatDuration(lagMs)}`;
  return lagBytes === null ? 'unknown' : `${bytesText(lagBytes)}${time}`;
}

/** One line for a log: `2026-… ✓ passed  lag 0 bytes  retained 16 MB  …`; ends in a newline. */
export function statusLine(status: CdcStatus, view: View): string {
  const { at, slot, problems } = status;
  const parts = [
    at,
    coloredMark(status.status, view.theme),
    ...(slot === null
      ? ['no slot']
      : [
          `lag ${lagText(slot)}`,
          `retained ${slot.retainedBytes === null ? 'unknown' : bytesText(slot.retainedBytes)}`,
          slot.active ? 'active' : 'inactive',
          ...(slot.walStatus === null ? [] : [terminalSafe(slot.walStatus)]),
        ]),
    ...(problems.length === 0 ? [] : [problems.map(({ code }) => code).join(' ')]),
  ];
  return `${parts.join('  ')}\n`;
}
