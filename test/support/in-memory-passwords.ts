import { ServerError } from '../../src/connections/errors.ts';
import type { PasswordSession, RoleLogin, RolePasswords } from '../../src/connections/role-password.ts';
import { Secret } from '../../src/secrets/secret.ts';

/** Roles with passwords, one a host, for unit tests. */
export class InMemoryPasswords implements RolePasswords {
  /** What a host lets its role in by. */
  readonly current = new Map<string, string>();
  /** Hosts that take a new password and go on asking for the former one, as behind a pooler of its own. */
  readonly stubborn = new Set<string>();
  /** Called before each step, by its name; it may throw, or never come back. */
  onStep: (step: 'open' | 'prepare' | 'commit' | 'committed' | 'logsIn') => Promise<void> = async () => {};
  #made = 0;

  generate(): Secret {
    this.#made += 1;
    return new Secret(`generated-${this.#made}`);
  }

  async logsIn({ endpoint, secrets }: RoleLogin): Promise<boolean> {
    await this.onStep('logsIn');
    return this.current.get(endpoint.host) === secrets.password?.reveal();
  }

  async open({ endpoint: { host }, secrets }: RoleLogin): Promise<PasswordSession> {
    await this.onStep('open');
    if (this.current.get(host) !== secrets.password?.reveal())
      throw new ServerError({ code: 'password_refused', message: 'the password is refused', fix: null });
    let prepared: string | null = null;
    return {
      prepare: async (password) => {
        await this.onStep('prepare');
        prepared = password.reveal();
      },
      commit: async () => {
        await this.onStep('commit');
        if (prepared !== null && !this.stubborn.has(host)) this.current.set(host, prepared);
        await this.onStep('committed');
      },
      close: () => {},
    };
  }
}
