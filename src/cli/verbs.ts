import type { Verb } from './verb.ts';

/** The nouns, in the order help shows them. */
export const nouns: readonly { name: string; alias?: string; summary: string }[] = [
  { name: 'connections', alias: 'conn', summary: 'saved sources and destinations' },
  { name: 'secrets', summary: 'where passwords are kept' },
];

/** Every verb: adding one is a file and a line here. */
export const verbs: readonly Verb[] = [
  {
    path: 'connections list',
    alias: 'ls',
    summary: 'list what is saved',
    load: async () => (await import('./connections/list.ts')).declareList,
  },
  {
    path: 'connections catalog',
    summary: 'show what can be connected, with the presets of providers',
    load: async () => (await import('./connections/catalog.ts')).declareCatalog,
  },
  {
    path: 'connections add',
    summary: 'save a connection',
    load: async () => (await import('./connections/add.ts')).declareAdd,
  },
  {
    path: 'connections show',
    summary: 'show one connection',
    load: async () => (await import('./connections/show.ts')).declareShow,
  },
  {
    path: 'connections edit',
    summary: 'change a connection',
    load: async () => (await import('./connections/edit.ts')).declareEdit,
  },
  {
    path: 'connections duplicate',
    summary: 'save the same endpoint in the other role',
    load: async () => (await import('./connections/duplicate.ts')).declareDuplicate,
  },
  {
    path: 'connections test',
    summary: 'test connections in stages',
    load: async () => (await import('./connections/test.ts')).declareTest,
  },
  {
    path: 'connections discover',
    summary: 'show schemas, tables, columns and keys',
    load: async () => (await import('./connections/discover.ts')).declareDiscover,
  },
  {
    path: 'connections delete',
    alias: 'rm',
    summary: 'delete connections and their passwords',
    load: async () => (await import('./connections/delete.ts')).declareDelete,
  },
  {
    path: 'apply',
    summary: 'make the saved connections what a file says',
    load: async () => (await import('./apply.ts')).declareApply,
  },
  {
    path: 'secrets status',
    summary: 'show where secrets are kept and whether they can be had',
    load: async () => (await import('./secrets/status.ts')).declareStatus,
  },
  {
    path: 'secrets init',
    summary: 'decide where secrets are kept',
    load: async () => (await import('./secrets/init.ts')).declareInit,
  },
  {
    path: 'doctor',
    summary: 'check the catalog, its permissions and its secrets',
    load: async () => (await import('./doctor.ts')).declareDoctor,
  },
  {
    path: 'schema',
    summary: 'print the JSON Schemas of the answers',
    load: async () => (await import('./schema.ts')).declareSchema,
  },
];
