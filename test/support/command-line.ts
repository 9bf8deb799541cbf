import type { App } from '../../src/cli/app.ts';
import { runProgram } from '../../src/cli/program.ts';
import type { GlobalFlags } from '../../src/cli/settings.ts';
import type { Act, Verb } from '../../src/cli/verb.ts';
import { verbs } from '../../src/cli/verbs.ts';

/** What a run of the program's grammar came to, without any verb having been run. */
export interface ReadCommandLine {
  /** The verb that would have run, and what it would have been given; null when none would. */
  readonly verb: string | null;
  readonly options: unknown;
  readonly globals: GlobalFlags | null;
  /** The verbs whose grammar was loaded. */
  readonly loaded: readonly string[];
  readonly ended: 'run' | 'misused';
  readonly stdout: string;
  readonly stderr: string;
}

type Declare = (command: Parameters<Awaited<ReturnType<Verb['load']>>>[0], act: Act, run: never) => void;

/** An app that nobody may touch: reading a command line opens nothing. */
const untouchable = new Proxy({} as App, {
  get: (_app, name) => {
    throw new Error(`the grammar touched app.${String(name)}`);
  },
});

/**
 * Reads a command line with the real program, each verb's run function replaced by one that only takes
 * down what it is given.
 * @throws what the program throws
 */
export async function readCommandLine(...argv: readonly string[]): Promise<ReadCommandLine> {
  const read = {
    verb: null as string | null,
    options: undefined as unknown,
    globals: null as GlobalFlags | null,
  };
  const said = { stdout: '', stderr: '' };
  const loaded: string[] = [];
  const recording = verbs.map((verb): Verb => {
    const run = async (_app: App, options: unknown) => {
      read.verb = verb.path;
      read.options = options;
      return 'done' as const;
    };
    const load = async () => {
      loaded.push(verb.path);
      const declare = (await verb.load()) as Declare;
      return (command: Parameters<Declare>[0], act: Act) => declare(command, act, run as never);
    };
    return { ...verb, load };
  });
  const ended = await runProgram(
    argv,
    {
      version: '1.2.3',
      write: (text) => {
        said.stdout += text;
      },
      writeError: (text) => {
        said.stderr += text;
      },
      act: async (globals, run) => {
        read.globals = globals;
        await run(untouchable);
      },
    },
    recording,
    async () => null,
  );
  return { ...read, ...said, loaded, ended };
}
