/** An element of a document: its attributes, its elements and the text directly within it. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

/** XML 1.0, section 2.2. */
const allowed = /^[\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]*$/u;
const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/**
 * Reads an XML 1.0 document of elements, attributes, text and references; comments, CDATA and a DTD
 * are refused, as is everything that makes a document not well-formed.
 * @throws Error which names the place
 */
export function parseXml(document: string): XmlElement {
  if (!allowed.test(document)) throw new Error('a character that XML 1.0 forbids');
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    const sticky = new RegExp(pattern, 'uy');
    sticky.lastIndex = at;
    const found = sticky.exec(document);
    if (found) at = sticky.lastIndex;
    return found;
  };
  const need = (pattern: RegExp): RegExpExecArray => {
    const found = take(pattern);
    if (found) return found;
    throw new Error(`at ${at}: no ${pattern} in ${JSON.stringify(document.slice(at, at + 40))}`);
  };

  const element = (): XmlElement => {
    const [, name = ''] = need(/<([A-Za-z_][\w.-]*)/);
    const attributes: Record<string, string> = {};
    for (
      let found = take(/\s+([A-Za-z_][\w.-]*)="([^"<]*)"/);
      found;
      found = take(/\s+([\w.-]+)="([^"<]*)"/)
    ) {
      const [, key = '', value = ''] = found;
      if (Object.hasOwn(attributes, key)) throw new Error(`at ${at}: the attribute ${key} twice`);
      // A line end or tab that is not a reference becomes a blank (section 3.3.3).
      attributes[key] = dereferenced(value.replace(/[\t\n\r]/g, ' '));
    }
    if (take(/\s*\/>/)) return { name, attributes, children: [], text: '' };
    need(/\s*>/);
    const children: XmlElement[] = [];
    let text = '';
    while (!take(/<\//)) {
      const [piece = ''] = need(/[^<]*/);
      if (piece.includes(']]>')) throw new Error(`at ${at}: "]]>" in text`);
      text += dereferenced(piece);
      if (document.startsWith('</', at)) continue;
      children.push(element());
    }
    need(new RegExp(`${name}\\s*>`));
    return { name, attributes, children, text };
  };

  need(/<\?xml version="1\.0" encoding="UTF-8"\?>\n/);
  const root = element();
  need(/\s*$/);
  return root;
}

function dereferenced(text: string): string {
  return text.replace(/&([^;\s&]*)(;?)/g, (all, name: string, end: string) => {
    const char = name.startsWith('#') ? String.fromCodePoint(Number(name.slice(1))) : entities[name];
    if (end === '' || char === undefined || !allowed.test(char)) throw new Error(`a bad reference ${all}`);
    return char;
  });
}
