import { UsageError } from '../../connections/errors.ts';
import type { SqlScript, SqlStatement } from '../../connections/query-port.ts';
import { divideSql, type StatementPlace } from './query-lexer.ts';

/**
 * Reads a text into its statements, each `:name` made a `$1` and its value bound beside it, never put
 * into the text.
 * @param parameters values by name
 * @throws UsageError no_statement, unknown_parameter, unused_parameter, mixed_parameters
 */
export function readSqlScript(source: string, parameters: ReadonlyMap<string, string>): SqlScript {
  const { statements: places } = divideSql(source);
  if (places.length === 0) {
    throw new UsageError({
      code: 'no_statement',
      message: 'there is no SQL statement in the text',
      fix: 'give one: jackfield connections query NAME "select 1"',
    });
  }
  const used = new Set<string>();
  const statements = places.map((place) => {
    for (const { name } of place.parameters) used.add(name);
    return readStatement(source, place, parameters);
  });
  for (const name of parameters.keys()) {
    if (used.has(name)) continue;
    throw new UsageError({
      code: 'unused_parameter',
      message: `the parameter ${JSON.stringify(name)} is not in the text`,
      fix: `write :${name} where its value belongs, outside of quotes, or leave --param out`,
    });
  }
  return { source, statements };
}

function readStatement(
  source: string,
  place: StatementPlace,
  parameters: ReadonlyMap<string, string>,
): SqlStatement {
  const names: string[] = [];
  const values: string[] = [];
  /** Where pieces of the text begin in what is sent, and where they came from. */
  const pieces: { sent: number; source: number }[] = [{ sent: 0, source: place.start }];
  let text = '';
  let from = place.start;
  for (const { name, start, end } of place.parameters) {
    const value = parameters.get(name);
    if (value === undefined) throw unknownParameter(name);
    if (place.hasPositions) throw mixedParameters();
    text += source.slice(from, start);
    if (!names.includes(name)) {
      names.push(name);
      values.push(value);
    }
    pieces.push({ sent: text.length, source: start });
    text += `$${names.indexOf(name) + 1}`;
    pieces.push({ sent: text.length, source: end });
    from = end;
  }
  text += source.slice(from, place.end);
  const placeOf = (index: number) => {
    const piece = pieces.findLast(({ sent }) => sent <= index) ?? { sent: 0, source: place.start };
    return Math.min(piece.source + index - piece.sent, place.end);
  };
  return { text, values, placeOf };
}

function unknownParameter(name: string): UsageError {
  return new UsageError({
    code: 'unknown_parameter',
    message: `the text has :${name}, and no value is given for it`,
    fix: `add --param ${name}=VALUE; what is no parameter has a blank before its name, as in a[1 : n]`,
  });
}

function mixedParameters(): UsageError {
  return new UsageError({
    code: 'mixed_parameters',
    message: 'a statement has both :name and $1',
    fix: 'name all of its parameters: --param name=value and :name',
  });
}
