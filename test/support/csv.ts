/**
 * Reads CSV as RFC 4180 has it, with a header. An empty cell is null, `""` an empty string, as COPY
 * tells them apart. @throws Error for text that is not CSV, or a line of another length than the header
 */
export function parseCsv(text: string): Record<string, string | null>[] {
  const lines: (string | null)[][] = [];
  let line: (string | null)[] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;
  while (cell.lastIndex < text.length) {
    const [, quoted, bare = '', end] = cell.exec(text) ?? fail(`not CSV: ${text.slice(0, 200)}`);
    line.push(quoted === undefined ? bare || null : quoted.replaceAll('""', '"'));
    if (end === ',') continue;
    lines.push(line);
    line = [];
  }
  const [header = [], ...records] = lines;
  return records.map((record) => {
    if (record.length !== header.length)
      fail(`a line of ${record.length} cells below ${header.length} titles`);
    return Object.fromEntries(header.map((title, index) => [title ?? '', record[index] ?? null]));
  });
}

function fail(message: string): never {
  throw new Error(message);
}
