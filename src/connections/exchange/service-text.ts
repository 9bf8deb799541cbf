/**
 * A section of a connection service file (https://www.postgresql.org/docs/current/libpq-pgservice.html).
 * libpq takes what is behind "=" as it is, without the blanks at the line's end: nothing can be quoted.
 * @returns null where the name or a value can't be written so that libpq reads the same
 */
export function serviceSection(name: string, parameters: ReadonlyMap<string, string>): string | null {
  const values = [...parameters.values()];
  if (/[\n\r\0]/.test(name) || values.some((value) => /[\n\r\0]|[ \t\v\f]$/.test(value))) return null;
  const lines = [...parameters].map(([keyword, value]) => `${keyword}=${value}\n`);
  return `[${name}]\n${lines.join('')}`;
}
