import { Secret } from '../../secrets/secret.ts';
import { JackfieldError } from '../errors.ts';
import { endpointInputOf, secretInputOf } from '../file.ts';
import { sealedConnectionSchema } from '../schema.ts';
import type { SecretInput } from '../secrets-of.ts';
import type { ImportedItem, ImportFormat, ImportInput, Origin } from './imported.ts';
import { isMapping, mappingOf } from './record.ts';

/** The file of `apply`, and what `export` writes. */
export const own: ImportFormat = {
  name: 'jackfield',
  title: 'a connections file of jackfield',
  detects: (_fileName, text) => /(?:^|[\s{,])["']?connections["']?\s*:\s*(?:\[|\n\s*-)/.test(text),
  async read(input) {
    const data = await input.data();
    const { connections = [] } = mappingOf(data.value, input.file, this.title);
    const entries = Array.isArray(connections) ? connections : [connections];
    return entries.map((said: unknown, index): ImportedItem => {
      const origin = { file: input.file, line: data.lineOf(['connections', index]) };
      const name = isMapping(said) && typeof said.name === 'string' ? said.name : `entry ${index + 1}`;
      return itemOf(said, name, origin, input);
    });
  },
};

function itemOf(said: unknown, name: string, origin: Origin, input: ImportInput): ImportedItem {
  const parsed = sealedConnectionSchema.safeParse(said);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue?.path.map(String).join('.') || 'it';
    const message = `${where} is not as it should be; jackfield schema connectionFile says how`;
    return { kind: 'bad', name, origin, message };
  }
  const { passwordText, sslKeyPasswordText, ...entry } = parsed.data;
  if (!input.sealed && (passwordText ?? sslKeyPasswordText) !== undefined) {
    return { kind: 'bad', name, origin, message: 'it holds a password in the clear' };
  }
  try {
    const password = secretOf(passwordText) ?? secretInputOf(entry.secret, input.readReference);
    const key = secretOf(sslKeyPasswordText) ?? secretInputOf(entry.sslKeyPassword, input.readReference);
    return {
      kind: 'entry',
      name: entry.name,
      origin,
      role: entry.role,
      target: { kind: 'endpoint', input: endpointInputOf(entry) },
      ...(password && { password }),
      ...(key && { sslKeyPassword: key }),
      ...(entry.tags && { tags: entry.tags }),
      leftOut: [],
    };
  } catch (error) {
    if (!(error instanceof JackfieldError)) throw error;
    return { kind: 'bad', name, origin, message: `${error.message}: ${error.fix}` };
  }
}

function secretOf(text: string | undefined): SecretInput | undefined {
  return text === undefined ? undefined : { kind: 'secret', secret: new Secret(text) };
}
