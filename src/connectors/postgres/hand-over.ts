import type { Endpoint } from '../../connections/connection.ts';
import { serviceSection } from '../../connections/exchange/service-text.ts';
import type { HandedFile, HandOver } from '../../connections/hand-over.ts';
import type { SecretItem } from '../../connections/secret-store.ts';
import { Secret } from '../../secrets/secret.ts';
import { libpqParameters, variableOf } from './libpq-parameters.ts';
import { passfileText } from './passfile.ts';

/** The section of the service file. */
const service = 'jackfield';

/**
 * What a program with libpq in it reads to dial an endpoint: variables; the password in a password file;
 * what no variable can say, the key's password among it, in a service file.
 */
export function handOver(endpoint: Endpoint, secrets: SecretItem): HandOver {
  const variables: Record<string, string> = {};
  const inFile = new Map<string, string>();
  for (const [name, value] of libpqParameters(endpoint)) {
    const variable = variableOf(name);
    if (variable === null) inFile.set(name, value);
    else variables[variable] = value;
  }
  // ~/.postgresql/postgresql.crt is no part of the endpoint (libpq 16 and newer).
  if (endpoint.sslCert === null) variables.PGSSLCERTMODE = 'disable';
  const { password, sslKeyPassword } = secrets;
  if (sslKeyPassword) inFile.set('sslpassword', sslKeyPassword.reveal());

  const files: HandedFile[] = [];
  const complaints: string[] = [];
  if (password) {
    const text = passfileText(endpoint, password);
    if (text === null) complaints.push("the password holds a line break, which libpq's password file can't");
    else files.push({ name: 'passfile', content: new Secret(text), variable: 'PGPASSFILE' });
  }
  if (inFile.size > 0) {
    const text = serviceSection(service, inFile);
    if (text === null)
      complaints.push("the key's password or an option ends in a blank, which a service file can't hold");
    else {
      files.push({ name: 'service', content: new Secret(text), variable: 'PGSERVICEFILE' });
      variables.PGSERVICE = service;
    }
  }
  return { variables, files, complaint: complaints.length === 0 ? null : complaints.join('; ') };
}
