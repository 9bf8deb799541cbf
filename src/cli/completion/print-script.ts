import { Argument, type Command } from 'commander';
import type { App, Verdict } from '../app.ts';
import { type Act, examples } from '../verb.ts';
import { completionScripts, type Shell, shells } from './scripts.ts';

export function declareCompletion(command: Command, act: Act, run = runCompletion): void {
  command
    .addArgument(new Argument('<shell>', 'whose script').choices(shells))
    .addHelpText(
      'after',
      `
Load it once: source <(jackfield completion bash), the same with zsh, or jackfield completion fish | source.
For good, write it to ~/.local/share/bash-completion/completions/jackfield, to _jackfield in a directory of
zsh's $fpath, or to ~/.config/fish/completions/jackfield.fish.
${examples('jackfield completion bash', 'jackfield completion zsh', 'jackfield completion fish')}`,
    )
    .action((shell: Shell) => act((app) => run(app, { shell })));
}

export async function runCompletion(app: App, { shell }: { shell: Shell }): Promise<Verdict> {
  await app.write(completionScripts[shell]);
  return 'done';
}
