import type { Command } from 'commander';
import { UsageError } from '../../connections/errors.ts';
import type { Since } from '../../metadata/diff-compare.ts';
import { changeKinds } from '../../metadata/diff-schema.ts';
import { globMatcher } from '../../metadata/glob.ts';
import { cannotGoTogether } from '../conflicting-flags.ts';
import { oneOf, readDuration, repeated } from '../values.ts';

/** The flags of `connections diff`, as commander reads them. */
export interface DiffFlags {
  since?: Since;
  baseline?: string;
  file?: string;
  trustFile?: boolean;
  map?: ReadonlyMap<string, string>;
  schema?: string[];
  table?: string[];
  ignore?: string[];
  cached?: boolean;
  refresh?: boolean;
  failOn?: 'any' | 'breaking';
  timeout?: number;
}

export function declareDiffFlags(command: Command): void {
  command
    .option(
      '--since <when>',
      "compare with what was then: 2d, 12h, a day or instant (ISO 8601), a snapshot's number",
      readSince,
    )
    .option('--baseline <file>', 'compare with a saved discover --json')
    .option('--map <schema=schema>', 'what a schema is called on the other side; repeat for several', readMap)
    .option('--schema <glob>', 'only these schemas; repeat for several', repeated)
    .option('--table <glob>', 'only these tables, or schema.table; repeat for several', repeated)
    .option('--ignore <kind>', 'leave out this kind of change, or a glob; repeat for several', readIgnored)
    .option('--cached', 'dial nobody: compare what was read last')
    .option('--refresh', 'with another connection: read both now, whether they are due or not')
    .option('--file <file>', 'take the connections from a YAML or JSON file; no catalog is needed')
    .option('--trust-file', 'allow cmd: and file: references in it')
    .option(
      '--fail-on <what>',
      'what makes the exit code 1: any difference (the default) or breaking ones',
      oneOf('--fail-on', ['any', 'breaking']),
    )
    .option('--timeout <time>', 'the whole of each refresh (5m)', readDuration('--timeout'));
}

const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 } as const;
const isoTime = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})?)?$/;

/** @throws UsageError bad_value */
function readSince(text: string): Since {
  const snapshot = /^#?(\d{1,9})$/.exec(text);
  if (snapshot !== null) return { snapshot: Number(snapshot[1]) };
  const duration = /^(\d{1,6}(?:\.\d{1,3})?)([smhdw])$/.exec(text);
  if (duration !== null) return { agoMs: Number(duration[1]) * unitMs[duration[2] as keyof typeof unitMs] };
  const at = new Date(text);
  if (isoTime.test(text) && !Number.isNaN(at.getTime())) return { at };
  throw badValue('the value of --since is no time', 'use --since 2d, --since 12h or --since 2026-03-01');
}

/** @throws UsageError bad_value */
function readMap(text: string, former: ReadonlyMap<string, string> = new Map()): Map<string, string> {
  const equals = text.indexOf('=');
  const [source, target] = [text.slice(0, equals), text.slice(equals + 1)];
  if (equals < 1 || target === '') {
    throw badValue('the value of --map is not SCHEMA=SCHEMA', 'use --map app=landing, for instance');
  }
  if (former.has(source)) throw badValue('--map names one schema twice', 'map each schema once');
  return new Map([...former, [source, target]]);
}

/** @throws UsageError bad_value */
function readIgnored(text: string, former: readonly string[] = []): string[] {
  if (changeKinds.some(globMatcher(text))) return [...former, text];
  throw badValue(
    `there is no kind of change ${JSON.stringify(text)}`,
    'jackfield schema diff prints the kinds; use --ignore owner_changed or "--ignore index_*", for instance',
  );
}

function badValue(message: string, fix: string): UsageError {
  return new UsageError({ code: 'bad_value', message, fix });
}

/** @throws UsageError conflicting_flags, missing_argument */
export function checkDiffFlags(other: string | null, flags: DiffFlags): void {
  const { since, baseline, file, map, cached, refresh, trustFile } = flags;
  const conflicts: [boolean, string, string][] = [
    [other !== null && since !== undefined, '--since and another connection', 'a diff has two sides'],
    [other !== null && baseline !== undefined, '--baseline and another connection', 'a diff has two sides'],
    [since !== undefined && baseline !== undefined, '--since and --baseline', 'a diff has two sides'],
    [cached === true && refresh === true, '--cached and --refresh', 'they contradict each other'],
    [cached === true && file !== undefined, '--cached and --file', 'nothing is kept of what is not saved'],
    [since !== undefined && file !== undefined, '--since and --file', 'nothing is kept of what is not saved'],
    [
      trustFile === true && file === undefined,
      '--trust-file without --file',
      'it says what that file may do',
    ],
    [
      map !== undefined && other === null && baseline === undefined,
      '--map and one connection',
      'its schemas are called the same',
    ],
  ];
  const conflict = conflicts.find(([holds]) => holds);
  if (conflict !== undefined) {
    throw cannotGoTogether(conflict[1], conflict[2]);
  }
  if (file !== undefined && other === null && baseline === undefined) {
    throw new UsageError({
      code: 'missing_argument',
      message: 'with --file nothing says what to compare with',
      fix: 'add --baseline schema.json, or name another connection of the file',
    });
  }
}
