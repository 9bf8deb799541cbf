import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultHome } from '../../../src/cli/default-home.ts';
import { type GlobalFlags, readSettings } from '../../../src/cli/settings.ts';

const noFlags = { input: true, color: true };
const settings = (flags: GlobalFlags = {}, environment: Record<string, string> = {}) =>
  readSettings({ ...noFlags, ...flags }, environment, ['ndjson']);

describe('the settings', () => {
  it('are these when nothing is said', () => {
    expect(settings()).toEqual({
      output: 'table',
      verbOutput: null,
      csvSafe: false,
      input: true,
      quiet: false,
      plain: false,
      debug: false,
      color: undefined,
      home: defaultHome({}),
    });
  });

  it.each<[GlobalFlags, object]>([
    [{ json: true }, { output: 'json' }],
    [{ output: 'json', json: true }, { output: 'json' }],
    [{ output: 'csv' }, { output: 'csv' }],
    [
      { output: 'csv', csvSafe: true },
      { output: 'csv', csvSafe: true },
    ],
    [{ output: 'yaml' }, { output: 'yaml' }],
    [{ output: 'table' }, { output: 'table' }],
    [{ output: 'ndjson' }, { output: 'table', verbOutput: 'ndjson' }],
    [{ input: false }, { input: false }],
    [{ color: false }, { color: false }],
    [{ plain: true }, { plain: true }],
    [
      { quiet: true, debug: true },
      { quiet: true, debug: true },
    ],
  ])('follow the flags %j', (flags, expected) => {
    expect(settings(flags)).toMatchObject(expected);
  });

  it.each<[GlobalFlags, string]>([
    [{ output: 'xml' }, 'unknown_output'],
    [{ output: '' }, 'unknown_output'],
    [{ output: 'JSON' }, 'unknown_output'],
    [{ output: 'csv', json: true }, 'conflicting_flags'],
    [{ csvSafe: true }, 'conflicting_flags'],
    [{ csvSafe: true, json: true }, 'conflicting_flags'],
    [{ home: '' }, 'bad_value'],
  ])('refuse the flags %j', (flags, code) => {
    expect(() => settings(flags)).toThrow(expect.objectContaining({ code }));
  });
});

describe('the home', () => {
  it('is that of the flag, else of JACKFIELD_HOME, else the default', () => {
    const environment = { JACKFIELD_HOME: '/from/variable', XDG_DATA_HOME: '/xdg' };
    expect(settings({ home: '/from/flag' }, environment).home).toBe('/from/flag');
    expect(settings({}, environment).home).toBe('/from/variable');
    expect(settings({}, { JACKFIELD_HOME: '' }).home).toBe(defaultHome({}));
  });

  it('is absolute, so that it stays where it is', () => {
    expect(settings({ home: 'here' }).home).toBe(resolve('here'));
    expect(settings({}, { JACKFIELD_HOME: './there/../x' }).home).toBe(resolve('x'));
  });

  it.each<[string, NodeJS.Platform, Record<string, string>, string]>([
    ['XDG’s default', 'linux', {}, '/home/me/.local/share/jackfield'],
    ['XDG_DATA_HOME', 'linux', { XDG_DATA_HOME: '/data' }, '/data/jackfield'],
    ['XDG_DATA_HOME, empty', 'linux', { XDG_DATA_HOME: '' }, '/home/me/.local/share/jackfield'],
    ['XDG_DATA_HOME, relative', 'linux', { XDG_DATA_HOME: 'data' }, '/home/me/.local/share/jackfield'],
    ['XDG’s on other Unixes', 'freebsd', { XDG_DATA_HOME: '/data' }, '/data/jackfield'],
    ['macOS', 'darwin', { XDG_DATA_HOME: '/data' }, '/home/me/Library/Application Support/jackfield'],
    ['Windows', 'win32', { LOCALAPPDATA: '/me/local' }, '/me/local/jackfield'],
    ['Windows without LOCALAPPDATA', 'win32', {}, '/home/me/AppData/Local/jackfield'],
    ['Windows with an empty one', 'win32', { LOCALAPPDATA: '' }, '/home/me/AppData/Local/jackfield'],
  ])('by default: %s', (_what, platform, environment, expected) => {
    expect(defaultHome(environment, platform, '/home/me')).toBe(expected);
  });

  it("is the user's own", () => {
    expect(defaultHome({}, 'linux')).toBe(join(homedir(), '.local', 'share', 'jackfield'));
  });

  it.each([
    [{ JACKFIELD_PLAIN: '1' }, true],
    [{ JACKFIELD_PLAIN: '' }, false],
    [{ JACKFIELD_PLAIN: '0' }, false],
    [{ TERM: 'dumb' }, true],
    [{ TERM: 'dumb', JACKFIELD_PLAIN: 'false' }, false],
    [{ TERM: 'xterm' }, false],
  ])('plain by the environment: %j', (environment, plain) => {
    expect(settings({}, environment).plain).toBe(plain);
  });
});
