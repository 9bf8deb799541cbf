import { shellWord } from '../connections/shell-word.ts';
import type { Rhythm } from '../metadata/schedule.ts';
import type { Answer } from './answer.ts';

/** What a timer runs. */
export interface TimedCommand {
  /** The program and its arguments, absolute. */
  readonly words: readonly string[];
  /** Variables it needs that a timer does not have. */
  readonly environment: Readonly<Record<string, string>>;
}

export const scheduleFormats = ['cron', 'systemd', 'launchd'] as const;
export type ScheduleFormat = (typeof scheduleFormats)[number];

const label = 'jackfield.metadata';
const unit = 'jackfield-metadata';

/**
 * The answer of `metadata schedule`: scheduleSchema.
 * @param only for a person, null for all of them
 */
export function schedule(command: TimedCommand, rhythm: Rhythm, only: ScheduleFormat | null): Answer {
  const cron = cronText(command, rhythm);
  const systemd = { service: serviceText(command), timer: timerText(rhythm) };
  const launchd = launchdText(command, rhythm);
  const texts: readonly (readonly [ScheduleFormat, string, string])[] = [
    ['cron', 'crontab', cron],
    ['systemd', `${unit}.service`, systemd.service],
    ['systemd', `${unit}.timer`, systemd.timer],
    ['launchd', `${label}.plist`, launchd],
  ];
  const shown = texts.filter(([format]) => only === null || format === only);
  return {
    value: { cron, systemd, launchd },
    columns: ['format', 'file', 'content'],
    *records() {
      for (const [format, file, content] of shown) yield { format, file, content };
    },
    text: () => shown.map(([, , content]) => content).join('\n'),
  };
}

const unattended = [
  'Nobody is there to be asked: a vault needs JACKFIELD_KEY_FILE or JACKFIELD_PASSPHRASE_FILE, a file that',
  'this user can read; a keychain has to be unlocked.',
];

/** In a crontab a `%` ends the command, unless a backslash stands before it (crontab(5)). */
function cronText({ words, environment }: TimedCommand, { cron }: Rhythm): string {
  const assignments = Object.entries(environment).map(([name, value]) => `${name}=${shellWord(value)}`);
  const command = [...assignments, ...words.map(shellWord)].join(' ').replaceAll('%', '\\%');
  const comment = ['Add this line with: crontab -e', ...unattended].map((line) => `# ${line}\n`).join('');
  return `${comment}${cron} ${command}\n`;
}

function serviceText({ words, environment }: TimedCommand): string {
  const comment = [
    `~/.config/systemd/user/${unit}.service, beside ${unit}.timer; then:`,
    `systemctl --user daemon-reload && systemctl --user enable --now ${unit}.timer`,
    'It rings while you are logged in; always after: loginctl enable-linger',
    ...unattended,
  ]
    .map((line) => `# ${line}\n`)
    .join('');
  const variables = Object.entries(environment).map(
    ([name, value]) => `Environment=${unitWord(`${name}=${value}`)}\n`,
  );
  // systemd takes no program with a quote or a backslash in its path.
  const [program = '', ...rest] = /["'\\]/.test(words[0] ?? '') ? ['/usr/bin/env', ...words] : words;
  // A dollar names a variable, but not in the program's own path (systemd.service(5)).
  const command = [unitWord(program), ...rest.map((word) => unitWord(word).replaceAll('$', '$$$$'))];
  return `${comment}[Unit]
Description=Refresh the metadata of jackfield's sources

[Service]
Type=oneshot
${variables.join('')}ExecStart=${command.join(' ')}
`;
}

function timerText({ calendar }: Rhythm): string {
  return `# ~/.config/systemd/user/${unit}.timer
[Unit]
Description=Refresh the metadata of jackfield's sources when it is due

[Timer]
OnCalendar=${calendar}
Persistent=true

[Install]
WantedBy=timers.target
`;
}

/** A word of a unit's line: in quotes with C's escapes, and a percent sign doubled (systemd.syntax(7)). */
function unitWord(text: string): string {
  const escaped = text.replaceAll('%', '%%');
  return /^[\w@%+=:,./-]+$/.test(text)
    ? escaped
    : `"${escaped.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

function launchdText({ words, environment }: TimedCommand, { seconds }: Rhythm): string {
  const variables = Object.entries(environment)
    .map(([name, value]) => `    <key>${name}</key>\n    <string>${xmlText(value)}</string>\n`)
    .join('');
  const dictionary =
    variables === '' ? '' : `  <key>EnvironmentVariables</key>\n  <dict>\n${variables}  </dict>\n`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!--
  ~/Library/LaunchAgents/${label}.plist; then:
  launchctl bootstrap gui/$(id -u) ~/Library/LaunchAgents/${label}.plist
${unattended.map((line) => `  ${line}\n`).join('')}-->
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>${label}</string>
  <key>ProgramArguments</key>
  <array>
${words.map((word) => `    <string>${xmlText(word)}</string>\n`).join('')}  </array>
${dictionary}  <key>StartInterval</key>
  <integer>${seconds}</integer>
</dict>
</plist>
`;
}

function xmlText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
