import { type CdcProblem, type CdcTable, worst } from '../../cdc/cdc.ts';
import type { TableName } from '../../connections/connection.ts';
import { type CdcRelation, type ChosenTable, isTable } from './cdc-tables.ts';
import { displayIdentifier } from './identifiers.ts';

/** How tables are to be published. */
export interface PublishingWay {
  /** Whether updates or deletes are published: only then rows must be told apart. */
  readonly needsKey: boolean;
  /** Whether tables without a key will be given REPLICA IDENTITY FULL. */
  readonly identityFull: boolean;
  readonly currentUser: string;
  /** server_version_num. */
  readonly version: number;
  readonly recovery: boolean;
}

/** How many names a sentence says. */
const named = 3;

const kinds: Readonly<Record<string, string>> = {
  r: 'table',
  p: 'partitioned table',
  v: 'view',
  m: 'materialized view',
  f: 'foreign table',
};

/** What is told of a table that is to be captured, and of its partitions with it. */
export function judgeTable({ table, leaves }: ChosenTable, way: PublishingWay): CdcTable {
  const problems = isTable(table.kind) ? problemsOf({ table, leaves }, way) : [notATable(table)];
  return {
    schema: table.schema,
    name: table.name,
    kind: kinds[table.kind] ?? 'relation',
    partitions: table.kind === 'p' ? leaves.length : null,
    replicaIdentity: isTable(table.kind) ? table.identity : null,
    key: table.key,
    status: worst(problems.map(({ status }) => status)),
    problems,
  };
}

function problemsOf({ table, leaves }: ChosenTable, way: PublishingWay): CdcProblem[] {
  const all = unitsOf({ table, leaves });
  return [
    ...permanence(all),
    ...(way.needsKey ? keys(keyUnits({ table, leaves }, way.version), way) : []),
    ...ownership({ table, leaves }, way),
    ...reading(table, way),
    ...contents(all, table),
  ];
}

/** The relations whose replica identity counts: each partition by itself, and the root that consumers are told of. */
export function unitsOf({ table, leaves }: ChosenTable): readonly CdcRelation[] {
  return [table, ...leaves];
}

/** Before 13 the table that is partitioned is not published, and its own identity means nothing. */
export function keyUnits(chosen: ChosenTable, version: number): readonly CdcRelation[] {
  return chosen.table.kind === 'p' && version < 130_000 ? chosen.leaves : unitsOf(chosen);
}

/** Whether its rows can be told apart, so that its updates and deletes can be published. */
export function hasKey({ identity, key }: CdcRelation): boolean {
  return identity === 'full' || (identity !== 'nothing' && key !== null);
}

function notATable(table: CdcRelation): CdcProblem {
  return failed(
    'not_publishable',
    `it is a ${kinds[table.kind] ?? 'relation'}, and only tables have changes to publish`,
    'name the tables that it reads from',
  );
}

function permanence(all: readonly CdcRelation[]): CdcProblem[] {
  const odd = all.filter(({ permanent }) => !permanent);
  if (odd.length === 0) return [];
  return [
    failed(
      'not_permanent',
      `${share(odd, all)} unlogged or temporary: its changes are not in the WAL`,
      `ALTER TABLE ${written(odd[0])} SET LOGGED;`,
    ),
  ];
}

function keys(all: readonly CdcRelation[], way: PublishingWay): CdcProblem[] {
  const keyless = all.filter((it) => it.permanent && !hasKey(it));
  const full = all.filter(({ identity }) => identity === 'full');
  const problems: CdcProblem[] = [];
  const [first] = keyless;
  if (first !== undefined) {
    const because = reasonOf(first);
    problems.push(
      way.identityFull
        ? warned(
            'becomes_full',
            `${share(keyless, all)} without a usable key${because}: it gets REPLICA IDENTITY FULL, which writes whole old rows to the WAL and is slow to apply`,
            keyFix(first),
          )
        : failed(
            'no_key',
            `${share(keyless, all)} without a usable key${because}: publishing it would break the application's own UPDATE and DELETE`,
            keyFix(first),
          ),
    );
  }
  if (full.length > 0) {
    problems.push(
      warned(
        'identity_full',
        `${share(full, all)} REPLICA IDENTITY FULL: each update and delete writes the whole old row to the WAL`,
        `give it a key, then: ALTER TABLE ${written(full[0])} REPLICA IDENTITY DEFAULT;`,
      ),
    );
  }
  return problems;
}

