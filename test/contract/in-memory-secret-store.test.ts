import { InMemorySecretStore } from '../support/in-memory-secret-store.ts';
import { describeSecretStore } from './secret-store.ts';

describeSecretStore('the in-memory store', async () => {
  const store = new InMemorySecretStore();
  return { store, another: store, close: async () => {} };
});
