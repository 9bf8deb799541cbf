import type { SourceStatus } from '../metadata/source-status.ts';
import { ago } from './age.ts';
import type { Answer, View } from './answer.ts';
import { formatDuration } from './duration.ts';
import { fieldRecords } from './field-records.ts';
import { plural } from './relation-words.ts';
import { keyValues, type TableCell, table } from './table.ts';
import { terminalSafe } from './terminal-text.ts';
import { mark } from './theme.ts';

/** The answer of `connections source-config`: sourceConfigSchema. @param shown.snapshots for a person, a line each */
export function sourceConfig(status: SourceStatus, shown: { readonly snapshots: boolean }): Answer {
  return {
    value: status,
    ...fieldRecords(status, ['lastRefresh']),
    text(view) {
      const about = keyValues(pairsOf(status, view), view, '  ');
      const list = shown.snapshots ? `\n${snapshotTable(status, view)}` : '';
      return `${view.theme.strong(terminalSafe(status.connection))}\n${about}${list}`;
    },
  };
}

function pairsOf(status: SourceStatus, view: View): [string, string | TableCell | null][] {
  const { refreshEveryMs, include, exclude, server, snapshots } = status;
  const [newest] = snapshots;
  const oldest = snapshots.at(-1);
  return [
    [
      'Refresh',
      refreshEveryMs === null ? 'off: only when it is asked for' : `every ${spokenInterval(refreshEveryMs)}`,
    ],
    ['Include', include.length === 0 ? 'everything' : include.join(', ')],
    ['Exclude', exclude.length === 0 ? 'nothing' : exclude.join(', ')],
    ...lastRefresh(status, view),
    ['Next refresh', nextRefresh(status, view)],
    ['Newest snapshot', newest ? snapshotLine(newest, view) : 'none: nothing was read yet'],
    ['', newest && !newest.current ? { text: staleNote, style: view.theme.caution } : null],
    ['Snapshots kept', oldest ? `${snapshots.length}, the oldest of ${instant(oldest.takenAt, view)}` : null],
    ['Server', server && `${server.version}, ${server.provider}`],
  ];
}

const staleNote = 'of another endpoint or other globs than those of today: it is not shown any more';

function lastRefresh({ lastRefresh: last }: SourceStatus, view: View): [string, string | TableCell][] {
  if (last === null) return [['Last refresh', 'never']];
  const took = `${instant(last.at, view)}, took ${formatDuration(last.durationMs)}`;
  if (last.status === 'succeeded') {
    return [['Last refresh', { text: `${mark('passed', 'done')} ${took}`, style: view.theme.good }]];
  }
  return [
    ['Last refresh', { text: `${mark('failed')} ${took}: ${last.code ?? 'unknown'}`, style: view.theme.bad }],
    ['', last.message ?? ''],
  ];
}

function nextRefresh({ due, nextRefreshAt }: SourceStatus, view: View): string {
  if (due) return nextRefreshAt === null ? 'due' : `due since ${instant(nextRefreshAt, view)}`;
  return nextRefreshAt === null
    ? 'only when it is asked for'
    : `${nextRefreshAt} (${ahead(nextRefreshAt, view)})`;
}

type SnapshotLine = SourceStatus['snapshots'][number];

function snapshotLine({ takenAt, checkedAt, relations, columns }: SnapshotLine, view: View): string {
  const seen = checkedAt === takenAt ? '' : `, unchanged ${ago(checkedAt, view.now)}`;
  return `${instant(takenAt, view)}${seen}, ${plural(relations, 'relation')}, ${plural(columns, 'column')}`;
}

function snapshotTable({ snapshots }: SourceStatus, view: View): string {
  if (snapshots.length === 0) return '';
  return table(
    [
      { title: 'SNAPSHOT' },
      { title: 'READ' },
      { title: 'UNCHANGED' },
      { title: 'TOOK', align: 'end' },
      { title: 'RELATIONS', align: 'end' },
      { title: 'COLUMNS', align: 'end' },
    ],
    snapshots.map(({ takenAt, checkedAt, durationMs, relations, columns }) => [
      takenAt,
      ago(takenAt, view.now),
      checkedAt === takenAt ? '–' : ago(checkedAt, view.now),
      formatDuration(durationMs),
      String(relations),
      String(columns),
    ]),
    view,
  );
}

function instant(iso: string, view: View): string {
  return `${iso} (${ago(iso, view.now)})`;
}

const units = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
] as const;

/** An interval as it was given: `6 h`, `90 min`. */
function spokenInterval(ms: number): string {
  const [unitMs, unit] = units.find(([size]) => ms % size === 0) ?? [1, 'ms'];
  return `${ms / unitMs} ${unit}`;
}

/** `in 5 h`: how far ahead an instant is. */
function ahead(iso: string, { now }: View): string {
  const ms = Date.parse(iso) - now.getTime();
  const [unitMs, unit] = units.find(([size]) => ms >= size) ?? [1000, 's'];
  return `in ${Math.max(1, Math.floor(ms / unitMs))} ${unit}`;
}
