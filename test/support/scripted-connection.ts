import { expect } from 'vitest';
import { connectionSchema } from '../../src/connections/schema.ts';
import type { Script } from './script.ts';

/** Whom a scripted server is asked to let in. */
export const scriptedUser = 'loader';

interface ScriptedConnection {
  readonly host: string;
  readonly port: number;
  /** `Scripted` when left out. */
  readonly name?: string;
  /** Null: none is saved. */
  readonly password: string | null;
  /** More of `connections add`; in the clear where nothing else is said. */
  readonly flags?: readonly string[];
}

/** Saves a connection to a scripted server by the real program. */
export async function saveScripted(script: Script, about: ScriptedConnection): Promise<void> {
  const { host, port, name = 'Scripted', password, flags = ['--ssl-mode', 'disable'] } = about;
  const secret = password === null ? ['--no-password'] : ['--password-stdin'];
  const saved = await script
    .given({ stdin: password ?? '' })
    .answer(
      connectionSchema,
    )`connections add --role source --name ${name} --host ${host} --port ${port} --database shop
    --username ${scriptedUser} ${secret} ${flags}`;
  expect(saved.name).toBe(name);
}
