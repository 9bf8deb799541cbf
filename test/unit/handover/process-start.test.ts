import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isRunning, processStart } from '../../../src/handover/process-start.ts';
import { until } from '../../support/behind-our-back.ts';
import { afterwards } from '../../support/clean-up.ts';

test('a process is told from another one of its id, and from none', () => {
  const start = processStart(process.pid);
  expect(isRunning(process.pid, start)).toBe(true);
  expect(isRunning(process.pid, `${start}1`)).toBe(start === '0');
  expect(isRunning(2 ** 30, start)).toBe(false);
});

test.runIf(process.platform === 'linux')('one that ended is gone, though nobody waited for it', async () => {
  // What the shell becomes waits for no child.
  const parent = spawn('/bin/sh', ['-c', 'sleep 0.2 & echo $!; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  afterwards(() => void parent.kill('SIGKILL'));
  const [said] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(said);
  const start = processStart(pid);
  expect(isRunning(pid, start)).toBe(true);
  await until('it has ended', () => readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z '));
  expect(isRunning(pid, start)).toBe(false);
});
