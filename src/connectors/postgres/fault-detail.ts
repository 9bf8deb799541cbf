import type { Stage } from '../../connections/connection.ts';

/** What a fault's sentence and fix are made of. Texts from a server are made safe where they are printed. */
export interface FaultDetail {
  readonly host?: string;
  readonly port?: number;
  readonly address?: string;
  readonly username?: string;
  readonly database?: string;
  readonly schema?: string;
  readonly sslMode?: string;
  readonly file?: string;
  /** The server's or library's own words. */
  readonly text?: string;
  /** SQLSTATE, five characters (manual, appendix A). */
  readonly sqlstate?: string;
  /** An authentication method by libpq's name. */
  readonly method?: string;
  /** What answers where PostgreSQL was looked for, in our words. */
  readonly peer?: string;
  /** How often it was tried before it was given up. */
  readonly tries?: number;
}

/** What a code means: the rung it lands on, one sentence and the fix. */
export interface Diagnosis {
  readonly stage: Stage;
  readonly message: (detail: FaultDetail) => string;
  readonly fix: (detail: FaultDetail) => string;
}

/** Stands where a fault's place could not tell. */
export const unsaid: FaultDetail = {
  host: '(unknown)',
  username: '(unknown)',
  database: '(unknown)',
  sslMode: '(unknown)',
  text: 'no reason given',
  method: 'an unknown method',
};

/** Stands for the command that edits the connection; who knows its name puts it in. */
export const editCommand = 'jackfield connections edit NAME';

/** Where it happened: `db.example.com:5432`, `the socket in /run/postgresql`. */
export function at({ host, port }: FaultDetail): string {
  if (host?.startsWith('/')) return `the socket in ${host}`;
  return port === undefined ? `${host}` : `${host}:${port}`;
}

/** The SQLSTATE in brackets, where there is one. */
export const state = ({ sqlstate }: FaultDetail) => (sqlstate ? ` (${sqlstate})` : '');

/** The server's words with their SQLSTATE. */
export const said = (detail: FaultDetail) => `${detail.text}${state(detail)}`;

/** Of a missing pg_hba rule: "no encryption" since 15, "SSL off" before (src/backend/libpq/auth.c). */
export const saysUnencrypted = ({ text }: FaultDetail) => /no encryption|SSL off/i.test(text ?? '');
