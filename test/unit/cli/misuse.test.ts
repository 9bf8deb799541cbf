import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JackfieldError, UsageError } from '../../../src/connections/errors.ts';
import { readCommandLine } from '../../support/command-line.ts';

async function refusal(...argv: string[]): Promise<UsageError> {
  const error: unknown = await readCommandLine(...argv).then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof UsageError) return error;
  throw new Error(`${argv.join(' ')} was not refused as wrong usage`, { cause: error });
}

describe('a command line that is wrong', () => {
  it.each<[string[], string, string, string]>([
    [['connections', 'list', '--frobnicate'], 'unknown_flag', '"--frobnicate"', '--help'],
    [['connections', 'list', '--rol', 'source'], 'unknown_flag', '"--rol"', 'Did you mean --role?'],
    [['connections', 'list', '-x'], 'unknown_flag', '"-x"', '--help'],
    [['connections', 'lst'], 'unknown_command', '"lst"', 'Did you mean'],
    [['conections'], 'unknown_command', '"conections"', 'Did you mean connections?'],
    [['frobnicate'], 'unknown_command', '"frobnicate"', '--help'],
    [['connections', 'show'], 'missing_argument', '"name"', '--help'],
    [['connections', 'delete'], 'missing_argument', '"name"', '--help'],
    [['connections', 'exec'], 'missing_argument', 'the connection is missing, and the program', '-- psql'],
    [
      ['connections', 'exec', '--'],
      'missing_argument',
      'the connection is missing, and the program',
      '-- psql',
    ],
    [
      ['connections', 'exec', 'orders'],
      'missing_argument',
      '"orders" is taken for the connection',
      '-- psql',
    ],
    [['connections', 'exec', '--', 'psql'], 'missing_argument', 'the program to run is missing', '-- psql'],
    [['connections', 'list', 'extra'], 'excess_arguments', 'too many arguments', '--help'],
    [['doctor', 'extra'], 'excess_arguments', 'too many arguments', '--help'],
    [['connections', 'list', '--search'], 'missing_value', '--search <text>', '--help'],
    [['connections', 'add', '--port'], 'missing_value', '--port <port>', '--help'],
    [['--home'], 'missing_value', '--home <dir>', '--help'],
    [['connections', 'list', '--used', '--unused'], 'conflicting_flags', '--unused', '--help'],
    [['connections', 'list', '--role', 'both'], 'bad_value', '--role', 'all or source or destination'],
    [['connections', 'list', '--status', 'green'], 'bad_value', '--status', '--status passed'],
    [['connections', 'catalog', '--role', 'all'], 'bad_value', '--role', '--role source'],
    [['connections', 'add', '--role', 'Source'], 'bad_value', '--role', '--role source'],
    [['connections', 'add', '--port', '0'], 'bad_value', '--port', '5432'],
    [['connections', 'add', '--port', '70000'], 'bad_value', '--port', '5432'],
    [['connections', 'add', '--ssl-mode', 'yes'], 'bad_value', '--ssl-mode', 'verify-full'],
    [['connections', 'add', '--timeout', '0'], 'bad_value', '--timeout', '10s'],
    [['connections', 'add', '--option', 'novalue'], 'bad_value', '--option', 'KEY=VALUE'],
    [
      ['connections', 'edit', 'x', '--option', 'a=1', '--option', 'a=2'],
      'conflicting_flags',
      '--option a',
      'once',
    ],
    [['connections', 'test', '--concurrency', '0'], 'bad_value', '--concurrency', '8'],
    [['connections', 'test', '--concurrency', '1001'], 'bad_value', '--concurrency', '8'],
    [['connections', 'test', '--timeout', '0'], 'bad_value', '--timeout', '10s'],
    [['connections', 'test', '--shard', '0/4'], 'bad_value', '--shard', '1/4'],
    [['connections', 'test', '--shard', '5/4'], 'bad_value', '--shard', '1/4'],
    [['connections', 'test', '--shard', '1'], 'bad_value', '--shard', '1/4'],
    [['connections', 'test', '--shard', '1/2/3'], 'bad_value', '--shard', '1/4'],
    [['connections', 'test', '--fail-on', 'passed'], 'bad_value', '--fail-on', '--fail-on failed or warned'],
    [['connections', 'test', '--report', 'xml=a'], 'bad_value', '--report', '--report junit=connections.xml'],
    [['connections', 'test', '--report', 'constructor=a'], 'bad_value', '--report', '--report junit='],
    [['connections', 'test', '--report', 'junit'], 'bad_value', '--report junit', '--report junit=FILE'],
    [['connections', 'test', '--report', 'markdown='], 'bad_value', '--report markdown', 'markdown=FILE'],
    [['connections', 'test', '--report', 'github=x'], 'bad_value', 'takes no file', 'write --report github'],
    [
      ['connections', 'test', '--report', 'github', '--report', 'github'],
      'conflicting_flags',
      'github',
      'once',
    ],
    [['secrets', 'init', '--backend', 'file'], 'bad_value', '--backend', 'keychain or vault'],
  ])('%j', async (argv, code, message, fix) => {
    const error = await refusal(...argv);
    expect(error.code).toBe(code);
    expect(error.message + (error.fix ?? '')).toContain(message);
    expect(error.message).not.toMatch(/^error:|\n/);
    const hint =
      error.fix === 'use --option application_name=nightly, for instance' ? error.message : error.fix;
    expect(hint).toContain(fix);
  });

  it.each([
    ['connections', 'add', '--password', 'hunter2'],
    ['connections', 'add', '--password=hunter2'],
    ['connections', 'edit', 'orders', '--passphrase=hunter2'],
    ['connections', 'list', '--secret', 'hunter2'],
    ['connections', 'test', '--ssl-key-password=hunter2'],
  ])('with a flag for a password is told where passwords go: %s %s %s', async (...argv) => {
    const error = await refusal(...argv);
    expect(error.code).toBe('no_password_flag');
    expect(error.fix).toContain('--password-stdin');
    expect(error.message + error.fix).not.toContain('hunter');
  });

  it.each([
    ['--passwort=hunter2'],
    ['--passwort=hunter2\nhunter2'],
    ["--passwort='hunter2'"],
    ["--passwort=a'\n(Did you mean hunter2?)"],
    ['--passwort:hunter2'],
    ['--dsn=postgresql://app:hunter2@db/shop'],
    ['-phunter2'],
    ['-p=hunter2'],
  ])('is not repeated beyond the flag itself: %j', async (word) => {
    for (const command of [['connections', 'add'], ['connections', 'list'], ['doctor'], []]) {
      const error = await refusal(...command, word);
      expect(error.message + error.fix).not.toContain('hunter');
    }
  });

  it.each([
    ['postgresql://app:hunter2@db/shop'],
    ['host=db password=hunter2'],
    ['hunter2!'],
    ['hunter2\nhunter2'],
  ])('with %j where a command should be does not repeat it', async (word) => {
    for (const command of [['connections'], ['secrets'], []]) {
      const error = await refusal(...command, word);
      expect(error.code).toBe('unknown_command');
      expect(error.message + error.fix).not.toContain('hunter');
    }
  });

  it('whatever it is, repeats no value and ends in an error of ours', async () => {
    const canary = 'hunter2';
    const words = fc.oneof(
      fc.constantFrom('connections', 'list', 'add', 'test', 'secrets', 'init', 'doctor', '--', '--json'),
      fc.constantFrom(
        '--port',
        '--role',
        '--ssl-mode',
        '--option',
        '--timeout',
        '--password-env',
        '--url-env',
        '--status',
      ),
      fc.string({ unit: fc.constantFrom(...`-=:'"\n ap`), maxLength: 6 }).map((text) => `${text}-${canary}`),
      fc
        .string({ unit: fc.constantFrom(...`-=:'"\n ap`), maxLength: 6 })
        .map((text) => `--x=${text}${canary}`),
      fc.constantFrom(
        `--port=${canary}`,
        `--role=${canary}`,
        `--option=${canary}`,
        `--url-env=$${canary}`,
        `-p${canary}`,
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(words, { maxLength: 5 }), async (argv) => {
        try {
          await readCommandLine(...argv);
        } catch (error) {
          if (!(error instanceof JackfieldError)) throw error;
          expect(`${error.message} ${error.fix}`).not.toContain(canary);
        }
      }),
      { numRuns: 400 },
    );
  });
});
