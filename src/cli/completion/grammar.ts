import type { Argument, Command, Option } from 'commander';
import { buildGrammar, loadVerb, pathOf } from '../program.ts';
import type { GrammarCommand, GrammarValue } from './complete.ts';

/**
 * The whole grammar as plain data. The build keeps it beside the program, so that completion loads neither
 * the grammar's package nor what verbs need to run.
 */
export async function describeGrammar(): Promise<GrammarCommand> {
  return describe(buildGrammar());
}

async function describe(command: Command): Promise<GrammarCommand> {
  await loadVerb(command);
  const commands: GrammarCommand[] = [];
  for (const child of command.commands) commands.push(await describe(child));
  return {
    path: pathOf(command),
    name: command.name(),
    aliases: command.aliases(),
    summary: command.summary(),
    options: command.options.map((option) => ({
      long: option.long ?? null,
      short: option.short ?? null,
      about: option.description,
      hidden: option.hidden,
      takesValue: option.required,
      value: takenBy(option, /[<[]([^\]>]+)[\]>]/.exec(option.flags)?.[1] ?? ''),
    })),
    arguments: command.registeredArguments.map((argument) => ({
      variadic: argument.variadic,
      value: takenBy(argument, argument.name()),
    })),
    commands,
  };
}

function takenBy(of: Option | Argument, placeholder: string): GrammarValue {
  const values = of.argChoices ?? (of.parseArg as { values?: readonly string[] } | undefined)?.values ?? null;
  return { placeholder, values };
}
