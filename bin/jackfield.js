#!/usr/bin/env node
// Plain enough for a Node that is far too old to read it and say so. CommonJS: see rolldown.config.js.
'use strict';

const oldest = [20, 19];

function isTooOld() {
  const version = process.versions.node.split('.').map(Number);
  return version[0] < oldest[0] || (version[0] === oldest[0] && version[1] < oldest[1]);
}

function enableCompileCache() {
  // No Node before 22 has one, and the module takes its time to load.
  if (Number.parseInt(process.versions.node, 10) < 22) return;
  // biome-ignore lint/style/useNodejsImportProtocol: a Node before 14.18 does not know the prefix in a require.
  const module = require('module');
  const directory = cacheDirectory();
  if (typeof module.enableCompileCache === 'function' && directory) module.enableCompileCache(directory);
}

/** The user's own: Node's default is in the directory for temporary files, where others may put things. */
function cacheDirectory() {
  const { env, platform } = process;
  if (platform === 'win32') return env.LOCALAPPDATA && `${env.LOCALAPPDATA}\\jackfield\\cache`;
  if (platform === 'darwin') return env.HOME && `${env.HOME}/Library/Caches/jackfield`;
  return env.XDG_CACHE_HOME ? `${env.XDG_CACHE_HOME}/jackfield` : env.HOME && `${env.HOME}/.cache/jackfield`;
}

function loadProgram(file) {
  try {
    return require(`../dist/${file}`);
  } catch (error) {
    const isNotBuilt =
      error.code === 'MODULE_NOT_FOUND' && /dist.(?:main|completion)\.js'/.test(error.message);
    if (!isNotBuilt) throw error;
    process.stderr.write('jackfield: the program has not been built yet. Run: npm run build\n');
    process.exitCode = 70;
    return null;
  }
}

if (isTooOld()) {
  process.stderr.write(
    `jackfield: Node.js ${oldest.join('.')} or newer is needed, this is ${process.versions.node}. ` +
      'Install a newer one: https://nodejs.org\n',
  );
  process.exitCode = 2;
} else {
  enableCompileCache();
  // What the completion of a shell asks for: see src/completion.ts.
  const [first, shell] = process.argv.slice(2);
  const isCompletion = first === '__complete';
  const program = loadProgram(isCompletion ? 'completion.js' : 'main.js');
  if (isCompletion) program?.completeForShell(shell, `${__dirname}/../dist/grammar.json`);
  else program?.main();
}
