import type { Command } from 'commander';
import type { ProviderPreset, Role } from '../../connections/connection.ts';
import { presetCatalog } from '../../output/preset-catalog.ts';
import type { App, Verdict } from '../app.ts';
import { readRole } from '../values.ts';
import { type Act, examples } from '../verb.ts';

export interface CatalogOptions {
  readonly role: Role | null;
}

export function declareCatalog(command: Command, act: Act, run = runCatalog): void {
  command
    .option('--role <role>', 'what each needs as a source or as a destination', readRole)
    .addHelpText(
      'after',
      examples('jackfield connections catalog', 'jackfield connections catalog --role source --json'),
    )
    .action((flags: { role?: Role }) => act((app) => run(app, { role: flags.role ?? null })));
}

export async function runCatalog(app: App, { role }: CatalogOptions): Promise<Verdict> {
  const { connectors } = app.services;
  const presets: ProviderPreset[] = [];
  for (const name of connectors.names) presets.push(...(await connectors.load(name)).presets);
  await app.print(presetCatalog(presets, role));
  return 'done';
}
