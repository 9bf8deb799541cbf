import type { Command } from 'commander';
import type { CdcOperation, CdcWish } from '../../../cdc/cdc.ts';
import { operations } from '../../../cdc/vocabulary.ts';
import { UsageError } from '../../../connections/errors.ts';
import { readDuration, repeated } from '../../values.ts';

export interface NameFlags {
  publication?: string;
  slot?: string;
  timeout?: number;
}

export interface SetupFlags extends NameFlags {
  table?: string[];
  publish?: CdcOperation[];
  failover?: boolean;
  replicaIdentityFull?: boolean;
  publicationOnly?: boolean;
}

/** How long a look at a server may take, in milliseconds. */
export const lookTimeoutMs = 30_000;

export function declareNameFlags(command: Command): Command {
  return command
    .option('--publication <name>', 'the publication (jackfield_NAME)')
    .option('--slot <name>', 'the replication slot (jackfield_NAME)');
}

/** What `plan` and `setup` take alike. */
export function declareSetupFlags(command: Command): Command {
  command.option(
    '--table <glob>',
    "all tables that are to be captured: 'sales.*', sales.orders; repeat for several",
    repeated,
  );
  return declareNameFlags(command)
    .option('--publish <list>', `what is published (${operations.join(',')})`, readOperations)
    .option('--replica-identity-full', 'give tables without a key REPLICA IDENTITY FULL, which has its cost')
    .option('--failover', 'a slot that a standby takes over (PostgreSQL 17 and newer)')
    .option('--publication-only', 'on a primary whose standby has the slot: the publication alone');
}

export function wishOf(flags: SetupFlags): CdcWish {
  if (flags.failover && flags.publicationOnly) {
    throw new UsageError({
      code: 'conflicting_flags',
      message: '--failover is about the slot, and --publication-only makes none',
      fix: 'leave one of them out',
    });
  }
  return {
    tables: flags.table ?? [],
    publication: flags.publication ?? null,
    slot: flags.slot ?? null,
    publish: flags.publish ?? null,
    failover: flags.failover === true,
    identityFull: flags.replicaIdentityFull === true,
    publicationOnly: flags.publicationOnly === true,
  };
}

export function declareTimeout(command: Command, shown: string): Command {
  return command.option('--timeout <time>', `the whole of it (${shown})`, readDuration('--timeout'));
}

/** In PostgreSQL's own order. @throws UsageError bad_value */
function readOperations(text: string): CdcOperation[] {
  const words = text.split(',').map((word) => word.trim());
  const unknown = words.some((word) => !operations.some((known) => known === word));
  if (!unknown) return operations.filter((known) => words.includes(known));
  throw new UsageError({
    code: 'bad_value',
    message: `the value of --publish names more than ${operations.join(', ')}`,
    fix: 'use --publish insert,update,delete, for instance',
  });
}
