import type { Role, SslMode } from '../connections/connection.ts';
import { UsageError } from '../connections/errors.ts';
import { roles, sslModes } from '../connections/vocabulary.ts';
import { nearNames } from '../metadata/near-names.ts';

/** Readers of flags' values, for commander: each takes the text and gives the value or throws UsageError. */

/** @throws UsageError bad_value */
export function oneOf<const T extends string>(
  flag: string,
  values: readonly T[],
): ((text: string) => T) & { readonly values: readonly T[] } {
  const read = (text: string) => {
    const value = values.find((known) => known === text);
    if (value !== undefined) return value;
    const [meant] = nearNames(text, values, String);
    const fix =
      meant === undefined ? `use ${given(flag, values.join(' or '))}` : `did you mean ${given(flag, meant)}?`;
    throw badValue(flag, `is none of ${values.join(', ')}`, fix);
  };
  // For the completion of the shell.
  return Object.assign(read, { values });
}

export const readRole: (text: string) => Role = oneOf('--role', roles);
export const readSslMode: (text: string) => SslMode = oneOf('--ssl-mode', sslModes);

/** A TCP port. @throws UsageError bad_value */
export function readPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw badValue(
    '--port',
    'is not a number from 1 to 65535',
    "use --port 5432, PostgreSQL's own, unless yours differs",
  );
}

/** A whole number of at least one. @throws UsageError bad_value */
export function readCount(flag: string, most: number): (text: string) => number {
  return (text) => {
    const count = /^\d{1,9}$/.test(text) ? Number(text) : 0;
    if (count >= 1 && count <= most) return count;
    throw badValue(flag, `is not a whole number from 1 to ${most}`, `use ${given(flag, '8')}, for instance`);
  };
}

/** A whole number, 0 too. @throws UsageError bad_value */
export function readWhole(flag: string): (text: string) => number {
  return (text) => {
    if (/^\d{1,9}$/.test(text)) return Number(text);
    throw badValue(flag, 'is not a whole number', `use ${given(flag, '100')}, for instance`);
  };
}

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
/** The longest time setTimeout can wait for. */
const longestMs = 2 ** 31 - 1;

/** A time like 500ms, 10s or 2m, in milliseconds; a bare number is seconds. @throws UsageError bad_value */
export function readDuration(flag: string): (text: string) => number {
  return (text) => {
    const match = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)?$/.exec(text);
    const duration = match ? Number(match[1]) * unitMs[(match[2] ?? 's') as keyof typeof unitMs] : 0;
    if (duration >= 1 && duration <= longestMs) return Math.round(duration);
    throw badValue(flag, 'is not a time from 1ms to 24 days', `use ${given(flag, '10s')}, 500ms or 2m`);
  };
}

const longUnitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** How far apart things are to be, `15m`, `6h` or `7d`, in milliseconds; the unit is needed. @throws UsageError bad_value */
export function readInterval(flag: string): (text: string) => number {
  return (text) => {
    const match = /^(\d{1,9})([smhd])$/.exec(text);
    const interval = match ? Number(match[1]) * longUnitMs[match[2] as keyof typeof longUnitMs] : 0;
    if (interval > 0) return interval;
    throw badValue(flag, 'is not an interval', `use ${given(flag, '15m')}, 6h or 7d`);
  };
}

const sizeUnits = ['', 'k', 'm', 'g', 't'];

/** A size like 500MB or 1GiB, in bytes, by powers of 1024 as PostgreSQL counts; a bare number is bytes. @throws UsageError bad_value */
export function readSize(flag: string): (text: string) => number {
  return (text) => {
    const [, digits, unit = ''] = /^(\d{1,9}(?:\.\d{1,3})?)(?:([kmgt])i?b|b)?$/i.exec(text) ?? [];
    if (digits !== undefined)
      return Math.round(Number(digits) * 1024 ** sizeUnits.indexOf(unit.toLowerCase()));
    throw badValue(flag, 'is not a size', `use ${given(flag, '500MB')} or 1GiB, for instance`);
  };
}

/** The name of a variable, which is not repeated: it may be a slip of the secret itself. @throws UsageError bad_value */
export function readVariableName(flag: string): (text: string) => string {
  const example = flag.includes('url') ? 'DATABASE_URL' : 'ORDERS_PASSWORD';
  return (text) => {
    if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(text)) return text;
    throw badValue(flag, 'is not the name of a variable', `use ${flag} ${example}, for instance`);
  };
}

/** Gathers a flag that may be repeated. */
export function repeated(text: string, former: readonly string[] | undefined): string[] {
  return [...(former ?? []), text];
}

/** Gathers `KEY=VALUE` flags. @throws UsageError bad_value; a value is never repeated */
export function keyValues(
  flag: string,
): (text: string, former?: Record<string, string>) => Record<string, string> {
  return (text, former) => {
    const equals = text.indexOf('=');
    if (equals < 1)
      throw badValue(flag, 'is not KEY=VALUE', `use ${flag} application_name=nightly, for instance`);
    const name = text.slice(0, equals);
    if (former && Object.hasOwn(former, name)) {
      throw new UsageError({
        code: 'conflicting_flags',
        message: `${flag} ${name} is given twice`,
        fix: 'give it once',
      });
    }
    return { ...former, [name]: text.slice(equals + 1) };
  };
}

/** A flag with its value, or the variable that stands for it. */
function given(flag: string, value: string): string {
  return `${flag}${flag.startsWith('JACKFIELD_') ? '=' : ' '}${value}`;
}

function badValue(flag: string, what: string, fix: string): UsageError {
  return new UsageError({ code: 'bad_value', message: `the value of ${flag} ${what}`, fix });
}
