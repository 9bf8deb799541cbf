import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { draftFiles } from '../../../src/catalog/draft-files.ts';
import type { FormDraft } from '../../../src/connections/form-drafts.ts';

let home: string;
let atWork: Set<string>;
beforeEach(() => {
  home = join(mkdtempSync(join(tmpdir(), 'jackfield-drafts-')), 'home');
  atWork = new Set();
});
afterEach(() => rmSync(join(home, '..'), { recursive: true, force: true }));

const draft = (name: string): FormDraft => ({
  ...{ texts: { name }, sslMode: 'prefer', sslCrl: null, provider: null, said: [], removed: [] },
  ...{ leftOut: [], revision: 0 },
});
/** The drafts of one process, which is at work until it is said to be gone. */
const process = (owner: string) => {
  atWork.add(owner);
  return draftFiles({ home, owner, isAtWork: (it) => atWork.has(it) });
};
const names = async (drafts: ReturnType<typeof process>, form = 'new') =>
  (await drafts.left(form)).map((it) => it.draft.texts.name);
const files = () => readdirSync(join(home, 'drafts'));

it('are offered once their process is gone, the newest first, each form its own', async () => {
  const [one, two, three] = [process('a'), process('b'), process('c')];
  await one.keep('new', draft('first'));
  await one.keep('new', draft('one'));
  await two.keep('new', draft('two'));
  await two.keep('newer', draft('of another form'));
  for (const file of files()) {
    const path = join(home, 'drafts', file);
    if (readFileSync(path, 'utf8').includes('"one"')) utimesSync(path, 1e9, Date.now() / 1000 - 60);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  }
  expect(await names(three)).toEqual([]);
  atWork.delete('a');
  expect(await names(three)).toEqual(['one']);
  atWork.delete('b');
  expect(await names(three)).toEqual(['two', 'one']);
  expect(await names(one), 'not its own').toEqual(['two']);
});

it('are taken up by one process, which goes on writing its own', async () => {
  const [gone, one, two] = [process('gone'), process('a'), process('b')];
  await gone.keep('new', draft('left'));
  atWork.delete('gone');
  const [id = ''] = (await one.left('new')).map((it) => it.id);
  expect([await one.takeUp('new', id), await two.takeUp('new', id)]).toEqual([true, false]);
  await one.keep('new', draft('mine'));
  await two.keep('new', draft('theirs'));
  expect(files()).toHaveLength(2);
  await one.forget('new');
  atWork.delete('b');
  expect(await names(one)).toEqual(['theirs']);
  const [theirs = ''] = (await one.left('new')).map((it) => it.id);
  await one.discard(theirs);
  expect(files()).toEqual([]);
});

it('that are damaged, strange or old are nobody’s; where there is no home, none is made for a look', async () => {
  const drafts = process('a');
  expect(await names(drafts)).toEqual([]);
  expect(() => statSync(home)).toThrow();
  mkdirSync(join(home, 'drafts'), { recursive: true });
  const put = (name: string, text: string) => writeFileSync(join(home, 'drafts', name), text);
  put('new.1.json', '{');
  put('new.2.json', JSON.stringify({ owner: 'gone', ...draft('x'), password: 'canary' }));
  put('new.3.json', JSON.stringify({ owner: 'gone', ...draft('x'), texts: { name: 1 } }));
  put('new.4.json', JSON.stringify({ owner: 'gone', ...draft('old') }));
  mkdirSync(join(home, 'drafts', 'new.5.json'));
  utimesSync(join(home, 'drafts', 'new.4.json'), 1e9, 1e9);
  expect(await names(drafts)).toEqual([]);
  expect(files()).not.toContain('new.4.json');
});

it('are lost without a word where nothing can be written', async () => {
  writeFileSync(home, 'a file');
  const drafts = process('a');
  await drafts.keep('new', draft('x'));
  await drafts.forget('new');
  expect(await drafts.left('new')).toEqual([]);
  expect(await drafts.takeUp('new', 'new.1.json')).toBe(false);
});
