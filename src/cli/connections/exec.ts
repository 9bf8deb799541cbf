import type { Command, CommanderError } from 'commander';
import { SecretError, UsageError } from '../../connections/errors.ts';
import { handOver } from '../../connections/exec.ts';
import { requireConnection } from '../../connections/services.ts';
import { shownWord } from '../../connections/shown-word.ts';
import type { App, Verdict } from '../app.ts';
import { readVariableName } from '../values.ts';
import { type Act, examples } from '../verb.ts';

export interface ExecOptions {
  readonly name: string;
  readonly command: readonly string[];
  readonly urlVariable: string | null;
}

export function declareExec(command: Command, act: Act, run = runExec): void {
  command
    .usage('[options] <name> -- <command...>')
    .exitOverride((error) => pointToTheDashes(error, command.args))
    .argument('<name>', 'name or id')
    .argument('<command...>', 'a program and its arguments')
    .option(
      '--env-url <variable>',
      'put a URL with the password in this variable too, for programs that read no PG* variables',
      readVariableName('--env-url'),
    )
    .addHelpText(
      'after',
      examples(
        "jackfield connections exec orders -- psql -c 'select 1'",
        'jackfield connections exec orders -- pg_dump --format custom --file orders.dump',
        'jackfield connections exec orders --env-url DATABASE_URL -- npx prisma migrate deploy',
      ),
    )
    .action((name: string, words: string[], flags: { envUrl?: string }) =>
      act((app) => run(app, { name, command: words, urlVariable: flags.envUrl ?? null })),
    );
}

/**
 * Who leaves the "--" out gives us the program's options, or no program.
 * @param words what was given that is no option @throws UsageError, or what is given
 */
function pointToTheDashes(error: CommanderError, words: readonly string[]): never {
  const isOption = error.code === 'commander.unknownOption';
  if (!isOption && error.code !== 'commander.missingArgument') throw error;
  throw new UsageError({
    code: isOption ? 'unknown_flag' : 'missing_argument',
    message: isOption ? 'there is an option that exec does not know' : missingOf(words),
    fix: 'write the program and its options behind --: jackfield connections exec orders -- psql -c "select 1"',
  });
}

/** The first word is taken for the connection, wherever the "--" stands. */
function missingOf([name]: readonly string[]): string {
  if (name === undefined) return 'the connection is missing, and the program to run';
  return `${shownWord(name)} is taken for the connection, and the program to run is missing`;
}

export async function runExec(app: App, { name, command, urlVariable }: ExecOptions): Promise<Verdict> {
  if (command[0] === '') {
    throw new UsageError({
      code: 'bad_value',
      message: 'the name of the program is empty',
      fix: 'write it behind the --: jackfield connections exec orders -- psql',
    });
  }
  const saved = await requireConnection(await app.services.catalog(), name);
  const { environment } = app;
  const handed = await handOver(app.services, saved, { environment, urlVariable });
  if (handed.complaint !== null && urlVariable === null) {
    throw new SecretError({
      code: 'secret_not_for_files',
      message: `${saved.name} can't be handed over by files: ${handed.complaint}`,
      fix: 'add --env-url DATABASE_URL, for a program that reads a URL, or give it another password',
    });
  }
  return app.runProgram({ command, environment: handed.environment, files: handed.files });
}
