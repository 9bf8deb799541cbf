import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import type { z } from 'zod';
import type { Connection } from '../../src/connections/connection.ts';
import { connectionListSchema, errorSchema } from '../../src/connections/schema.ts';
import { jackfield, newHome, type RunningProgram, type RunResult, startJackfield } from './program.ts';

/** One word of a command line, or several. */
type Words = string | number | readonly string[];

/**
 * A command line as it is typed: `` jackfield`connections show ${name}` ``. Blanks divide its words; a
 * value in `${}` is one word, whatever it holds, and a list is as many.
 */
type Typed<T> = (text: TemplateStringsArray, ...values: readonly Words[]) => Promise<T>;

interface Surroundings {
  readonly stdin?: string;
  /** Added to JACKFIELD_KEY_FILE; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}

/** A script that uses the program: without a terminal, with a catalog of its own and a key for its vault. */
export interface Script {
  /** JACKFIELD_HOME. */
  readonly home: string;
  /** An existing directory for the script's files, removed after the test. */
  readonly directory: string;
  /** What its commands find in their environment, besides a bare one. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The same script with these around each command. */
  given(surroundings: Surroundings): Script;
  /** Runs a command, however it ends. */
  readonly jackfield: Typed<RunResult>;
  /** Starts a command and leaves it running. */
  start(text: TemplateStringsArray, ...values: readonly Words[]): RunningProgram;
  /** Runs a command with `--json`; it must end with this code, 0 when left out, and answer in this shape. */
  answer<T>(schema: z.ZodType<T>, exitCode?: number): Typed<T>;
  /**
   * Runs a command with `--json`; it must end with this code, answer nothing, and say why in the shape
   * of an error, with one sentence and its fix.
   */
  refused(exitCode: number): Typed<{ code: string; message: string; fix: string | null }>;
  /** Everything that is saved. */
  saved(): Promise<Connection[]>;
}

export function newScript(): Script {
  const home = newHome();
  const directory = dirname(home);
  const keyFile = join(directory, 'vault-key');
  writeFileSync(keyFile, randomBytes(32), { mode: 0o600 });
  return scriptIn(home, directory, { env: { JACKFIELD_KEY_FILE: keyFile } });
}

function scriptIn(home: string, directory: string, surroundings: Surroundings): Script {
  const options = { home, ...surroundings };
  const script: Script = {
    home,
    directory,
    env: surroundings.env ?? {},
    given: ({ env, ...others }) =>
      scriptIn(home, directory, { ...surroundings, ...others, env: { ...surroundings.env, ...env } }),
    jackfield: (text, ...values) => jackfield(wordsOf(text, values), options),
    start: (text, ...values) => startJackfield(wordsOf(text, values), options),
    answer:
      (schema, exitCode = 0) =>
      async (text, ...values) => {
        const ended = await jackfield([...wordsOf(text, values), '--json'], options);
        expect(ended.code, ended.stdout + ended.stderr).toBe(exitCode);
        return schema.parse(ended.json());
      },
    refused:
      (exitCode) =>
      async (text, ...values) => {
        const ended = await jackfield([...wordsOf(text, values), '--json'], options);
        expect(ended.code, ended.stdout + ended.stderr).toBe(exitCode);
        expect(ended.stdout).toBe('');
        const { error } = errorSchema.parse(JSON.parse(ended.stderr));
        expect(error.code).toMatch(/^[a-z][a-z0-9_]+$/);
        expect(error.message).toMatch(/^[^\n]{5,}$/);
        // One line, or a command a line.
        expect(error.fix).toMatch(/^[^\n]{3,}(?:\n[^\n]{3,})*$/);
        return error;
      },
    saved: () => script.answer(connectionListSchema)`connections list`,
  };
  return script;
}

function wordsOf(text: TemplateStringsArray, values: readonly Words[]): string[] {
  const line = text.map((piece, index) => (index === 0 ? piece : `\0${index - 1}\0${piece}`)).join('');
  return line
    .split(/\s+/)
    .filter((word) => word !== '')
    .flatMap((word) => {
      const alone = /^\0(\d+)\0$/.exec(word);
      const value = alone ? (values[Number(alone[1])] ?? '') : null;
      if (typeof value === 'object' && value !== null) return value;
      return [word.replace(/\0(\d+)\0/g, (_all, index) => String(values[Number(index)]))];
    });
}
