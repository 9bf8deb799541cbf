import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { discoverySchema, relationDetailSchema } from '../../src/metadata/schema.ts';
import { afterwards } from '../support/clean-up.ts';
import { discoveredSource } from '../support/discovered-source.ts';
import { majors, serverFor } from '../support/servers.ts';

// What is made and dropped while it is read is there or not there, and never half.

const steady = `
  create schema app;
  create table app.steady (id int primary key, note text);
  create view app.steady_view as select id from app.steady;
  create schema bulk;
  do $$ begin for n in 1..400 loop
    execute format('create table bulk.t%s (id int primary key, a text default ''x'', b int unique, c date)', n);
  end loop; end $$;
`;

/** A table with all that functions have to look up: a type of its own, defaults, keys, an exclusion, a view. */
const passing = (n: number) => `
  create type app.mood_${n} as enum ('glad', 'cross');
  create table app.passing_${n} (id int primary key, mood app.mood_${n} default 'glad', moods app.mood_${n}[],
    during int4range, check (id > 0), exclude using gist (during with &&), steady int references app.steady (id));
  create index on app.passing_${n} ((id + 1)) where mood = 'glad';
  create view app.passing_view_${n} as select * from app.passing_${n} where mood = 'cross'`;
const gone = (n: number) => `
  drop view app.passing_view_${n}; drop table app.passing_${n}; drop type app.mood_${n}`;

test.each(majors)(
  'discover --refresh on PostgreSQL %i while others create and drop tables',
  async (major) => {
    const server = serverFor(major);
    const { script, database } = await discoveredSource(server, steady);
    let isOver = false;
    let rounds = 0;
    const work = async (worker: number) => {
      for (let n = worker; !isOver; n += 2) {
        await server.run(passing(n), database);
        // Some are dropped under the eyes of a discovery, some are there until it ends.
        await sleep((n * 37) % 400);
        await server.run(gone(n), database);
        rounds += 1;
      }
    };
    const workers = [work(0), work(1)];
    const stop = async () => {
      isOver = true;
      await Promise.all(workers);
    };
    afterwards(stop);

    let seen = 0;
    for (let time = 0; time < 10; time += 1) {
      const found = await script.answer(discoverySchema)`connections discover Shop --refresh`;
      expect(JSON.stringify(found)).not.toContain('???');
      expect(found.schemas.find(({ name }) => name === 'bulk')?.relations).toHaveLength(400);
      const relations = found.schemas.find(({ name }) => name === 'app')?.relations ?? [];
      expect(relations.map(({ name }) => name)).toEqual(expect.arrayContaining(['steady', 'steady_view']));
      for (const relation of relations.filter(({ name }) => /^passing_\d/.test(name))) {
        seen += 1;
        expect(relation.columns.map(({ name }) => name)).toEqual(['id', 'mood', 'moods', 'during', 'steady']);
        expect(relation).toMatchObject({
          primaryKey: { columns: ['id'] },
          foreignKeys: [{ referencedTable: 'steady' }],
          checks: [{ definition: 'CHECK ((id > 0))' }],
          exclusions: [{ definition: 'EXCLUDE USING gist (during WITH &&)' }],
        });
        expect(relation.indexes).toHaveLength(3);
        expect(relation.columns[1]?.default).toMatch(/^'glad'::app\.mood_\d+$/);
        const [index] = relation.indexes.filter(({ predicate }) => predicate !== null);
        expect(index).toMatchObject({
          expressions: '(id + 1)',
          predicate: expect.stringMatching(/^\(mood = 'glad'::app\.mood_\d+\)$/),
        });
      }
      const detail = await script.answer(
        relationDetailSchema,
      )`connections discover Shop app.steady --details`;
      expect(detail.details?.indexes).toHaveLength(1);
    }
    await stop();
    expect(seen).toBeGreaterThan(0);
    expect(rounds).toBeGreaterThan(10);

    const last = await script.answer(discoverySchema)`connections discover Shop --refresh`;
    expect(last.schemas.find(({ name }) => name === 'app')?.relations.map(({ name }) => name)).toEqual([
      'steady',
      'steady_view',
    ]);
  },
  180_000,
);