function reasonOf({ identity, deferrableKey, identityIndex }: CdcRelation): string {
  if (identity === 'nothing') return ' (REPLICA IDENTITY NOTHING)';
  if (identity === 'index' && identityIndex === null)
    return ' (the index of its replica identity was dropped)';
  return deferrableKey === null ? '' : ' (its primary key is deferrable, which does not count)';
}

/** The cheapest way first: an index that is there, a key, and what is possible always. */
function keyFix(table: CdcRelation): string {
  const name = written(table);
  const full = `or, at a cost, --replica-identity-full (ALTER TABLE ${name} REPLICA IDENTITY FULL), or --publish insert`;
  const [fit] = table.fitIndexes;
  if (fit !== undefined) {
    return `ALTER TABLE ${name} REPLICA IDENTITY USING INDEX ${displayIdentifier(fit)}; ${full}`;
  }
  return `ALTER TABLE ${name} ADD PRIMARY KEY (…); or a unique index of NOT NULL columns and REPLICA IDENTITY USING INDEX; ${full}`;
}

function ownership(chosen: ChosenTable, way: PublishingWay): CdcProblem[] {
  // PostgreSQL asks for what is named in the publication; changing its identity asks for each.
  const named = way.version < 130_000 ? keyUnits(chosen, way.version) : [chosen.table];
  const all = way.identityFull && way.needsKey ? unitsOf(chosen) : named;
  const foreign = all.filter(({ owned }) => !owned);
  const [first] = foreign;
  if (first === undefined || way.recovery) return [];
  const user = displayIdentifier(way.currentUser);
  return [
    failed(
      'not_owner',
      `${share(foreign, all)} owned by ${first.owner}: only an owner may publish it`,
      `let ${first.owner} run what cdc plan --output sql prints, or: ALTER TABLE ${written(first)} OWNER TO ${user};`,
    ),
  ];
}

function reading(table: CdcRelation, way: PublishingWay): CdcProblem[] {
  if (!table.readable) {
    const user = displayIdentifier(way.currentUser);
    return [
      warned(
        'not_readable',
        'the user may not read it, and the first copy of its rows must',
        `GRANT USAGE ON SCHEMA ${displayIdentifier(table.schema)} TO ${user}; GRANT SELECT ON ${written(table)} TO ${user};`,
      ),
    ];
  }
  if (!table.filtered) return [];
  const user = displayIdentifier(way.currentUser);
  return [
    warned(
      'row_security',
      'row security filters what the user reads: the first copy misses rows, while all changes are published',
      `ALTER ROLE ${user} BYPASSRLS;`,
    ),
  ];
}

function contents(all: readonly CdcRelation[], table: CdcRelation): CdcProblem[] {
  const problems: CdcProblem[] = [];
  const generated = table.generatedColumns;
  if (generated.length > 0) {
    problems.push(
      warned(
        'generated_columns',
        `generated columns are not published: ${generated.slice(0, named).join(', ')}${generated.length > named ? ` and ${generated.length - named} more` : ''}`,
        'compute them where they are needed; PostgreSQL 18 has publish_generated_columns = stored',
      ),
    );
  }
  if (table.kind === 'r' && table.inherited) {
    problems.push(
      warned(
        'inherited',
        'tables inherit from it, and are published only where they are named',
        `name them too: --table ${displayIdentifier(table.schema)}.…`,
      ),
    );
  }
  if (table.kind === 'p' && all.length === 1) {
    problems.push(
      warned(
        'no_partitions',
        'it has no partition yet',
        'new ones are published with it from PostgreSQL 13 on',
      ),
    );
  }
  return problems;
}

function share(some: readonly CdcRelation[], all: readonly CdcRelation[]): string {
  const plural = some.length === 1 ? 'is' : 'are';
  if (all.length === 1) return 'it is';
  const names = some.slice(0, named).map(({ name }) => displayIdentifier(name));
  const more = some.length > named ? ` and ${some.length - named} more` : '';
  return `${some.length} of ${all.length}, the table and its partitions (${names.join(', ')}${more}), ${plural}`;
}

/** A table's name as a statement that is to be copied says it. */
export function written(table: TableName | undefined): string {
  return table === undefined ? '' : `${displayIdentifier(table.schema)}.${displayIdentifier(table.name)}`;
}

function failed(code: string, message: string, fix: string): CdcProblem {
  return { code, status: 'failed', message, fix };
}

function warned(code: string, message: string, fix: string): CdcProblem {
  return { code, status: 'warned', message, fix };
}
