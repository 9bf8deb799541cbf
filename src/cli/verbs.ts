import type { Verb } from './verb.ts';

/** The nouns, in the order help shows them. */
export const nouns: readonly { name: string; alias?: string; summary: string }[] = [
  { name: 'connections', alias: 'conn', summary: 'saved sources and destinations' },
  { name: 'pipelines', summary: 'what uses the connections, and whether it can' },
  { name: 'data-sources', summary: 'the sources among the connections, by other names' },
  { name: 'metadata', summary: 'what discovery found, kept up to date' },
  { name: 'secrets', summary: 'where passwords are kept' },
  { name: 'config', summary: 'defaults of flags, kept in a file' },
];

/** What a noun has verbs of its own about, whose path has three words. */
export const groups: readonly { path: string; summary: string }[] = [
  { path: 'connections cdc', summary: 'change data capture of a source, from check to tear-down' },
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
    path: 'connections rotate',
    summary: 'replace a stored password, tested before it is',
    load: async () => (await import('./connections/rotate.ts')).declareRotate,
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
    path: 'connections history',
    summary: 'show how the tests of a connection went',
    load: async () => (await import('./connections/history.ts')).declareHistory,
  },
  {
    path: 'connections discover',
    summary: 'show schemas, tables, columns and keys',
    load: async () => (await import('./connections/discover.ts')).declareDiscover,
  },
  {
    path: 'connections source-config',
    summary: 'decide what discovery reads of a source, and how often',
    load: async () => (await import('./connections/source-config.ts')).declareSourceConfig,
  },
  {
    path: 'connections diff',
    summary: 'show what is different: since before, or from another one',
    load: async () => (await import('./connections/diff.ts')).declareDiff,
  },
  {
    path: 'connections query',
    summary: 'run SQL, read-only unless told otherwise',
    load: async () => (await import('./connections/query.ts')).declareQuery,
  },
  {
    path: 'connections cdc check',
    summary: 'find out what is in the way of CDC',
    load: async () => (await import('./connections/cdc/check.ts')).declareCdcCheck,
  },
  {
    path: 'connections cdc plan',
    summary: 'show the SQL that setup would run',
    load: async () => (await import('./connections/cdc/plan.ts')).declareCdcPlan,
  },
  {
    path: 'connections cdc setup',
    summary: 'make the publication and the slot',
    load: async () => (await import('./connections/cdc/setup.ts')).declareCdcSetup,
  },
  {
    path: 'connections cdc status',
    summary: 'show how slot, lag and tables are',
    load: async () => (await import('./connections/cdc/status.ts')).declareCdcStatus,
  },
  {
    path: 'connections cdc teardown',
    summary: 'take away what setup made',
    load: async () => (await import('./connections/cdc/teardown.ts')).declareCdcTeardown,
  },
  {
    path: 'connections exec',
    summary: 'run a program with the credentials of a connection',
    load: async () => (await import('./connections/exec.ts')).declareExec,
  },
  {
    path: 'connections import',
    summary: 'take over what other programs or an export have',
    load: async () => (await import('./connections/import.ts')).declareImport,
  },
  {
    path: 'connections export',
    summary: 'write connections to a file, to be handed on',
    load: async () => (await import('./connections/export.ts')).declareExport,
  },
  {
    path: 'connections delete',
    alias: 'rm',
    summary: 'delete connections and their passwords',
    load: async () => (await import('./connections/delete.ts')).declareDelete,
  },
  {
    path: 'apply',
    summary: 'make the saved connections and pipelines what a file says',
    load: async () => (await import('./apply.ts')).declareApply,
  },
  {
    path: 'pipelines list',
    alias: 'ls',
    summary: 'list the pipelines, or draw where connections are used',
    load: async () => (await import('./pipelines/list.ts')).declareListPipelines,
  },
  {
    path: 'pipelines add',
    summary: 'say that a job uses a source and a destination',
    load: async () => (await import('./pipelines/add.ts')).declareAddPipeline,
  },
  {
    path: 'pipelines show',
    summary: 'show one pipeline',
    load: async () => (await import('./pipelines/show.ts')).declareShowPipeline,
  },
  {
    path: 'pipelines edit',
    summary: 'change the tables, name and words of a pipeline',
    load: async () => (await import('./pipelines/edit.ts')).declareEditPipeline,
  },
  {
    path: 'pipelines retarget',
    summary: 'give pipelines another source or destination',
    load: async () => (await import('./pipelines/retarget.ts')).declareRetarget,
  },
  {
    path: 'pipelines pause',
    summary: 'say that a job does not run for now',
    load: async () => (await import('./pipelines/set-state.ts')).declarePause,
  },
  {
    path: 'pipelines resume',
    summary: 'say that a job runs again',
    load: async () => (await import('./pipelines/set-state.ts')).declareResume,
  },
  {
    path: 'pipelines check',
    summary: 'test both ends of pipelines, with the tables that they use',
    load: async () => (await import('./pipelines/check.ts')).declareCheck,
  },
  {
    path: 'pipelines delete',
    alias: 'rm',
    summary: 'delete pipelines; their connections stay',
    load: async () => (await import('./pipelines/delete.ts')).declareDeletePipelines,
  },
  {
    path: 'data-sources list',
    summary: 'the same as connections list --role source',
    load: async () => (await import('./data-sources/list.ts')).declareSourceList,
  },
  {
    path: 'data-sources tables',
    summary: 'the same as connections discover --output table',
    load: async () => (await import('./data-sources/tables.ts')).declareTables,
  },
  {
    path: 'data-sources query',
    summary: 'the same as connections query',
    load: async () => (await import('./data-sources/query.ts')).declareSourceQuery,
  },
  {
    path: 'metadata refresh',
    summary: 'read what is due, or what is named',
    load: async () => (await import('./metadata/refresh.ts')).declareRefresh,
  },
  {
    path: 'metadata schedule',
    summary: 'print a timer for cron, systemd or launchd',
    load: async () => (await import('./metadata/schedule.ts')).declareSchedule,
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
    path: 'secrets rotate',
    summary: 'give the vault a new key, and a new passphrase or key file',
    load: async () => (await import('./secrets/rotate.ts')).declareRotateVault,
  },
  {
    path: 'secrets move',
    summary: 'move the passwords to the keychain or to the vault',
    load: async () => (await import('./secrets/move.ts')).declareMove,
  },
  {
    path: 'config list',
    summary: 'show the defaults and where each comes from',
    load: async () => (await import('./config/list.ts')).declareConfigList,
  },
  {
    path: 'config get',
    summary: 'print one default',
    load: async () => (await import('./config/get.ts')).declareGet,
  },
  {
    path: 'config set',
    summary: 'set a default',
    load: async () => (await import('./config/set.ts')).declareSet,
  },
  {
    path: 'config unset',
    summary: 'take a default away',
    load: async () => (await import('./config/unset.ts')).declareUnset,
  },
  {
    path: 'doctor',
    summary: 'check the catalog, its permissions and its secrets',
    load: async () => (await import('./doctor.ts')).declareDoctor,
  },
  {
    path: 'completion',
    summary: 'print the completion script of a shell',
    load: async () => (await import('./completion/print-script.ts')).declareCompletion,
  },
  {
    path: 'schema',
    summary: 'print the JSON Schemas of the answers',
    load: async () => (await import('./schema.ts')).declareSchema,
  },
];
