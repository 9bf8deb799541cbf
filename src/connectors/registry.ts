import type { Connector, ConnectorRegistry } from '../connections/connector.ts';
import { UsageError } from '../connections/errors.ts';
import { shownWord } from '../connections/shown-word.ts';

/** Every connector of this build: adding one is its own folder and one line here. */
const loaders: Readonly<Record<string, () => Promise<Connector>>> = {
  postgres: async () => (await import('./postgres/connector.ts')).postgres,
};

/** The connectors of this build, each loaded when it is asked for. */
export const connectorRegistry: ConnectorRegistry = {
  names: Object.keys(loaders),
  async load(name) {
    const load = Object.hasOwn(loaders, name) ? loaders[name] : undefined;
    if (load) return load();
    throw new UsageError({
      code: 'unknown_connector',
      message: `there is no connector ${shownWord(name)}`,
      fix: `use ${Object.keys(loaders).join(' or ')}; jackfield connections catalog lists them`,
    });
  },
};
