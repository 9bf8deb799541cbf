/** A variable of a .env file. */
export interface DotenvVariable {
  readonly name: string;
  readonly value: string;
  /** Where it is set, from 1; null: in no file. */
  readonly line: number | null;
  /** A `${NAME}` in it that nothing sets; null: none. */
  readonly unresolved: string | null;
}

/** A line that sets nothing and is no comment. */
export interface DotenvComplaint {
  readonly line: number;
  readonly message: string;
}

/**
 * Reads a .env file: `KEY=VALUE`, with or without `export`; between single quotes a value is as it is,
 * between double ones `\n \r \t \" \\ \$` stand for something; without quotes it ends before a blank and
 * "#". `${NAME}` is replaced by what the file, or else the environment, says; a "$" alone is a "$". Set
 * twice, the last one counts.
 */
export function parseDotenv(
  text: string,
  environment: Readonly<Record<string, string | undefined>> = {},
): { variables: DotenvVariable[]; complaints: DotenvComplaint[] } {
  const variables = new Map<string, DotenvVariable>();
  const complaints: DotenvComplaint[] = [];
  const source = text.replace(/^\ufeff/, '').replaceAll('\r\n', '\n');
  let line = 1;
  let at = 0;
  while (at < source.length) {
    const { length, name, raw, quote, complaint } = readOne(source.slice(at));
    if (complaint !== null) complaints.push({ line, message: complaint });
    else if (name !== null) {
      const known = (it: string) => variables.get(it)?.value ?? environment[it];
      const { value, unresolved } =
        quote === "'" ? { value: raw, unresolved: null } : expand(raw, quote, known);
      variables.delete(name);
      variables.set(name, { name, value, line, unresolved });
    }
    line += source.slice(at, at + length).split('\n').length - 1;
    at += length;
  }
  return { variables: [...variables.values()], complaints };
}

interface Read {
  /** How much of the text it takes, the line's end included. */
  readonly length: number;
  readonly name: string | null;
  readonly raw: string;
  readonly quote: string;
  readonly complaint: string | null;
}

const quotedValue = /^'([^']*)'|^"((?:[^"\\]|\\[\s\S])*)"|^`([^`]*)`/;

function readOne(rest: string): Read {
  const end = rest.indexOf('\n') < 0 ? rest.length : rest.indexOf('\n') + 1;
  const nothing = { length: end, name: null, raw: '', quote: '', complaint: null };
  const line = rest.slice(0, end);
  if (/^\s*(?:#|$)/.test(line)) return nothing;
  const [start, name] = /^[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*=[ \t]*/.exec(line) ?? [];
  if (start === undefined || name === undefined)
    return { ...nothing, complaint: 'the line sets no variable' };
  const behind = rest.slice(start.length);
  const quote = /^['"`]/.exec(behind)?.[0] ?? '';
  if (quote !== '') {
    const [whole, ...raws] = quotedValue.exec(behind) ?? [];
    if (whole === undefined) return { ...nothing, complaint: `the value of ${name} lacks its closing quote` };
    const tail = /^[^\n]*\n?/.exec(behind.slice(whole.length))?.[0] ?? '';
    if (!/^\s*(?:#.*)?$/.test(tail.trimEnd()))
      return { ...nothing, complaint: `something follows the quoted value of ${name}` };
    const raw = raws.find((it) => it !== undefined) ?? '';
    return { length: start.length + whole.length + tail.length, name, raw, quote, complaint: null };
  }
  const raw = line
    .slice(start.length)
    .replace(/(?:^|[ \t])#.*$/s, '')
    .trim();
  return { ...nothing, name, raw };
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\', $: '$' };

function expand(
  raw: string,
  quote: string,
  known: (name: string) => string | undefined,
): { value: string; unresolved: string | null } {
  let unresolved: string | null = null;
  const pieces = quote === '"' ? /\\([nrt"\\$])|\$\{(\w+)\}/g : /(?!)|\$\{(\w+)\}/g;
  const value = raw.replace(pieces, (whole, first: string | undefined, second: string | undefined) => {
    const escaped = quote === '"' ? first : undefined;
    if (escaped !== undefined) return escapes[escaped] ?? whole;
    const name = (quote === '"' ? second : first) ?? '';
    const found = known(name);
    if (found === undefined) unresolved ??= name;
    return found ?? whole;
  });
  return { value, unresolved };
}
