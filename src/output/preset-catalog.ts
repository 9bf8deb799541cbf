import type { ProviderPreset, Role } from '../connections/connection.ts';
import type { Answer, View } from './answer.ts';
import { terminalSafe } from './terminal-text.ts';

/**
 * The answer of `connections catalog`: presetListSchema, of those that the role can be connected as.
 * @param role null: both
 */
export function presetCatalog(presets: readonly ProviderPreset[], role: Role | null): Answer {
  const offered = presets.filter(({ roles }) => role === null || roles.includes(role));
  return {
    value: offered,
    columns: [
      'connector',
      'provider',
      'title',
      'roles',
      'status',
      'port',
      'database',
      'schema',
      'sslMode',
      'needsAsSource',
      'needsAsDestination',
    ],
    *records() {
      for (const { connector, provider, title, roles, status, defaults, needs } of offered) {
        yield {
          connector,
          provider,
          title,
          roles: JSON.stringify(roles),
          status,
          ...defaults,
          needsAsSource: needs.source,
          needsAsDestination: needs.destination,
        };
      }
    },
    text: (view) => catalogText(offered, role, view),
  };
}

function catalogText(presets: readonly ProviderPreset[], role: Role | null, view: View): string {
  const { theme } = view;
  if (presets.length === 0) return `Nothing can be connected as a ${role ?? 'source or destination'} yet.\n`;
  let text = `${theme.strong('Available now')}\n`;
  for (const connector of new Set(presets.map((preset) => preset.connector))) {
    const own = presets.filter((preset) => preset.connector === connector);
    const title = own[0]?.connectorTitle ?? connector;
    text += `\n${theme.accent(terminalSafe(title))}  ${theme.faint(terminalSafe(connector))}\n`;
    for (const preset of own) text += presetText(preset, role, view);
    text += `\nAdd one: jackfield connections add ${terminalSafe(connector)}${role === null ? '' : ` --role ${role}`}\n`;
  }
  return text;
}

function presetText(preset: ProviderPreset, role: Role | null, view: View): string {
  const { theme } = view;
  const { port, database, schema, sslMode } = preset.defaults;
  const defaults = [
    `port ${port}`,
    ...(database === null ? [] : [`database ${database}`]),
    `schema ${schema}`,
    `SSL mode ${sslMode}`,
  ];
  const shown = role === null ? preset.roles : [role];
  return [
    `  ${theme.strong(terminalSafe(preset.title))}  ${theme.faint(terminalSafe(preset.provider))}`,
    `    ${terminalSafe(defaults.join(', '))}`,
    ...shown.map((each) => `    as a ${each}: ${terminalSafe(preset.needs[each])}`),
    '',
  ].join('\n');
}
