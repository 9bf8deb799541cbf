import type { Command } from 'commander';
import { UsageError } from '../../connections/errors.ts';
import { requireConnection } from '../../connections/services.ts';
import { testSaved } from '../../connections/test.ts';
import type { App, Verdict } from '../app.ts';
import { openReports } from '../reports.ts';
import { type Act, examples } from '../verb.ts';
import { declareTestFlags, kindOfTest, type TestFlags } from './test-flags.ts';
import { fleetInCatalog, fleetInFile, runFleet } from './test-fleet.ts';
import { runOne, runUnsaved } from './test-one.ts';

export interface TestCommandOptions {
  readonly names: readonly string[];
  readonly flags: TestFlags;
}

export function declareTest(command: Command, act: Act, run = runTest): void {
  command.argument('[name...]', 'names or ids; with endpoint flags, the one whose edit is tried');
  declareTestFlags(command);
  command
    .addHelpText(
      'after',
      examples(
        'jackfield connections test orders',
        'jackfield connections test --all --json',
        'jackfield connections test --file connections.yaml --report github --report junit=connections.xml',
        'jackfield connections test --role source --url-env DATABASE_URL # saves nothing',
        'jackfield connections test orders --schema sales # tries an edit',
      ),
    )
    .action((names: string[], flags: TestFlags) => act((app) => run(app, { names, flags })));
}

export async function runTest(app: App, { names, flags }: TestCommandOptions): Promise<Verdict> {
  const kind = kindOfTest(names, flags);
  const [name] = names;
  const { file = null, report = [], failOn = 'failed' } = flags;
  const reports = await openReports(app, report, { failOn, file });
  if (kind === 'endpoint') return runUnsaved(app, name, flags, reports);
  const fleet =
    file === null ? await fleetInCatalog(app, names, flags) : await fleetInFile(app, file, names, flags);
  if (fleet.length === 0 && !flags.allowEmpty) throw nothingToTest(file);
  const alone = file === null && names.length === 1 && flags.shard === undefined && fleet.length === 1;
  if (!alone || name === undefined) return runFleet(app, fleet, flags, reports);
  const saved = await requireConnection(await app.services.catalog(), name);
  return runOne(app, flags, reports, (options) => testSaved(app.services, saved, options));
}

function nothingToTest(file: string | null): UsageError {
  return new UsageError({
    code: 'nothing_to_test',
    message: 'there is nothing to test',
    fix: `${file === null ? 'save a connection first' : 'write connections into the file'}, loosen the filter, or add --allow-empty`,
  });
}
