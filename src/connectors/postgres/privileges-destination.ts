import { displayIdentifier } from './identifiers.ts';
import type { PrivilegeFacts, SchemaFacts } from './privileges.ts';
import { counted, namesOf, schemaNames, share, targets } from './privileges-words.ts';
import { type Complaint, failure, passed, skipped, together, type Verdict, warning } from './verdict.ts';

const isGone = ({ exists }: SchemaFacts) => !exists;

/** The rung `schema` of a destination: is it there, or may the user make it? */
export function judgeDestinationSchema(facts: PrivilegeFacts): Verdict {
  const complaints: Complaint[] = [];
  const gone = facts.schemas.filter(isGone);
  const user = displayIdentifier(facts.currentUser);
  if (gone.length > 0 && !facts.databaseCreate) {
    const message = `there is no schema ${schemaNames(gone)} in the database ${facts.database}`;
    const make = ({ name }: SchemaFacts) => `CREATE SCHEMA ${displayIdentifier(name)} AUTHORIZATION ${user};`;
    complaints.push(failure('no_such_schema', message, gone.map(make).join('\n')));
  }
  if (facts.notTables.count > 0) {
    const message = `what is there by the name of ${namesOf(facts, facts.notTables)} is no table`;
    const fix = 'load into a table of another name, or remove what has the name';
    complaints.push(failure('not_a_table', message, fix));
  }
  const verdict = together(complaints);
  if (verdict) return verdict;
  const there = facts.schemas.filter(({ exists }) => exists);
  const notes = [
    there.length > 0 && `${schemaNames(there)}: ${counted(facts.tables, 'table')}`,
    facts.missing.count > 0 && `not there yet: ${namesOf(facts, facts.missing)}`,
    gone.length > 0 &&
      `the schema ${schemaNames(gone)} does not exist yet, and "${facts.currentUser}" may create it`,
  ];
  return passed(notes.filter(Boolean).join('; '));
}

/** The rung `privileges` of a destination: all that is missing at once, with the statements that grant it. */
export function judgeDestination(facts: PrivilegeFacts): Verdict {
  const user = displayIdentifier(facts.currentUser);
  const complaints = [...schemaComplaints(facts, user), ...writeComplaints(facts, user)];
  if (!facts.databaseTemporary) {
    const fix = `GRANT TEMPORARY ON DATABASE ${displayIdentifier(facts.database)} TO ${user};`;
    const message = 'may not make temporary tables, which merging loads often use';
    complaints.push(warning('temporary_denied', message, fix));
  }
  const verdict = together(complaints, `"${facts.currentUser}" `);
  if (verdict) return verdict;
  if (!facts.databaseCreate && facts.schemas.every(isGone)) return skipped('there is no schema to look at');
  return passed(writableText(facts));
}

/** One complaint a schema. Without CREATE a load works as long as every table that it needs is there. */
function schemaComplaints(facts: PrivilegeFacts, user: string): Complaint[] {
  const complaints: Complaint[] = [];
  for (const { name, exists, usage, create, missing } of facts.schemas) {
    const lacks = [!usage && 'USAGE', !create && 'CREATE'].filter((word) => word !== false).join(', ');
    if (!exists || lacks === '') continue;
    const schema = displayIdentifier(name);
    const message = `lacks ${lacks} on the schema ${schema}`;
    const fix = `GRANT ${lacks} ON SCHEMA ${schema} TO ${user};`;
    if (!create && (!facts.listed || missing > 0)) complaints.push(failure('create_denied', message, fix));
    else if (!usage) complaints.push(failure('usage_denied', message, fix));
    else complaints.push(warning('no_new_tables', `${message}, which new tables need`, fix));
  }
  return complaints;
}

function writeComplaints(facts: PrivilegeFacts, user: string): Complaint[] {
  const { unwritable, filtered, closedSequences, lacks, listed } = facts;
  const complaints: Complaint[] = [];
  if (unwritable.count > 0) {
    const merge = lacks.some((privilege) => privilege !== 'TRUNCATE');
    const reload = lacks.includes('TRUNCATE');
    const needs =
      merge && reload ? 'merging and a full reload need' : merge ? 'merging needs' : 'a full reload needs';
    const message = `lacks ${lacks.join(', ')} on ${share(facts, unwritable, 'table')}, which ${needs}`;
    const fix = `GRANT ${lacks.join(', ')} ON ${targets(facts, unwritable, 'TABLES')} TO ${user};`;
    // Of a whole schema nobody knows which tables will be loaded.
    const fails = listed && merge;
    complaints.push(fails ? failure('write_denied', message, fix) : warning('write_partial', message, fix));
  }
  if (filtered.count > 0) {
    const message = `is held by row-level security on ${share(facts, filtered, 'table')}`;
    complaints.push(failure('row_security_active', message, `ALTER ROLE ${user} BYPASSRLS;`));
  }
  if (closedSequences.count > 0) {
    const fills = closedSequences.count === 1 ? 'fills a column' : 'fill columns';
    const message = `may not draw from ${namesOf(facts, closedSequences)}, which ${fills}`;
    const fix = `GRANT USAGE ON ${targets(facts, closedSequences, 'SEQUENCES')} TO ${user};`;
    complaints.push(warning('sequence_denied', message, fix));
  }
  return complaints;
}

function writableText({ schemas, tables, ofOthers, listed, missing }: PrivilegeFacts): string {
  if (schemas.every(isGone)) return 'may create the schema';
  const may = [
    (!listed || missing.count > 0 || schemas.some(isGone)) && 'create tables',
    tables > 0 && `write ${tables === 1 ? 'the one table' : `all ${tables} tables`} there`,
  ].filter(Boolean);
  const others = ofOthers > 0 ? `, though not alter ${ofOthers} that it does not own` : '';
  return `may ${may.join(' and ')}${others}`;
}
