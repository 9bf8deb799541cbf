import { beforeAll, describe, expect, test } from 'vitest';
import type { SslMode } from '../../src/connections/connection.ts';
import { afterwards } from '../support/clean-up.ts';
import { type Major, type OwnServer, startServer } from '../support/postgres.ts';
import { type Psql, systemPsql } from '../support/psql.ts';
import { recordedPart } from '../support/recorded.ts';
import { compare, differingModes, isWeaker, type Row, report } from '../support/tls-matrix.ts';
import {
  certificateGroups,
  createSituationRoles,
  fileSituations,
  ruleSituations,
  situationRules,
} from '../support/tls-situations.ts';

// Every sslmode against every kind of server does what libpq does, or is stricter where that is meant.
// psql and the probe go to the same server. docs/tls.md shows what came of it; JACKFIELD_UPDATE_DOCS=1
// writes it there anew.

const psql = await systemPsql();
if (typeof psql === 'string') {
  if (process.env.CI) throw new Error(`libpq can't be asked: ${psql}`);
  process.stderr.write(`skipped: TLS against psql (${psql})\n`);
}

async function start(major: Major, tls = true): Promise<OwnServer> {
  const server = await startServer({ major, tls, hba: tls ? situationRules : '' });
  afterwards(() => server.stop());
  await createSituationRoles(server);
  return server;
}

async function certificateRows(asked: Psql): Promise<Row[]> {
  const [server, clear] = await Promise.all([start(18), start(18, false)]);
  const rows: Row[] = [];
  for (const { certificate, situations } of await certificateGroups(server, clear)) {
    if (certificate !== null) await server.useCertificate(certificate);
    rows.push(...(await compare(asked, situations)));
  }
  return rows;
}

/** The rules and the client's files. */
async function ruleRows(asked: Psql): Promise<[rules: Row[], files: Row[]]> {
  const server = await start(18);
  const rules = await compare(asked, await ruleSituations(server));
  return [rules, await compare(asked, await fileSituations(server))];
}

/** To a server's rules, the modes from `require` on are one. */
const ruleModes: readonly SslMode[] = ['disable', 'allow', 'prefer', 'require'];

async function olderRuleRows(asked: Psql): Promise<Row[]> {
  const situations = await ruleSituations(await start(12));
  return compare(
    asked,
    situations.map((situation) => ({ ...situation, modes: ruleModes })),
  );
}

const seen: { certificates: Row[]; rules: Row[]; olderRules: Row[]; files: Row[] } = {
  certificates: [],
  rules: [],
  olderRules: [],
  files: [],
};

/** What came of each cell in those modes, without psql's words. */
function outcomes(rows: readonly Row[]): unknown[] {
  return rows.map(({ server, client, cells }) => [
    server,
    client,
    ...cells
      .filter(({ mode }) => ruleModes.includes(mode))
      .map(({ mode, psql: { session }, ours }) => [mode, session, ours]),
  ]);
}

describe.skipIf(typeof psql === 'string')('TLS and psql', () => {
  beforeAll(async () => {
    if (typeof psql === 'string') return;
    const [certificates, [rules, files], olderRules] = await Promise.all([
      certificateRows(psql),
      ruleRows(psql),
      olderRuleRows(psql),
    ]);
    Object.assign(seen, { certificates, rules, files, olderRules });
  }, 180_000);

  test.each(['certificates', 'rules', 'olderRules', 'files'] as const)('%s: no cell is weaker', (part) => {
    expect(seen[part].length).toBeGreaterThan(8);
    const weaker = seen[part].flatMap(({ server, client, cells }) =>
      cells.filter(isWeaker).map((cell) => ({ server, client, ...cell })),
    );
    expect(weaker).toEqual([]);
  });

  test.each(['certificates', 'rules', 'files'] as const)('%s: they differ where it is meant', (part) => {
    const differing = (row: Row) => [row.server, row.client, differingModes(row)];
    const meant = (row: Row) => [row.server, row.client, (row.stricter ?? []).flatMap(({ modes }) => modes)];
    expect(seen[part].map(differing)).toEqual(seen[part].map(meant));
  });

  test.each(['certificates', 'rules', 'files'] as const)('%s: docs/tls.md shows what was seen', (part) => {
    const text = report(seen[part]);
    expect(recordedPart('docs/tls.md', part, text)).toBe(text);
  });

  test('the oldest version makes no difference', () => {
    expect(outcomes(seen.olderRules)).toEqual(outcomes(seen.rules));
  });
});
