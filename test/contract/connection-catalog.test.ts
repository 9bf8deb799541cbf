import { catalogs } from '../support/catalogs-under-test.ts';
import { describeConnectionCatalog } from './connection-catalog.ts';

for (const [name, open] of Object.entries(catalogs)) describeConnectionCatalog(name, open);
