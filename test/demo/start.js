// `npm run demo`. Plain JavaScript, since the oldest Node that is supported reads no TypeScript: it
// builds the program, bundles the demo, and runs it in this process.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'rolldown';
import programBuild from '../../rolldown.config.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
// Whatever ends it, it tidies up first.
const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => interruption.abort(signal));
process.stdout.on('error', () => interruption.abort('SIGPIPE'));
// Within the project, so that the bundle finds the packages that it leaves outside.
const cache = join(root, 'node_modules', '.cache');
mkdirSync(cache, { recursive: true });
const bundle = mkdtempSync(join(cache, 'jackfield-demo-'));
try {
  await build([
    programBuild,
    {
      input: { demo: join(root, 'test', 'demo', 'demo.ts') },
      platform: 'node',
      external: [/^[^./]/],
      output: { dir: bundle, format: 'esm', entryFileNames: '[name].mjs' },
    },
  ]);
  const { runDemo } = await import(pathToFileURL(join(bundle, 'demo.mjs')).href);
  process.exitCode = await runDemo(join(root, 'bin', 'jackfield.js'), interruption.signal);
} finally {
  rmSync(bundle, { recursive: true, force: true });
}
