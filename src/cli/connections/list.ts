import { type Command, Option } from 'commander';
import { type Connection, type Role, toConnection } from '../../connections/connection.ts';
import { type ConnectionFilter, filterConnections } from '../../connections/filter.ts';
import { roles, testStatuses } from '../../connections/vocabulary.ts';
import { connectionList } from '../../output/connection-list.ts';
import type { App, Verdict } from '../app.ts';
import { oneOf, repeated } from '../values.ts';
import { type Act, ownExamples } from '../verb.ts';

export interface ListOptions {
  readonly filter: ConnectionFilter;
}

interface ListFlags {
  role?: Role | 'all';
  search?: string;
  connector?: string;
  status?: (typeof testStatuses)[number];
  used?: boolean;
  unused?: boolean;
  tag?: string[];
}

export function declareList(command: Command, act: Act, run = runList): void {
  command
    .option('--role <role>', 'all, source or destination', oneOf('--role', ['all', ...roles]))
    .option('--search <text>', 'only those that show this text anywhere')
    .option('--connector <name>', 'only those of this connector')
    .option('--status <status>', `by last test: ${testStatuses.join(', ')}`, oneOf('--status', testStatuses))
    .addOption(new Option('--used', 'only those that a pipeline uses').conflicts('unused'))
    .option('--unused', 'only those that no pipeline uses')
    .option('--tag <tag>', 'only those with this tag; repeat for several', repeated)
    .addHelpText(
      'after',
      ownExamples(
        command,
        'jackfield connections list --role source',
        'jackfield connections list --status failed --json',
        'jackfield conn ls --search neon',
      ),
    );
  command.action((flags: ListFlags) => act((app) => run(app, { filter: toFilter(flags) })));
}

function toFilter(flags: ListFlags): ConnectionFilter {
  const { role, search, connector, status, tag } = flags;
  return {
    ...(role !== undefined && role !== 'all' && { role }),
    ...(search !== undefined && { search }),
    ...(connector !== undefined && { connector }),
    ...(status !== undefined && { status }),
    ...(flags.used && { used: true }),
    ...(flags.unused && { used: false }),
    ...(tag !== undefined && { tags: tag }),
  };
}

export async function runList(app: App, { filter }: ListOptions): Promise<Verdict> {
  const catalog = await app.services.catalog();
  const all = (await catalog.list()).map(toConnection);
  const filtered = Object.keys(filter).length > 0;
  const shown = filtered ? filterConnections(all, filter) : all;
  const disconnected = await disconnectedNames(app, shown);
  await app.print(connectionList(shown, { total: all.length, filtered, disconnected }));
  return 'done';
}

/** The pipelines that have lost a connection, where a person sees the names of any. */
async function disconnectedNames(app: App, shown: readonly Connection[]): Promise<Set<string>> {
  if (app.settings.output !== 'table' || shown.every(({ usedBy }) => usedBy.length === 0)) return new Set();
  const { isDisconnected } = await import('../../pipelines/pipeline.ts');
  const pipelines = await (await app.services.pipelines()).list();
  return new Set(pipelines.filter(isDisconnected).map(({ name }) => name));
}
