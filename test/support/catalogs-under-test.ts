import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCatalog } from '../../src/catalog/sqlite-catalog.ts';
import type { ConnectionCatalog } from '../../src/connections/catalog.ts';
import type { PipelineCatalog } from '../../src/pipelines/catalog.ts';
import type { VaultStorage } from '../../src/secrets/vault-storage.ts';
import { InMemoryCatalog } from './in-memory-catalog.ts';

type Catalog = ConnectionCatalog & VaultStorage & { readonly pipelines: PipelineCatalog };

/** A catalog under test, on the clock and by the name that the suite gives it. */
export interface CatalogUnderTest {
  readonly catalog: Catalog;
  /** A second catalog over the same store, as another run of the program has it. */
  readonly another: Catalog;
  close(): Promise<void>;
}

export interface CatalogSetting {
  readonly now: () => Date;
  readonly owner: string;
}

/** Every adapter of the catalog's ports. */
export const catalogs: Readonly<Record<string, (setting: CatalogSetting) => Promise<CatalogUnderTest>>> = {
  SQLite: async (setting) => {
    const home = mkdtempSync(join(tmpdir(), 'jackfield-catalog-'));
    const catalog = openCatalog({ home, ...setting });
    const another = openCatalog({ home, ...setting });
    return {
      catalog,
      another,
      close: async () => {
        await catalog.close();
        await another.close();
        rmSync(home, { recursive: true });
      },
    };
  },
  memory: async (setting) => {
    const catalog = new InMemoryCatalog(setting);
    return { catalog, another: catalog, close: () => catalog.close() };
  },
};
