import { catalogs } from '../support/catalogs-under-test.ts';
import { describePipelineCatalog } from './pipeline-catalog.ts';

for (const [name, open] of Object.entries(catalogs)) describePipelineCatalog(name, open);
