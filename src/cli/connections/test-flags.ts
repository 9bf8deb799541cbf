import { type Command, Option } from 'commander';
import type { Role } from '../../connections/connection.ts';
import { UsageError } from '../../connections/errors.ts';
import type { Shard } from '../../connections/fleet.ts';
import { cannotGoTogether } from '../conflicting-flags.ts';
import { declareEndpointFlags, type EndpointFlags, speaksOfEndpoint } from '../endpoint-flags.ts';
import { declareFleetFlags, type FleetFlags } from '../fleet-flags.ts';
import { readRole, repeated } from '../values.ts';

/** The flags of `connections test`, as commander reads them. */
export interface TestFlags extends EndpointFlags, FleetFlags {
  file?: string;
  trustFile?: boolean;
  role?: Role;
  tag?: string[];
  shard?: Shard;
  name?: string;
  connector?: string;
}

export function declareTestFlags(command: Command): void {
  command
    .option('--all', 'all connections')
    .option('--file <file>', 'test what a YAML or JSON file describes; nothing is saved')
    .option('--trust-file', 'allow cmd: and file: references in it')
    .option('--role <role>', 'only this role; for an endpoint that is not saved, its role', readRole)
    .option('--tag <tag>', 'only those with this tag; repeat for several', repeated)
    .option('--shard <i/n>', 'only the i-th of n parts, for CI jobs side by side', readShard);
  declareFleetFlags(command, 'test')
    .addOption(new Option('--name <name>', 'what an endpoint that is not saved is called in the result'))
    .addOption(new Option('--connector <name>', 'the connector of an endpoint that is not saved'));
  declareEndpointFlags(command, false);
}

/** `2/4`: the second of four. @throws UsageError bad_value */
function readShard(text: string): Shard {
  const match = /^(\d{1,4})\/(\d{1,4})$/.exec(text);
  const index = Number(match?.[1] ?? 0);
  const count = Number(match?.[2] ?? 0);
  if (index >= 1 && index <= count) return { index, count };
  throw new UsageError({
    code: 'bad_value',
    message: 'the value of --shard is not i/n with i from 1 to n',
    fix: 'use --shard 1/4 for the first of four parts',
  });
}

/** Which of its ways a test goes, once the flags are known not to contradict each other. */
export type TestKind = 'file' | 'endpoint' | 'catalog';

/** @throws UsageError conflicting_flags, missing_argument */
export function kindOfTest(names: readonly string[], flags: TestFlags): TestKind {
  const named = flags.name !== undefined || flags.connector !== undefined;
  if (flags.file !== undefined) {
    if (flags.all) throw cannotGoTogether('--all and --file', 'all of the file is tested anyway');
    if (speaksOfEndpoint(flags) || named)
      throw cannotGoTogether('--file and an endpoint', 'the file describes it');
    return 'file';
  }
  if (flags.trustFile) throw cannotGoTogether('--trust-file without --file', 'it says what that file may do');
  if (named && (names.length > 0 || !speaksOfEndpoint(flags))) {
    throw cannotGoTogether(
      '--name or --connector and what is saved',
      'they describe an endpoint that is not',
    );
  }
  if (speaksOfEndpoint(flags)) {
    if (names.length > 1)
      throw cannotGoTogether('several names and an endpoint', 'an edit is tried on one connection');
    if (flags.all || flags.tag)
      throw cannotGoTogether('--all or --tag and an endpoint', 'one endpoint is tested');
    if (flags.shard) throw cannotGoTogether('--shard and an endpoint', 'one endpoint is tested');
    if (names.length > 0 && flags.role)
      throw cannotGoTogether('--role and an edit', 'a role does not change');
    return 'endpoint';
  }
  if (names.length > 0 && flags.all) throw cannotGoTogether('names and --all', 'all are tested anyway');
  const filters = flags.role !== undefined || flags.tag !== undefined || flags.shard !== undefined;
  if (names.length > 0 || flags.all || filters) return 'catalog';
  throw new UsageError({
    code: 'missing_argument',
    message: 'nothing says what to test',
    fix: 'name connections, or add --all, or --file FILE, or describe an endpoint with --url-env or --host',
  });
}
