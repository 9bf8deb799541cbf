import type { StructureView } from '../metadata/view.ts';
import { shown } from './json-text.ts';

/** discoverySchema, as JSON indented by two; a page of relations at a time. */
export async function* discoveryJson(found: StructureView): AsyncGenerator<string> {
  const { connection, takenAt, server, hidden } = found;
  const head = indented({ connection, takenAt, server, hidden }, '').slice(0, -2);
  yield shown(`${head},\n  "schemas": [`);
  const typesOf = new Map<string, unknown[]>();
  for (const { schema, ...type } of await found.types()) {
    const known = typesOf.get(schema);
    if (known) known.push(type);
    else typesOf.set(schema, [type]);
  }
  let opened = 0;
  let inSchema = 0;
  const open = (name: string) => {
    opened += 1;
    inSchema = 0;
    return `${opened > 1 ? ',' : ''}\n    {\n      "name": ${JSON.stringify(name)},\n      "relations": [`;
  };
  const close = (name: string) => {
    const types = typesOf.get(name) ?? [];
    return `${inSchema > 0 ? '\n      ' : ''}],\n      "types": ${indented(types, '      ')}\n    }`;
  };
  const waiting = [...found.schemas];
  let current: string | null = null;
  for await (const page of found.relations()) {
    let text = '';
    for (const { schema, relation } of page) {
      if (schema !== current) {
        if (current !== null) text += close(current);
        while (waiting.length > 0 && waiting[0] !== schema) text += empty(waiting.shift());
        waiting.shift();
        text += open(schema);
        current = schema;
      }
      text += `${inSchema > 0 ? ',' : ''}\n        ${indented(relation, '        ')}`;
      inSchema += 1;
    }
    yield shown(text);
  }
  let rest = current === null ? '' : close(current);
  for (const name of waiting) rest += empty(name);
  yield shown(`${rest}${opened > 0 ? '\n  ' : ''}]\n}\n`);

  function empty(name: string | undefined): string {
    return name === undefined || found.narrowed ? '' : open(name) + close(name);
  }
}

/** A line feed within a string is an escape, so all of them are the indentation's. */
function indented(value: unknown, indentation: string): string {
  const json = JSON.stringify(value, null, 2);
  return indentation === '' ? json : json.replaceAll('\n', `\n${indentation}`);
}
