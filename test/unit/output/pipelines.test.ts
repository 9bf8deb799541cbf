import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { renderAnswer } from '../../../src/output/answer.ts';
import { pipelineDetail } from '../../../src/output/pipeline-detail.ts';
import { whereUsedGraph } from '../../../src/output/pipeline-graph.ts';
import { pipelineList } from '../../../src/output/pipeline-list.ts';
import { parseCsv } from '../../support/csv.ts';
import { pipe, pipeline, terminal } from './samples.ts';

const lost = { id: null, name: 'shop', status: 'disconnected' } as const;

describe('a list of pipelines', () => {
  const two = [
    pipeline(),
    pipeline({
      name: 'hourly',
      state: 'paused',
      status: 'disconnected',
      source: lost,
      tables: [],
      owner: null,
    }),
  ];

  test('is a line each', () => {
    expect(pipelineList(two, { total: 2 }).text(pipe)).toBe(
      [
        'NAME     STATE                   SOURCE          DESTINATION  TABLES         SCHEDULE  OWNER',
        'nightly  ✓ active                shop            lake         app.orders +1  daily     data',
        'hourly   ! disconnected, paused  shop (deleted)  lake         –              daily     –',
        '',
      ].join('\n'),
    );
  });

  test('is a block each where there is little room', () => {
    expect(pipelineList(two, { total: 2 }).text(terminal(40))).toBe(
      [
        'nightly',
        '  ✓ active',
        '  shop → lake',
        '  app.orders +1, daily, data',
        '',
        'hourly',
        '  ! disconnected, paused',
        '  shop (deleted) → lake',
        '  daily',
        '',
      ].join('\n'),
    );
  });

  test('says how to go on where there is none', () => {
    expect(pipelineList([], { total: 0 }).text(pipe)).toContain('jackfield pipelines add NAME');
    expect(pipelineList([], { total: 3 }).text(pipe)).toBe('No pipeline matches the filter; 3 saved.\n');
  });

  test('is a record each in CSV', async () => {
    const [, hourly] = parseCsv(await renderAnswer('csv', pipelineList(two, { total: 2 }), pipe));
    expect(hourly).toMatchObject({
      name: 'hourly',
      source: 'shop',
      sourceId: null,
      tables: '[]',
      owner: null,
    });
  });
});

test('one pipeline says what it has lost, and what to type', () => {
  const text = pipelineDetail(pipeline({ status: 'disconnected', source: lost })).text(pipe);
  expect(text).toContain('State        ✗ disconnected');
  expect(text).toContain('Source       shop (deleted)');
  expect(text).toMatch(/→ jackfield pipelines retarget nightly --source NAME\n$/);
});

describe('the graph of where connections are used', () => {
  test('has each connection once, dashes for what is paused, and red for what is gone', () => {
    const other = { id: null, name: 'old', status: 'disconnected' } as const;
    const graph = whereUsedGraph([
      pipeline(),
      pipeline({ name: 'paused', state: 'paused' }),
      pipeline({ name: 'lost', status: 'disconnected', source: other }),
    ]);
    expect(graph).toBe(`flowchart LR
  c1[("shop")]
  c2[("lake")]
  p1["nightly"]
  p2["paused<br>paused"]:::paused
  c3[("old<br>deleted")]:::disconnected
  p3["lost<br>disconnected"]:::disconnected
  c1 --> p1
  p1 --> c2
  c1 -.-> p2
  p2 -.-> c2
  c3 -. disconnected .-> p3
  p3 --> c2
  classDef paused stroke-dasharray: 4
  classDef disconnected stroke: #c00, color: #c00, stroke-dasharray: 4
`);
  });

  test('takes no name for anything but a name', () => {
    expect(whereUsedGraph([pipeline({ name: '"]; click p1 "javascript:x" <b>#`' })])).toContain(
      '  p1["#34;#93;#59; click p1 #34;javascript#58;x#34; #60;b#62;#35;#96;"]\n',
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        const line = whereUsedGraph([pipeline({ name })]).split('\n')[3];
        expect(line).toMatch(/^ {2}p1\["(?:[\p{L}\p{N} ._/-]|#\d+;)*"\]$/u);
      }),
    );
  });
});
