import type { ProviderPreset, Role } from '../connections/connection.ts';
import type { Connector } from '../connections/connector.ts';
import type { Asking } from './ask.ts';
import { presetTitle, roleChoices } from './connection-form.ts';
import { askMenu } from './menu-screen.ts';

/** What a new connection is, before its form is filled in. */
export interface NewKind {
  readonly role: Role;
  readonly connector: Connector;
  readonly preset: ProviderPreset;
}

/** Role, then connector and provider. @returns null when the user went back. @throws InterruptedError */
export async function askKind(asking: Asking, connectors: readonly Connector[]): Promise<NewKind | null> {
  for (let role: Role | null = null; ; ) {
    const items = roleChoices.map(({ value, name, description }) => ({
      value,
      label: name,
      note: description,
    }));
    role = await askMenu<Role>(asking, {
      title: 'New connection: role',
      items,
      ...(role !== null && { initial: role }),
    });
    if (role === null) return null;
    const kind = await askConnector(asking, connectors, role);
    if (kind !== null) return kind;
  }
}

function askConnector(asking: Asking, connectors: readonly Connector[], role: Role): Promise<NewKind | null> {
  const items = connectors.flatMap((connector) =>
    connector.presets
      .filter((preset) => preset.roles.includes(role))
      .map((preset) => ({
        value: { role, connector, preset },
        label: presetTitle(preset),
        note: `needs ${preset.needs[role]}`,
      })),
  );
  return askMenu(asking, { title: `New ${role}: connector and provider`, items });
}
