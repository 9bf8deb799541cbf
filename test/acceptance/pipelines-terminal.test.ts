import { beforeEach, describe, expect, test } from 'vitest';
import { pipelineListSchema } from '../../src/pipelines/schema.ts';
import { type PipelineStage, setThePipelineStage } from '../support/pipeline-stage.ts';
import { addPipeline } from '../support/pipelines.ts';
import { answer, choose, question } from '../support/questions.ts';
import { serverFor } from '../support/servers.ts';
import { openTerminal, type Terminal } from '../support/terminal.ts';

// What a person sees and is asked, at a terminal.

let stage: PipelineStage;
let type: (...args: string[]) => Promise<Terminal>;

beforeEach(async () => {
  stage = await setThePipelineStage(serverFor(18));
  const { script } = stage;
  await addPipeline(script, 'nightly', { source: 'shop', destination: 'lake' }, '--table', 'app.orders');
  type = (...args) => openTerminal(args, { home: script.home, env: script.env, columns: 120, rows: 40 });
});

const names = async () =>
  (await stage.script.answer(pipelineListSchema)`pipelines list`).map(({ name }) => name);

describe('delete', () => {
  test('says what will be gone, and wants the name typed', async () => {
    const refused = await type('pipelines', 'delete', 'nightly');
    await refused.waitFor(question('Type its name to delete it:'));
    expect(refused.screen()).toContain(
      'The active pipeline nightly (shop → lake) will be gone; its connections stay.',
    );
    await answer(refused, 'Type its name', 'yes');
    expect((await refused.exit()).code).toBe(4);
    expect(await names()).toEqual(['nightly']);

    const agreed = await type('pipelines', 'delete', 'nightly');
    await answer(agreed, 'Type its name', 'nightly');
    expect((await agreed.exit()).code).toBe(0);
    expect(agreed.screen()).toContain('✓ Deleted nightly');
    expect(await names()).toEqual([]);
    expect(await stage.script.saved()).toHaveLength(2);
  });

  test('of a connection that it backs is refused before anything is asked', async () => {
    const terminal = await type('connections', 'delete', 'shop');
    expect((await terminal.exit()).code).toBe(4);
    expect(terminal.screen()).toContain('jackfield: shop is used by the active pipeline nightly');
    expect(terminal.screen()).toContain('→ retarget: jackfield pipelines retarget --from shop --to NAME');
    expect(terminal.screen()).not.toContain('Type its name');
  });

  test('of a connection whose pipelines are paused says so, and warns afterwards', async () => {
    await stage.script.jackfield`pipelines pause nightly`;
    const terminal = await type('connections', 'delete', 'shop');
    await terminal.waitFor('What uses it will be disconnected: nightly.');
    await answer(terminal, 'Type its name', 'shop');
    expect((await terminal.exit()).code).toBe(0);
    expect(terminal.screen()).toContain(
      'the paused pipeline nightly is disconnected: its source shop was deleted',
    );
  });
});

test('add asks for the ends that were left out', async () => {
  await stage.save('replica', 'shop');
  const terminal = await type('pipelines', 'add', 'asked', '--table', 'app.orders');
  await choose(terminal, 'Source', 'shop');
  await choose(terminal, 'Destination', 'lake');
  expect((await terminal.exit()).code).toBe(0);
  expect(terminal.screen()).toContain('✓ Saved the pipeline asked');
  expect(await names()).toEqual(['asked', 'nightly']);

  const silent = await type('pipelines', 'add', 'silent', '--source', 'shop', '--no-input');
  expect((await silent.exit()).code).toBe(2);
  expect(silent.screen()).toContain('--destination');

  const left = await type('pipelines', 'add', 'left', '--source', 'shop');
  await left.waitFor(question('Destination'));
  left.press('ctrl-c');
  expect((await left.exit()).code).toBe(130);
  expect(await names()).toEqual(['asked', 'nightly']);
});

test('a retargeting shows the ladder of the new end, and then what it came to', async () => {
  await stage.save('replica', 'shop');
  const moved = await type('pipelines', 'retarget', 'nightly', '--source', 'replica');
  expect((await moved.exit()).code).toBe(0);
  const screen = moved.screen();
  expect(screen).toMatch(/✓ passed {3}privileges .* the one relation is readable/);
  expect(screen).toContain('✓ replica passed in');
  expect(screen).toContain('✓ Retargeted nightly');
  expect(screen).toContain('Source       replica');

  await stage.inShop('revoke select on app.orders from <reader>');
  const kept = await type('pipelines', 'retarget', 'nightly', '--source', 'shop');
  expect((await kept.exit()).code).toBe(1);
  expect(kept.screen()).toContain('GRANT SELECT ON app.orders TO');
  expect(kept.screen()).toContain('! warning: Nothing was retargeted');
  // It was seen as it was climbed; it is not told twice.
  expect(kept.screen().match(/✗ failed/g)).toHaveLength(1);
});

test('a check of one shows both ladders, of several a row each', async () => {
  const one = await type('pipelines', 'check', 'nightly');
  expect((await one.exit()).code).toBe(0);
  expect(one.screen()).toMatch(
    /source shop\n(✓ passed .*\n){8}\ndestination lake\n(✓ passed .*\n){8}\n✓ nightly passed in/,
  );

  await addPipeline(stage.script, 'pins', { source: 'shop', destination: 'lake' }, '--table', 'app.pins');
  const several = await type('pipelines', 'check', '--all');
  expect((await several.exit()).code).toBe(1);
  expect(several.screen()).toMatch(/✓ passed {3}nightly +\S+ m?s +shop → lake\n✗ failed {3}pins/);
  expect(several.screen()).toContain('✗ source shop, privileges failed:');
  expect(several.screen()).toContain('2 pipelines checked: 1 passed, 0 warned, 1 failed');
});

test('an interrupted check says how far it came', async () => {
  const { createServer } = await import('node:net');
  const silent = createServer(() => {});
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  try {
    const address = silent.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await stage.script.jackfield`connections edit shop --host 127.0.0.1 --port ${port} --ssl-mode disable
      --ssl-root-cert ${''}`;
    const terminal = await type('pipelines', 'check', '--all', '--timeout', '60s');
    await terminal.waitFor('checking  nightly');
    terminal.press('ctrl-c');
    expect((await terminal.exit()).code).toBe(130);
    expect(terminal.screen()).toContain('interrupted: 0 of 1 were checked');
  } finally {
    silent.close();
  }
});
