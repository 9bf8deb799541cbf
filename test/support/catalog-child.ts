import { randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
import { inspectCatalog } from '../../src/catalog/health.ts';
import { migrations } from '../../src/catalog/migrations.ts';
import { openDatabase } from '../../src/catalog/open-database.ts';
import { openCatalog } from '../../src/catalog/sqlite-catalog.ts';
import { JackfieldError } from '../../src/connections/errors.ts';
import { aDraft } from './connection-draft.ts';

/**
 * A program of its own that works on a catalog, for the tests that need several processes or one that
 * can be killed: `catalog-child.js WHAT HOME [PREFIX] [COUNT]`. It says each thing that the catalog has
 * promised it on a line of standard output at once, and at last `done` or `failed CODE`.
 */
const [what = '', home = '', prefix = 'c', count = '1'] = process.argv.slice(2);

const jobs: Readonly<Record<string, () => Promise<void>>> = {
  save,
  edit,
  fill,
  list,
  hang,
  migrate,
  inspect,
};

try {
  await jobs[what]?.();
  say('done');
} catch (error) {
  if (!(error instanceof JackfieldError)) throw error;
  say(`failed ${error.code}`);
}

/** Saves connections with a secret each, and edits each once. */
async function save(): Promise<void> {
  const catalog = openCatalog({ home });
  for (let n = 0; n < Number(count); n += 1) {
    const [id, account, name] = [randomUUID(), randomUUID(), `${prefix}-${n}`];
    await catalog.beginSecret(account, 'vault', id);
    await catalog.writeItem(account, Buffer.from(name), await catalog.createHeader('{}'));
    const draft = aDraft({ name, password: { kind: 'stored' }, secretAccount: account });
    const saved = await catalog.add(id, draft);
    say(`saved ${name}`);
    await catalog.update(id, 1, { ...draft, host: 'edited', tags: ['edited'] }, saved.lastTest);
    say(`edited ${name}`);
  }
  await catalog.close();
}

/** Counts up a number in one connection, with many others doing the same. */
async function edit(): Promise<void> {
  const catalog = openCatalog({ home });
  for (let done = 0; done < Number(count); ) {
    const found = await catalog.find('counter');
    if (found === null) throw new Error('there is no counter');
    const draft = { ...found, port: found.port + 1 };
    try {
      await catalog.update(found.id, found.revision, draft, found.lastTest);
    } catch (error) {
      if (error instanceof JackfieldError && error.code === 'changed_meanwhile') continue;
      throw error;
    }
    done += 1;
    say('counted');
  }
  await catalog.close();
}

/** Saves large connections until the catalog refuses. */
async function fill(): Promise<void> {
  const catalog = openCatalog({ home });
  for (let n = 0; n < Number(count); n += 1) {
    await catalog.add(randomUUID(), aDraft({ name: `${prefix}-${n}`, tags: ['x'.repeat(20_000)] }));
    say(`saved ${prefix}-${n}`);
  }
  await catalog.close();
}

async function list(): Promise<void> {
  const catalog = openCatalog({ home });
  for (const { name } of await catalog.list()) say(`listed ${name}`);
  await catalog.close();
}

async function inspect(): Promise<void> {
  for (const { status, code } of await inspectCatalog(home)) say(`${status} ${code}`);
}

/** Stops for ever within a transaction, after more of it than fits into SQLite's memory. */
async function hang(): Promise<void> {
  const db = openDatabase({ home, migrations });
  db.write(() => {
    for (let n = 0; n < 400; n += 1) {
      db.run('INSERT INTO vault_items (account, sealed) VALUES (?, ?)', `half-${n}`, new Uint8Array(100_000));
    }
    db.run('UPDATE connections SET host = ?', 'half');
    say('in the middle');
    pause(Number.POSITIVE_INFINITY);
  });
}

/** Brings the catalog to a made-up next version, slowly, so that others come in between if they can. */
async function migrate(): Promise<void> {
  const next = {
    version: migrations.length + 1,
    up: (db: { exec(sql: string): unknown }) => {
      pause(300);
      db.exec('CREATE TABLE novelty (x INTEGER) STRICT');
    },
  };
  openDatabase({ home, migrations: [...migrations, next] }).close();
}

/** Waits without letting anything else of this process run. */
function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** At once and whole, so that a kill right after it takes nothing back. */
function say(line: string): void {
  writeSync(1, `${line}\n`);
}
