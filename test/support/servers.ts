import { inject } from 'vitest';
import { attachServer, type Major, majors, type TestServer } from './postgres.ts';
import './start-servers.ts';

export { majors };

/**
 * The shared server of a major version. Make a database of your own in it; don't change its settings
 * or stop it: for that there is `startServer`.
 */
export function serverFor(major: Major): TestServer {
  const facts = inject('servers').find((server) => server.major === major);
  if (facts === undefined) throw new Error(`no PostgreSQL ${major} was started for this project`);
  return attachServer(facts);
}
