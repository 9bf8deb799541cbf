import type { TestProject } from 'vitest/node';
import { majors, type ServerFacts, startServer } from './postgres.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    servers: ServerFacts[];
  }
}

/** Vitest's global set-up: one server of each major version, which all tests of the run share. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const started = await Promise.allSettled(majors.map((major) => startServer({ major })));
  const servers = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const stop = async () => {
    await Promise.all(servers.map((server) => server.stop()));
  };
  for (const result of started) {
    if (result.status === 'rejected') {
      await stop();
      throw result.reason;
    }
  }
  // Only data can be handed to the processes of the tests.
  project.provide('servers', JSON.parse(JSON.stringify(servers)) as ServerFacts[]);
  return stop;
}
