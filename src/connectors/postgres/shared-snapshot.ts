import type { Session } from './session.ts';
import { begin, type SessionFacts } from './session-facts.ts';

/** Fewer connections left than this are left to others. */
const spare = 10;

/**
 * A second session that sees what the first one sees (manual, 9.28.5, pg_export_snapshot), opened on the
 * chance: whatever keeps it from being opened, the first one goes on alone.
 */
export class SharedSnapshot {
  readonly #first: Session;
  readonly #openSession: (() => Promise<Session>) | null;
  #second: Session | null = null;
  #closed = false;

  /** @param openSession null: there is to be none */
  constructor(first: Session, openSession: (() => Promise<Session>) | null) {
    this.#first = first;
    this.#openSession = openSession;
  }

  /**
   * Begins to open it; meanwhile the first one is free for its own statements.
   * @returns null where there is to be none; in `opening`, where there is none to be had after all
   */
  async begin({ room, behindProxy }: SessionFacts): Promise<{ opening: Promise<Session | null> } | null> {
    // Behind a pooler the two may be on different servers. A standby exports snapshots too (since 10).
    if (this.#openSession === null || behindProxy || (room?.left ?? 0) < spare) return null;
    const { snapshot } = await this.#first.queryRow('SELECT pg_export_snapshot() AS snapshot');
    return { opening: this.#open(this.#openSession, snapshot ?? '') };
  }

  async #open(openSession: () => Promise<Session>, snapshot: string): Promise<Session | null> {
    try {
      this.#second = await openSession();
      if (this.#closed) this.#second.close();
      const imported = `SET TRANSACTION SNAPSHOT '${snapshot.replaceAll("'", '')}'`;
      await this.#second.query(begin.replace(';', `; ${imported};`));
      return this.#second;
    } catch {
      this.#second?.close();
      return null;
    }
  }

  close(): void {
    this.#closed = true;
    this.#second?.close();
  }
}
