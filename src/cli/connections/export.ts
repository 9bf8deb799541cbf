import type { Command } from 'commander';
import { type Role, type SavedConnection, toConnection } from '../../connections/connection.ts';
import { UsageError } from '../../connections/errors.ts';
import {
  exportConnection,
  exportWithSecrets,
  leavesOut,
  serviceFile,
} from '../../connections/exchange/export.ts';
import { filterConnections } from '../../connections/filter.ts';
import { requireConnection } from '../../connections/services.ts';
import { type Answer, renderAnswer } from '../../output/answer.ts';
import { exportedFile, exportedText } from '../../output/exported.ts';
import type { App, Verdict } from '../app.ts';
import { cannotGoTogether } from '../conflicting-flags.ts';
import { oneOf, readRole, repeated } from '../values.ts';
import { type Act, examples } from '../verb.ts';

const formats = ['jackfield', 'pg-service'] as const;

export interface ExportFlags {
  role?: Role;
  tag?: string[];
  format?: (typeof formats)[number];
  file?: string;
  overwrite?: boolean;
  withSecrets?: boolean;
}

export interface ExportOptions {
  readonly names: readonly string[];
  readonly flags: ExportFlags;
}

export function declareExport(command: Command, act: Act, run = runExport): void {
  command
    .argument('[name...]', 'names or ids; all when left out')
    .option('--role <role>', 'only those of this role', readRole)
    .option('--tag <tag>', 'only those with this tag; repeat for several', repeated)
    .option('--format <format>', formats.join(', '), oneOf('--format', formats))
    .option('--file <file>', 'write it to a file, which is yours alone; else to standard output')
    .option('--overwrite', 'write over the file where it is there')
    .option('--with-secrets', 'with the stored passwords, encrypted by a passphrase')
    .addHelpText(
      'after',
      examples(
        'jackfield connections export > connections.yaml',
        'jackfield connections export --with-secrets --file connections.sealed',
        'jackfield connections export --role source --format pg-service --file ~/.pg_service.conf',
      ),
    )
    .action((names: string[], flags: ExportFlags) => act((app) => run(app, { names, flags })));
}

export async function runExport(app: App, { names, flags }: ExportOptions): Promise<Verdict> {
  refuseTogether(app, names, flags);
  const chosen = await choose(app, names, flags);
  const answer = await answerOf(app, chosen, flags);
  if (flags.file === undefined) {
    await app.print(answer);
    return 'done';
  }
  const { writePrivateFile } = await import('../write-file.ts');
  const view = { ...(await app.view('stdout')), terminal: false };
  const text = await renderAnswer(app.settings.output, answer, view, app.settings);
  await writePrivateFile(flags.file, text, flags.overwrite === true);
  const count = chosen.length === 1 ? 'one connection' : `${chosen.length} connections`;
  await app.done(`Wrote ${count} to ${flags.file}`);
  return 'done';
}

/** @throws UsageError conflicting_flags */
function refuseTogether({ settings }: App, names: readonly string[], flags: ExportFlags): void {
  const isOwnText = flags.format === 'pg-service' || flags.withSecrets === true;
  if (names.length > 0 && (flags.role !== undefined || flags.tag !== undefined)) {
    throw cannotGoTogether('names and --role or --tag', 'what is named is exported anyway');
  }
  if (flags.format === 'pg-service' && flags.withSecrets) {
    throw cannotGoTogether('--format pg-service and --with-secrets', 'libpq reads nothing that is encrypted');
  }
  if (isOwnText && settings.output !== 'table') {
    const flag = flags.withSecrets ? '--with-secrets' : '--format pg-service';
    throw cannotGoTogether(`${flag} and --output ${settings.output}`, 'it has a format of its own');
  }
  if (flags.overwrite && flags.file === undefined) {
    throw cannotGoTogether('--overwrite and standard output', 'there is no file', 'add --file FILE');
  }
}

/** @throws NotFoundError; UsageError nothing_to_export */
async function choose(
  app: App,
  names: readonly string[],
  { role, tag }: ExportFlags,
): Promise<SavedConnection[]> {
  const catalog = await app.services.catalog();
  const found = new Map<string, SavedConnection>();
  for (const name of names) {
    const saved = await requireConnection(catalog, name);
    found.set(saved.id, saved);
  }
  if (names.length > 0) return [...found.values()];
  const all = await catalog.list();
  const filter = { ...(role !== undefined && { role }), ...(tag !== undefined && { tags: tag }) };
  const ids = new Set(filterConnections(all.map(toConnection), filter).map(({ id }) => id));
  if (ids.size > 0) return all.filter(({ id }) => ids.has(id));
  throw new UsageError({
    code: 'nothing_to_export',
    message: 'there is no connection to export',
    fix: 'jackfield connections list shows those there are',
  });
}

async function answerOf(app: App, chosen: readonly SavedConnection[], flags: ExportFlags): Promise<Answer> {
  if (flags.withSecrets) {
    const connections = [];
    for (const saved of chosen) connections.push(await exportWithSecrets(app.services, saved));
    return exportedText(await app.sealer.seal(JSON.stringify({ connections })));
  }
  if (flags.format === 'pg-service') {
    const { text, impossible } = await serviceFile(app.services, chosen);
    if (impossible.length > 0) {
      await app.warn(
        `${impossible.join(', ')} can't be written for libpq: a value has a line break, or ends in a blank`,
      );
    }
    return exportedText(text);
  }
  const withoutSecret = chosen.filter(leavesOut).map(({ name }) => name);
  return exportedFile(chosen.map(exportConnection), withoutSecret);
}
