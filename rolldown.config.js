import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'rolldown';

const root = dirname(fileURLToPath(import.meta.url));
const dist = join(root, 'dist');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const sqliteBinary = 'better-sqlite3/build/Release/better_sqlite3.node';

/** What is installed beside us: native code, and pg's optional native half, which is never asked for. */
const external = [sqliteBinary, '@napi-rs/keyring', 'pg-native'];

/**
 * CommonJS, although the sources are ES modules: Node 20 has no compile cache and starts its ES module
 * loader only for a program that needs it. `connections list` is 6 ms nearer to a bare `node` this way.
 */
export default defineConfig({
  input: { main: join(root, 'src', 'main.ts'), completion: join(root, 'src', 'completion.ts') },
  platform: 'node',
  external,
  transform: { target: 'node20', define: { JACKFIELD_VERSION: JSON.stringify(version) } },
  output: {
    dir: dist,
    format: 'cjs',
    exports: 'named',
    // A dynamic import() is a file of its own, loaded by the verb that needs it.
    chunkFileNames: '[name]-[hash].js',
    // Names stay as they are, for the sake of a stack trace in a bug report.
    minify: { mangle: false, compress: true, codegen: { removeWhitespace: true } },
    sourcemap: false,
  },
  plugins: [
    sqliteBinding(),
    withoutSubprograms(),
    nodeStreams(),
    commonJsMarker(),
    thirdPartyLicenses(),
    removeFormerFiles(),
    grammarFile(),
  ],
});

/**
 * better-sqlite3 looks for its binary with the package `bindings`, which tries a dozen places relative
 * to the caller's file. In a bundle it asks Node for the one place where its installation puts it.
 */
function sqliteBinding() {
  const shim = '\0sqlite-binding.cjs';
  return {
    name: 'sqlite-binding',
    resolveId: (source) => (source === 'bindings' ? shim : null),
    load: (id) => (id === shim ? `module.exports = () => require('${sqliteBinary}');` : null),
  };
}

/**
 * commander can run subcommands that are programs of their own, and loads node:child_process for it at
 * start-up. Ours are functions.
 */
function withoutSubprograms() {
  const shim = '\0without-subprograms.cjs';
  return {
    name: 'without-subprograms',
    resolveId: (source, importer) =>
      source === 'node:child_process' && /[\\/]commander[\\/]/.test(importer ?? '') ? shim : null,
    load: (id) => (id === shim ? 'module.exports = {};' : null),
  };
}

/**
 * pg asks whether it runs in a Cloudflare Worker by way of the global Response, for which Node loads the
 * whole of its fetch: 20 ms of every command that dials.
 */
function nodeStreams() {
  const shim = '\0node-streams.cjs';
  const code = `module.exports = {
    getStream: () => new (require('node:net').Socket)(),
    getSecureStream: (options) => require('node:tls').connect(options),
  };`;
  return {
    name: 'node-streams',
    resolveId: (source, importer) =>
      source === './stream' && /[\\/]pg[\\/]lib[\\/]/.test(importer ?? '') ? shim : null,
    load: (id) => (id === shim ? code : null),
  };
}

/** The package is one of ES modules; its dist is not. */
function commonJsMarker() {
  return {
    name: 'common-js-marker',
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: 'package.json', source: '{ "type": "commonjs" }\n' });
    },
  };
}

/** Writes the licences of every package that the bundle holds code of. */
function thirdPartyLicenses() {
  return {
    name: 'third-party-licenses',
    generateBundle(_options, bundle) {
      const packages = new Map();
      for (const file of Object.values(bundle)) {
        for (const id of file.type === 'chunk' ? Object.keys(file.modules) : []) {
          const directory = packageDirectory(id);
          if (directory !== null) packages.set(directory, describePackage(directory));
        }
      }
      const texts = [...new Set(packages.values())].sort();
      this.emitFile({
        type: 'asset',
        fileName: 'THIRD-PARTY-LICENSES.txt',
        source: `This program contains code of the packages below, under their licences.\n\n${texts.join('\n')}`,
      });
    },
  };
}

/** The directory of the package that a module is part of, or null when it is one of ours. */
function packageDirectory(id) {
  const marker = `${sep}node_modules${sep}`;
  const start = id.lastIndexOf(marker);
  if (start < 0) return null;
  const [first, second] = id.slice(start + marker.length).split(sep);
  return join(id.slice(0, start + marker.length), first.startsWith('@') ? join(first, second) : first);
}

function describePackage(directory) {
  const { name, version, license } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  if (typeof license !== 'string') throw new Error(`the package ${name} names no licence`);
  const files = readdirSync(directory).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file));
  const texts = files.sort().map((file) => readFileSync(join(directory, file), 'utf8').trim());
  return `${'-'.repeat(80)}\n${name} ${version} (${license})\n\n${texts.join('\n\n')}\n`;
}

/** Chunks have a hash in their names; those of an earlier build go once the new ones are there. */
function removeFormerFiles() {
  return {
    name: 'remove-former-files',
    writeBundle(_options, bundle) {
      if (!existsSync(dist)) return;
      for (const file of readdirSync(dist))
        if (!(file in bundle)) rmSync(join(dist, file), { recursive: true });
    },
  };
}

/** Writes the grammar down, as the program that was just built has it, for the completion of the shells. */
function grammarFile() {
  return {
    name: 'grammar-file',
    async closeBundle() {
      const { describeGrammar } = createRequire(import.meta.url)(join(dist, 'completion.js'));
      writeFileSync(join(dist, 'grammar.json'), JSON.stringify(await describeGrammar()));
    },
  };
}
