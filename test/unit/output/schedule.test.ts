import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { rhythmOf } from '../../../src/metadata/schedule.ts';
import { scheduleSchema } from '../../../src/metadata/schema.ts';
import { schedule } from '../../../src/output/schedule.ts';
import { afterwards } from '../../support/clean-up.ts';
import { parseXml, type XmlElement } from '../../support/xml.ts';
import { terminal } from './samples.ts';

const quarter = rhythmOf(15 * 60_000);
const plain = { words: ['/usr/bin/node', '/opt/jackfield.js', 'metadata', 'refresh'], environment: {} };

function textsOf(command: Parameters<typeof schedule>[0], rhythm = quarter) {
  return scheduleSchema.parse(schedule(command, rhythm, null).value);
}

/** Without the comment and the type of the document, which parseXml refuses. */
function plist(text: string): XmlElement {
  return parseXml(text.replace(/<!DOCTYPE[^>]*>\n/, '').replace(/<!--.*-->\n/s, ''));
}

test('is a line of a crontab, a service and timer of systemd, a file of launchd', () => {
  const { cron, systemd, launchd } = textsOf(plain);
  expect(cron.split('\n').filter((line) => !line.startsWith('#'))).toEqual([
    '*/15 * * * * /usr/bin/node /opt/jackfield.js metadata refresh',
    '',
  ]);
  expect(systemd.service).toContain('\nExecStart=/usr/bin/node /opt/jackfield.js metadata refresh\n');
  expect(systemd.service).not.toContain('Environment=');
  expect(systemd.timer).toContain('\nOnCalendar=*:0/15\n');
  expect(launchd).toContain('  <key>StartInterval</key>\n  <integer>900</integer>\n');
  expect(launchd).not.toContain('EnvironmentVariables');
  for (const text of [cron, systemd.service, launchd]) expect(text).toContain('JACKFIELD_KEY_FILE');
});

test('for a person all of them, or the one that was asked for', () => {
  const { cron, systemd, launchd } = textsOf(plain);
  const shown = (only: Parameters<typeof schedule>[2]) => schedule(plain, quarter, only).text(terminal(80));
  expect(shown(null)).toBe([cron, systemd.service, systemd.timer, launchd].join('\n'));
  expect(shown('cron')).toBe(cron);
  expect(shown('systemd')).toBe(`${systemd.service}\n${systemd.timer}`);
  expect(shown('launchd')).toBe(launchd);
});

const awkward = [
  'a b',
  "it's",
  '50%',
  '100%%',
  '$HOME',
  '$$',
  '"quoted"',
  'back\\slash',
  '<&>',
  '-',
  'ünï',
  ';|&`(){}*?#~!',
];

test('whatever stands in a path comes through', () => {
  const directory = mkdtempSync(join(tmpdir(), 'jackfield-schedule-'));
  afterwards(() => rmSync(directory, { recursive: true, force: true }));
  const odd = join(directory, `o'dd 5% $x "dir"\\`);
  mkdirSync(odd);
  const program = join(odd, 'tell.cjs');
  writeFileSync(program, 'console.log(JSON.stringify([process.argv.slice(2), process.env.JACKFIELD_HOME]))');
  const environment = { JACKFIELD_HOME: join(odd, '~home; #%') };
  const command = { words: [process.execPath, program, ...awkward], environment };
  const { cron, systemd, launchd } = textsOf(command);

  const line = cron.split('\n').find((it) => !it.startsWith('#')) ?? '';
  // What cron hands to the shell: up to the first % without a backslash, which goes.
  const typed = line
    .replace(/^(\S+ ){5}/, '')
    .replace(/(?<!\\)%.*/, '')
    .replaceAll('\\%', '%');
  const said = execFileSync('/bin/sh', ['-c', typed], { env: { PATH: '/nowhere' }, encoding: 'utf8' });
  expect(JSON.parse(said)).toEqual([awkward, environment.JACKFIELD_HOME]);

  const setting = (name: string) =>
    systemd.service
      .split('\n')
      .find((it) => it.startsWith(`${name}=`))
      ?.slice(name.length + 1) ?? '';
  expect(
    unitWords(setting('ExecStart')).map((word, index) => (index === 0 ? word : word.replaceAll('$$', '$'))),
  ).toEqual(command.words);
  expect(setting('ExecStart')).toMatch(/^\//);
  const quoted = textsOf({ ...command, words: ['/opt/"node"', ...command.words] }).systemd.service;
  expect(quoted).toContain('\nExecStart=/usr/bin/env "/opt/\\"node\\"" ');
  expect(unitWords(setting('Environment'))).toEqual([`JACKFIELD_HOME=${environment.JACKFIELD_HOME}`]);

  const [dictionary] = plist(launchd).children;
  const values = (key: string) => {
    const at = dictionary?.children.findIndex(({ text }) => text === key) ?? -1;
    return dictionary?.children[at + 1]?.children.map(({ text }) => text);
  };
  expect(values('ProgramArguments')).toEqual(command.words);
  expect(values('EnvironmentVariables')).toEqual(['JACKFIELD_HOME', environment.JACKFIELD_HOME]);
});

/** A unit's line as systemd reads it (systemd.syntax(7), "Quoting"; systemd.unit(5), "Specifiers"). */
function unitWords(line: string): string[] {
  const words = line.match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? [];
  return words.map((word) => {
    const bare = word.startsWith('"') ? word.slice(1, -1).replace(/\\(["\\])/g, '$1') : word;
    expect(bare.replaceAll('%%', '')).not.toContain('%');
    return bare.replaceAll('%%', '%');
  });
}
