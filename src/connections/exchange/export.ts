import { endpointOf, type SavedConnection, type SecretSource } from '../connection.ts';
import type { FileConnection } from '../file.ts';
import { storedSecretsOf } from '../secrets-of.ts';
import type { ConnectionServices } from '../services.ts';
import { serviceSection } from './service-text.ts';

/** An entry of the file that `export` writes: what `apply` and `import` read. */
export type ExportedConnection = FileConnection;

/** An entry with the secrets that are stored; it is only ever sealed. */
export type SealedConnection = ExportedConnection & { passwordText?: string; sslKeyPasswordText?: string };

/**
 * A saved connection as an entry of a file. References stay references; a secret that is stored is left
 * out, and one that is not there is null.
 */
export function exportConnection(saved: SavedConnection): ExportedConnection {
  const { name, role, tags, password, sslKeyPassword } = saved;
  const { connector, host, port, database, username, schema, sslMode, options, ...files } = endpointOf(saved);
  const named = Object.entries(files).filter(([, path]) => path !== null);
  return {
    ...{ name, role, connector, host, port, database, username, schema, sslMode },
    ...Object.fromEntries(named),
    ...(Object.keys(options).length > 0 && { options: { ...options } }),
    ...(tags.length > 0 && { tags: [...tags] }),
    ...referenceOf('secret', password),
    ...(sslKeyPassword.kind !== 'none' && referenceOf('sslKeyPassword', sslKeyPassword)),
  };
}

function referenceOf(field: 'secret' | 'sslKeyPassword', source: SecretSource): Partial<FileConnection> {
  if (source.kind === 'stored') return {};
  return { [field]: source.kind === 'none' ? null : source.reference };
}

/** An entry with its stored secrets. @throws SecretError */
export async function exportWithSecrets(
  services: ConnectionServices,
  saved: SavedConnection,
): Promise<SealedConnection> {
  const stored = await storedSecretsOf(services, saved);
  const texts = {
    passwordText: saved.password.kind === 'stored' ? stored?.password?.reveal() : undefined,
    sslKeyPasswordText: saved.sslKeyPassword.kind === 'stored' ? stored?.sslKeyPassword?.reveal() : undefined,
  };
  const known = Object.entries(texts).filter(([, text]) => text !== undefined);
  return { ...exportConnection(saved), ...Object.fromEntries(known) };
}

/** The kinds of secrets that an export leaves out, as they are kept here. */
export function leavesOut(saved: SavedConnection): boolean {
  return saved.password.kind === 'stored' || saved.sslKeyPassword.kind === 'stored';
}

const introduction = `# No password is in this file. libpq looks for one in ~/.pgpass, which must be 0600:
#   HOST:PORT:DATABASE:USER:PASSWORD
# Or let it be handed over: jackfield connections exec NAME -- psql
`;

/**
 * A service file for libpq. It has no place for the schema, tags and role.
 * @returns the text, and the names of those that libpq's format can't hold
 */
export async function serviceFile(
  services: ConnectionServices,
  connections: readonly SavedConnection[],
): Promise<{ text: string; impossible: string[] }> {
  const sections: string[] = [];
  const impossible: string[] = [];
  for (const saved of connections) {
    const connector = await services.connectors.load(saved.connector);
    const section = serviceSection(saved.name, connector.parametersOf(endpointOf(saved)));
    if (section === null) impossible.push(saved.name);
    else sections.push(section);
  }
  return { text: [introduction, ...sections].join('\n'), impossible };
}
