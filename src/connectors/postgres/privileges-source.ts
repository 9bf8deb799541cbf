import { displayIdentifier } from './identifiers.ts';
import type { Named, PrivilegeFacts } from './privileges.ts';
import { counted, namesOf, schemaNames, share, targets } from './privileges-words.ts';
import { type Complaint, failure, passed, skipped, together, type Verdict, warning } from './verdict.ts';

/** The rung `schema` of a source: is there what it is to read? */
export function judgeSourceSchema(facts: PrivilegeFacts): Verdict {
  const complaints: Complaint[] = [];
  const gone = facts.schemas.filter(({ exists }) => !exists);
  const check = facts.listed ? 'check the tables that pipelines name' : 'check --schema';
  const fix = `${check}; names are case-sensitive here`;
  if (gone.length > 0) {
    const message = `there is no schema ${schemaNames(gone)} in the database ${facts.database}`;
    complaints.push(failure('no_such_schema', message, fix));
  }
  if (facts.missing.count > 0) {
    complaints.push(failure('table_missing', `there is no table ${namesOf(facts, facts.missing)}`, fix));
  }
  if (complaints.length === 0 && facts.relations === 0) {
    const message = `the schema ${schemaNames(facts.schemas)} has no tables`;
    complaints.push(warning('schema_empty', message, 'check --schema'));
  }
  const found = `${schemaNames(facts.schemas)}: ${counted(facts.relations, 'relation')}`;
  return together(complaints) ?? passed(facts.listed ? `${found} that pipelines name` : found);
}

/** The rung `privileges` of a source: all that is missing at once, with the statements that grant it. */
export function judgeSource(facts: PrivilegeFacts): Verdict {
  const user = displayIdentifier(facts.currentUser);
  const complaints = readComplaints(facts, user);
  const shut = facts.schemas.filter(({ exists, usage }) => exists && !usage);
  if (shut.length > 0) {
    const names = schemaNames(shut);
    const fix = `GRANT USAGE ON SCHEMA ${names} TO ${user};`;
    complaints.push(failure('usage_denied', `may not use the schema ${names}`, fix));
  }
  if (facts.filtered.count > 0) {
    const message = `may be shown only some rows of ${share(facts, facts.filtered, 'relation')}, by row-level security`;
    complaints.push(warning('rows_filtered', message, `ALTER ROLE ${user} BYPASSRLS;`));
  }
  if (facts.closedSequences.count > 0) {
    const { closedSequences } = facts;
    const message = `may not read ${share(facts, closedSequences, 'sequence')}`;
    const fix = `GRANT SELECT ON ${targets(facts, closedSequences, 'SEQUENCES')} TO ${user};`;
    complaints.push(warning('sequence_denied', message, fix));
  }
  const verdict = together(complaints, `"${facts.currentUser}" `);
  if (verdict) return verdict;
  if (facts.schemas.every(({ exists }) => !exists)) return skipped('there is no schema to look at');
  return passed(readableText(facts.relations));
}

/** What is closed fails where it is listed, or where nothing is open at all. */
function readComplaints(facts: PrivilegeFacts, user: string): Complaint[] {
  const { closed, partial, relations, listed } = facts;
  const unreadable = closed.count + partial.count;
  const whole =
    !listed && (unreadable === relations || unreadable > closed.first.length + partial.first.length);
  const schema = schemaNames(facts.schemas);
  const grant = (named: Named) =>
    `GRANT SELECT ON ${whole ? `ALL TABLES IN SCHEMA ${schema}` : targets(facts, named, 'TABLES')} TO ${user};`;
  const complaints: Complaint[] = [];
  if (closed.count > 0) {
    const message = `may not read ${share(facts, closed, 'relation')}`;
    const nothing = listed || closed.count === relations;
    complaints.push(
      nothing
        ? failure('select_denied', message, grant(closed))
        : warning('select_partial', message, grant(closed)),
    );
  }
  if (partial.count > 0) {
    const message = `may read only some columns of ${share(facts, partial, 'relation')}`;
    complaints.push(warning('select_partial', message, grant(partial)));
  }
  return complaints;
}

function readableText(relations: number): string {
  if (relations === 0) return 'there is nothing to read yet';
  return relations === 1 ? 'the one relation is readable' : `all ${relations} relations are readable`;
}
