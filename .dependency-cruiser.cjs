// The layers of src and the place of each vendor. Imports only point down:
//
//   main → cli → screens → output → the domain (connections, pipelines, metadata, cdc)
//   main → adapters → connectors, catalog, secrets → the domain
//   main → handover → the domain
//
// src/secrets/secret.ts is the one file that everybody may import.

const domain = '^src/(connections|pipelines|metadata|cdc)/';
const secret = '^src/secrets/secret\\.ts$';

/** What each vendor's package may be imported by; a package that is not here, by nothing in src. */
const vendors = {
  commander: '^src/cli/',
  '@inquirer/[^/]+': '^src/screens/',
  'better-sqlite3': '^src/catalog/',
  pg: '^src/connectors/postgres/',
  '@mongodb-js/saslprep': '^src/connectors/postgres/',
  '@napi-rs/keyring': '^src/secrets/',
  chalk: '^src/output/',
  ora: '^src/output/',
  yaml: '^src/(output/|cli/read-file[^/]*\\.ts$)',
  zod: '^src/((connections|pipelines|metadata|cdc)/|cli/schema\\.ts$)',
};

/** A package's own files, or its types'. */
const packageFiles = (name) => `(^|/)node_modules/(@types/)?${name}/`;

/** Files below `from` may import themselves, files below `allowed`, packages and Node's own modules. */
const layer = (from, ...allowed) => ({
  name: `layer-${from.replace(/\W+/g, '-').replace(/^-|-$/g, '')}`,
  severity: 'error',
  from: { path: from },
  to: { path: '^(src|test|bin)/', pathNot: [from, secret, ...allowed] },
});

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Types count too: what can only be understood together belongs together.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-unresolved',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'src-stands-alone',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bin|dist)/' },
    },
    {
      name: 'main-is-the-top',
      severity: 'error',
      from: { path: '^(src|test)/' },
      to: { path: '^src/(main|completion)\\.ts$' },
    },
    {
      name: 'adapters-are-for-main',
      comment: 'Who needs an adapter is given one.',
      severity: 'error',
      from: { path: '^(src|test)/', pathNot: '^src/main\\.ts$' },
      to: { path: '^src/adapters\\.ts$' },
    },
    layer('^src/cli/', '^src/screens/', '^src/output/', domain, '^src/secrets/references\\.ts$'),
    layer('^src/screens/', '^src/output/', domain),
    layer('^src/output/', domain),
    layer(domain),
    layer('^src/connectors/', domain),
    layer('^src/catalog/', domain, '^src/secrets/vault-storage\\.ts$'),
    layer('^src/secrets/', domain),
    layer('^src/handover/', domain),
    {
      name: 'vault-storage-is-a-type',
      comment: 'The catalog implements the port of the vault, and takes nothing else from it.',
      severity: 'error',
      from: { path: '^src/catalog/' },
      to: { path: '^src/secrets/vault-storage\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'secret-is-the-bottom',
      severity: 'error',
      from: { path: secret },
      to: { path: '^src/' },
    },
    {
      name: 'domain-without-io',
      comment: 'Files, sockets, programs and terminals are behind ports.',
      severity: 'error',
      from: { path: domain },
      to: {
        dependencyTypes: ['core'],
        path: '^(node:)?(fs|net|tls|dns|dgram|http|https|http2|child_process|worker_threads|readline|tty)(/|$)',
      },
    },
    ...Object.entries(vendors).map(([name, place]) => ({
      name: `vendor-${name.replace(/\W+/g, '-').replace(/^-|-$/g, '')}`,
      severity: 'error',
      from: { path: '^src/', pathNot: place },
      to: { path: packageFiles(name) },
    })),
    {
      name: 'vendor-unknown',
      severity: 'error',
      from: { path: '^src/' },
      to: {
        path: '(^|/)node_modules/',
        pathNot: [...Object.keys(vendors).map(packageFiles), '(^|/)node_modules/@types/node/'],
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Types count as dependencies.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.cjs', '.mjs', '.json'],
    },
  },
};
