import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCatalog } from '../../src/catalog/sqlite-catalog.ts';
import { InMemoryCatalog } from '../support/in-memory-catalog.ts';
import { insertPipeline } from '../support/pipelines.ts';
import { describeConnectionCatalog } from './connection-catalog.ts';

describeConnectionCatalog('SQLite', async (setting) => {
  const home = mkdtempSync(join(tmpdir(), 'jackfield-catalog-'));
  const catalog = openCatalog({ home, ...setting });
  const another = openCatalog({ home, ...setting });
  return {
    catalog,
    another,
    addPipeline: (name, { sourceId, destinationId, tables }) =>
      insertPipeline(home, {
        name,
        ...(sourceId !== undefined && { source: sourceId }),
        ...(destinationId !== undefined && { destination: destinationId }),
        ...(tables !== undefined && { tables }),
      }),
    close: async () => {
      await catalog.close();
      await another.close();
      rmSync(home, { recursive: true });
    },
  };
});

describeConnectionCatalog('memory', async (setting) => {
  const catalog = new InMemoryCatalog(setting);
  return {
    catalog,
    another: catalog,
    addPipeline: (name, uses) => catalog.addPipeline(name, uses),
    close: () => catalog.close(),
  };
});
