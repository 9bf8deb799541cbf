/** What a line that is no SQL asks for. */
export type PromptCommand =
  | { readonly does: 'leave' | 'help' }
  | ({ readonly does: 'describe' } & Described)
  | { readonly does: 'unknown'; readonly word: string };

/** Which relations are to be shown, as psql's \d, \dt and \dv have it. */
export interface Described {
  readonly kinds: 'all' | 'tables' | 'views';
  /** One relation's name, or a glob over names; null: all. */
  readonly pattern: string | null;
  /** Of one relation: ask the server for what is not kept. */
  readonly details: boolean;
}

export const commandsHelp = `Statements end with a semicolon, and may take several lines.
  \\d [GLOB]      tables and views, as they were last discovered
  \\d NAME        one of them in full; \\d+ NAME with its sizes, definitions and grants
  \\dt, \\dv [GLOB]
                 tables alone, views alone
  \\q or Ctrl-D   leave
  \\?             this text
  Tab            complete a keyword or name
  Up, Down       what was typed before
  Ctrl-C         drop the line, or cancel the statement that runs
`;

const kinds = { '': 'all', t: 'tables', v: 'views' } as const;

/** @returns null for what is a part of a statement */
export function readCommand(line: string): PromptCommand | null {
  const word = line.trim();
  if (!word.startsWith('\\') && !/^(?:quit|exit|help);?$/i.test(word)) return null;
  if (/^(?:\\q|quit|exit)(?:uit)?;?$/i.test(word)) return { does: 'leave' };
  if (/^(?:\\\?|\\h|\\help|help);?$/i.test(word)) return { does: 'help' };
  const [isDescribing, kind = '', plus, pattern = ''] =
    /^\\d([tv]?)(\+?)(?:\s+(.*?))?\s*;?$/s.exec(word) ?? [];
  if (isDescribing === undefined) return { does: 'unknown', word };
  return {
    does: 'describe',
    kinds: kinds[kind as keyof typeof kinds],
    pattern: pattern === '' ? null : pattern,
    details: plus === '+',
  };
}
