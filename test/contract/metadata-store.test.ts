import { describe } from 'vitest';
import { openMetadata } from '../../src/catalog/metadata-store.ts';
import { afterwards } from '../support/clean-up.ts';
import { InMemoryMetadataStore, Shelf } from '../support/in-memory-metadata-store.ts';
import { newHome } from '../support/program.ts';
import { metadataStoreContract } from './metadata-store.ts';

describe('the metadata in SQLite', () => {
  metadataStoreContract(() => {
    const home = newHome();
    return (options) => {
      const store = openMetadata({ home, ...options });
      afterwards(() => store.close());
      return store;
    };
  });
});

describe('the metadata in memory', () => {
  metadataStoreContract(() => {
    const shelf = new Shelf();
    return (options) => new InMemoryMetadataStore(options, shelf);
  });
});
