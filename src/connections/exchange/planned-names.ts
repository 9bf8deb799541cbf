import type { SavedConnection } from '../connection.ts';

/** The names that are saved, and those that the plan will take. */
export class PlannedNames {
  readonly #saved: Map<string, SavedConnection>;
  readonly #planned = new Set<string>();

  constructor(saved: readonly SavedConnection[]) {
    this.#saved = new Map(saved.map((connection) => [connection.name, connection]));
  }

  saved(name: string): SavedConnection | undefined {
    return this.#saved.get(name);
  }

  isPlanned(name: string): boolean {
    return this.#planned.has(name);
  }

  isTaken(name: string): boolean {
    return this.#saved.has(name) || this.#planned.has(name);
  }

  take(name: string): string {
    this.#planned.add(name);
    return name;
  }
}
