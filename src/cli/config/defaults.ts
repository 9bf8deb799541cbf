import { UsageError } from '../../connections/errors.ts';
import { type ConfigFile, configPath, readConfigFile } from './file.ts';
import { configKeys, type Defaults, type Key, keyNames, requireKey } from './keys.ts';

/** A value that is in force, and where it was said. */
interface Origin {
  readonly source: 'environment' | 'file';
  /** The variable, or the file's path. */
  readonly from: string;
  /** As it is written there. */
  readonly text: string;
}

/** The defaults of a run, with where each was said. */
export interface ReadDefaults {
  readonly values: Defaults;
  readonly origins: Readonly<Partial<Record<Key, Origin>>>;
  /** What is wrong with the file or a variable: told by `config`, and ends every other command. */
  readonly problems: readonly UsageError[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the environment and the file, in this order. Never throws for what stands there. */
export function readDefaults(home: string, environment: Environment): ReadDefaults {
  const problems: UsageError[] = [];
  const attempt = <T>(read: () => T): T | null => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      problems.push(error);
      return null;
    }
  };
  const file = attempt(() => readConfigFile(home)) ?? {};
  const path = configPath(home);
  for (const key of Object.keys(file)) attempt(() => requireKey(key, ` in ${path}`));
  const origins: Partial<Record<Key, Origin>> = {};
  const values: Record<string, unknown> = {};
  for (const key of keyNames) {
    const { variable, read } = configKeys[key];
    values[key] = null;
    const set = environment[variable];
    const inFile = attempt(() => textIn(file, key, path));
    // A value of the file is checked although a variable comes before it.
    const fromFile = inFile === null ? null : attempt(() => read(`${key} in ${path}`)(inFile));
    if (set !== undefined && set !== '') {
      values[key] = attempt(() => read(variable)(set));
      origins[key] = { source: 'environment', from: variable, text: set };
    } else if (inFile !== null && fromFile !== null) {
      values[key] = fromFile;
      origins[key] = { source: 'file', from: path, text: inFile };
    }
  }
  return { values: values as unknown as Defaults, origins, problems };
}

function textIn(file: ConfigFile, key: Key, path: string): string | null {
  if (!Object.hasOwn(file, key)) return null;
  const value = file[key];
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  throw new UsageError({
    code: 'bad_value',
    message: `the value of ${key} in ${path} is neither a text nor a number`,
    fix: `jackfield config set ${key} ${configKeys[key].fallback}`,
  });
}
