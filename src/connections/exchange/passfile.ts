interface Field {
  readonly text: string;
  /** A lone `*`, not one behind a backslash. */
  readonly any: boolean;
}

interface PassfileEntry {
  readonly matches: readonly Field[];
  readonly password: string;
}

/** Reads a password file as libpq does (passwordFromFile in fe-connect.c). Lines that are none are passed over. */
export function parsePassfile(text: string): PassfileEntry[] {
  return text.split('\n').flatMap((raw) => {
    const line = raw.replace(/\r$/, '');
    if (line.startsWith('#')) return [];
    const fields = fieldsOf(line);
    const password = fields[4]?.text;
    if (password === undefined) return [];
    return [{ matches: fields.slice(0, 4), password }];
  });
}

/** The password of the first line that matches an endpoint; null where none does. */
export function findPassword(
  entries: readonly PassfileEntry[],
  values: ReadonlyMap<string, string>,
): string | null {
  const hosts = (values.get('host') ?? 'localhost').split(',');
  const [port = '5432'] = (values.get('port') ?? '5432').split(',');
  const rest = [port, values.get('dbname') ?? '', values.get('user') ?? ''];
  for (const host of hosts) {
    const names = host.startsWith('/') ? [host, 'localhost'] : [host];
    for (const name of names) {
      const wanted = [name, ...rest];
      const found = entries.find(({ matches }) =>
        matches.every(({ text, any }, index) => any || text === wanted[index]),
      );
      if (found) return found.password;
    }
  }
  return null;
}

/** A colon ends a field, a backslash takes the next character as it is; what follows the fifth is nobody's. */
function fieldsOf(line: string): Field[] {
  const fields: Field[] = [];
  let text = '';
  let escaped = false;
  const end = () => {
    fields.push({ text, any: text === '*' && !escaped });
    text = '';
    escaped = false;
  };
  for (let at = 0; at < line.length; at += 1) {
    const character = line.charAt(at);
    if (character === ':') end();
    else if (character === '\\' && at + 1 < line.length) {
      at += 1;
      text += line.charAt(at);
      escaped = true;
    } else text += character;
  }
  end();
  return fields;
}
