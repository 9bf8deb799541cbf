import { Secret } from '../../secrets/secret.ts';
import type { SecretInput } from '../secrets-of.ts';
import { databaseOf } from './foreign-url.ts';
import type { DataFile, ImportedItem, ImportFormat, ImportInput } from './imported.ts';
import { isMapping, mappingOf, parameters } from './record.ts';

/** What is not taken over of it, and told. */
const told = ['role', 'statement_timeout', 'use_adbc'];

/** sling's env.yaml (https://docs.slingdata.io/sling-cli/environment). */
export const sling: ImportFormat = {
  name: 'sling',
  title: "sling's env.yaml",
  detects: (fileName, text) =>
    /^env\.ya?ml$/i.test(fileName) || (/^connections:/m.test(text) && /^\s+type:/m.test(text)),
  async read(input) {
    const data = await input.data();
    const { connections } = mappingOf(data.value, input.file, this.title);
    return Object.entries(mappingOf(connections, input.file, this.title)).map(([name, said]) =>
      itemOf(input, data, name, said),
    );
  },
};

function itemOf(input: ImportInput, data: DataFile, name: string, said: unknown): ImportedItem {
  const path = ['connections', name];
  const origin = { file: input.file, line: data.lineOf(path) };
  const not = (kind: 'bad' | 'skipped', message: string): ImportedItem => ({ kind, name, origin, message });
  const fields = typeof said === 'string' ? { url: said } : said;
  if (!isMapping(fields)) return not('bad', 'it is neither a URL nor a mapping');
  const text = (field: string) => data.textOf([...path, field]);
  const url = typeof said === 'string' ? said : text('url');
  const type = text('type');
  const isOther =
    type === null ? url === null || databaseOf(url) === 'other' : !/^postgres(?:ql)?$/.test(type);
  if (isOther) return not('skipped', 'its type is not postgres');
  if (fields.ssh_tunnel) return not('bad', 'it goes through an SSH tunnel, which is not followed');
  const missing: string[] = [];
  const filled = (value: string | null) =>
    value === null ? null : fillIn(value, input.environment, missing);
  const leftOut = told.filter((field) => fields[field] != null);
  if (url !== null) {
    const whole = filled(url) ?? '';
    if (missing[0] !== undefined) return not('bad', unset(missing[0]));
    return { kind: 'entry', name, origin, target: { kind: 'url', url: new Secret(whole) }, leftOut };
  }
  const values = parameters({
    host: filled(text('host')),
    port: filled(text('port')),
    dbname: filled(text('database') ?? text('dbname')),
    user: filled(text('user') ?? text('username')),
    sslmode: filled(text('sslmode')),
    sslrootcert: filled(text('sslrootcert')),
    sslcert: filled(text('sslcert')),
    sslkey: filled(text('sslkey')),
  });
  const schema = filled(text('schema'));
  const password = passwordOf(text('password'), filled);
  if (missing[0] !== undefined) return not('bad', unset(missing[0]));
  return {
    kind: 'entry',
    name,
    origin,
    target: { kind: 'parameters', values },
    ...(password && { password }),
    ...(schema && { schema }),
    leftOut,
  };
}

/** A password that is one variable stays one. */
function passwordOf(said: string | null, filled: (text: string) => string | null): SecretInput | null {
  if (said === null || said === '') return null;
  const [, variable] = /^\$\{(\w+)\}$/.exec(said) ?? [];
  if (variable !== undefined) return { kind: 'env', reference: `env:${variable}` };
  return { kind: 'secret', secret: new Secret(filled(said) ?? '') };
}

/** `${NAME}` as sling fills it in from the environment; another "$" is one. */
function fillIn(text: string, environment: ImportInput['environment'], missing: string[]): string {
  return text.replace(/\$\{(\w+)\}/g, (_whole, name: string) => {
    const value = environment[name];
    if (value === undefined) missing.push(name);
    return value ?? '';
  });
}

function unset(name: string): string {
  return `it uses the variable ${name}, which is not set here`;
}
