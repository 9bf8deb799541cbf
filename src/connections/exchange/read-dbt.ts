import { Secret } from '../../secrets/secret.ts';
import type { SecretInput } from '../secrets-of.ts';
import type { DataFile, ImportedItem, ImportFormat, ImportInput } from './imported.ts';
import { isMapping, mappingOf, parameters } from './record.ts';
import { fillIn, readTemplate } from './template.ts';

/** dbt's fields (https://docs.getdbt.com/docs/core/connect-data-platform/postgres-setup) that are libpq's. */
const fields: readonly (readonly [keyword: string, ...names: string[]])[] = [
  ['host', 'host'],
  ['port', 'port'],
  ['dbname', 'dbname', 'database'],
  ['user', 'user'],
  ['sslmode', 'sslmode'],
  ['sslrootcert', 'sslrootcert'],
  ['sslcert', 'sslcert'],
  ['sslkey', 'sslkey'],
  ['connect_timeout', 'connect_timeout'],
  ['keepalives_idle', 'keepalives_idle'],
];
const told = ['role', 'search_path'];

export const dbt: ImportFormat = {
  name: 'dbt',
  title: "dbt's profiles.yml",
  detects: (fileName, text) =>
    /^profiles\.ya?ml$/i.test(fileName) || (/^\s*outputs:/m.test(text) && /^\s*type:/m.test(text)),
  async read(input) {
    const data = await input.data();
    const items: ImportedItem[] = [];
    for (const [profile, content] of Object.entries(mappingOf(data.value, input.file, this.title))) {
      // `config:` is dbt's own.
      if (!isMapping(content) || !isMapping(content.outputs)) continue;
      for (const target of Object.keys(content.outputs)) {
        items.push(itemOf(input, data, profile, target, content.outputs[target]));
      }
    }
    return items;
  },
};

function itemOf(
  input: ImportInput,
  data: DataFile,
  profile: string,
  target: string,
  output: unknown,
): ImportedItem {
  const path = [profile, 'outputs', target];
  const name = `${profile}-${target}`;
  const origin = { file: input.file, line: data.lineOf(path) };
  const not = (kind: 'bad' | 'skipped', message: string): ImportedItem => ({ kind, name, origin, message });
  if (!isMapping(output)) return not('bad', 'it is no mapping');
  if (output.type !== 'postgres') return not('skipped', 'its type is not postgres');
  const values: Record<string, string> = {};
  const text = (field: string) => data.textOf([...path, field]);
  for (const [keyword, ...names] of fields) {
    const found = names.find((it) => text(it) !== null);
    const said = found === undefined ? null : text(found);
    if (said === null) continue;
    const filled = fillIn(said, input.environment);
    if (filled.kind !== 'text') return not('bad', `its ${found} can't be read: ${filled.message}`);
    values[keyword] = filled.text;
  }
  const password = passwordOf(text('password') ?? text('pass'), input);
  if (typeof password === 'string') return not('bad', `its password can't be read: ${password}`);
  const schema = schemaOf(text('schema'), input);
  return {
    kind: 'entry',
    name,
    origin,
    target: { kind: 'parameters', values: parameters(values) },
    ...(password && { password }),
    ...(schema !== null && { schema }),
    leftOut: told.filter((field) => output[field] != null),
  };
}

/** A password that is one variable stays one; a string says why it can't be had. */
function passwordOf(said: string | null, { environment }: ImportInput): SecretInput | string | null {
  if (said === null || said === '') return null;
  const read = readTemplate(said, environment);
  if (read.kind === 'unknown') return read.message;
  return read.kind === 'variable'
    ? { kind: 'env', reference: `env:${read.name}` }
    : { kind: 'secret', secret: new Secret(read.text) };
}

/** Where dbt writes is not where it reads; but it is the schema of its connection. */
function schemaOf(said: string | null, { environment }: ImportInput): string | null {
  if (said === null || said === '') return null;
  const filled = fillIn(said, environment);
  return filled.kind === 'text' ? filled.text : null;
}
