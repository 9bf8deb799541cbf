import { Secret } from '../../secrets/secret.ts';
import type { ImportedItem, ImportFormat, ImportInput } from './imported.ts';
import { findPassword, parsePassfile } from './passfile.ts';

/** A section of a service file, or what is wrong with it. */
interface ServiceSection {
  readonly name: string;
  readonly line: number;
  readonly values: ReadonlyMap<string, string>;
  readonly complaint: { readonly line: number; readonly message: string } | null;
}

/**
 * Reads a service file as libpq's parseServiceInfo does (src/interfaces/libpq/fe-connect.c): blanks around
 * a line are dropped, those around "=" are not; the first section of a name and the first value of a
 * keyword count.
 */
export function parseServiceFile(text: string): ServiceSection[] {
  const sections: {
    name: string;
    line: number;
    values: Map<string, string>;
    complaint: ServiceSection['complaint'];
  }[] = [];
  for (const [index, raw] of text
    .replace(/^\ufeff/, '')
    .split(/\n/)
    .entries()) {
    const line = raw.replace(/^[ \t\v\f\r]+|[ \t\v\f\r]+$/g, '');
    if (line === '' || line.startsWith('#')) continue;
    if (line.startsWith('[')) {
      const end = line.lastIndexOf(']');
      const name = end < 0 ? line.slice(1) : line.slice(1, end);
      const complaint = end < 0 ? { line: index + 1, message: 'its heading lacks the "]"' } : null;
      sections.push({ name, line: index + 1, values: new Map(), complaint });
      continue;
    }
    // libpq passes over what stands before the first section.
    const section = sections.at(-1);
    if (!section) continue;
    const equals = line.indexOf('=');
    const keyword = line.slice(0, equals);
    const complaint = line.startsWith('ldap') ? 'it is looked up by LDAP, which is not followed' : null;
    if (complaint !== null || equals < 1) {
      section.complaint ??= { line: index + 1, message: complaint ?? 'a line is no KEYWORD=VALUE' };
    } else if (!section.values.has(keyword)) section.values.set(keyword, line.slice(equals + 1));
  }
  return sections;
}

export const pgService: ImportFormat = {
  name: 'pg-service',
  title: "libpq's service file",
  detects: (fileName, text) =>
    /pg_service/i.test(fileName) ||
    (/^\s*\[[^\]\n]+\]\s*$/m.test(text) && /^\s*(?:host|dbname)=/m.test(text)),
  async read(input) {
    const companion = await input.companion();
    const passwords = companion === null ? [] : parsePassfile(companion.toString('utf8'));
    const seen = new Set<string>();
    return parseServiceFile(input.text).map((section) => {
      const item = itemOf(section, input, passwords, seen.has(section.name));
      seen.add(section.name);
      return item;
    });
  },
};

function itemOf(
  { name, line, values, complaint }: ServiceSection,
  { file }: ImportInput,
  passwords: ReturnType<typeof parsePassfile>,
  isSecond: boolean,
): ImportedItem {
  const not = (kind: 'bad' | 'skipped', at: number, message: string): ImportedItem => ({
    ...{ kind, name, origin: { file, line: at }, message },
  });
  if (complaint) return not('bad', complaint.line, complaint.message);
  if (isSecond)
    return not('skipped', line, 'the file has a section of that name before, which is the one libpq takes');
  const said = new Map(values);
  // libpq takes the user's name for the database's.
  const user = said.get('user');
  if (!said.has('dbname') && user !== undefined) said.set('dbname', user);
  const passwordText = said.get('password') ?? findPassword(passwords, said);
  said.delete('password');
  return {
    kind: 'entry',
    name,
    origin: { file, line },
    target: { kind: 'parameters', values: said },
    ...(passwordText !== null && { password: { kind: 'secret', secret: new Secret(passwordText) } }),
    leftOut: [],
  };
}
