/** The fixed words of the domain, apart from the schemas made of them, so that reading them loads nothing. */

export const roles = ['source', 'destination'] as const;

/** libpq's sslmode, weakest first (https://www.postgresql.org/docs/current/libpq-ssl.html). */
export const sslModes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;

export const secretKinds = ['keychain', 'vault', 'env', 'file', 'cmd', 'none'] as const;

/** The rungs of the probe's ladder, in order. */
export const stages = [
  'resolve',
  'connect',
  'tls',
  'authenticate',
  'database',
  'session',
  'schema',
  'privileges',
] as const;

/** What a connection's last test can say. */
export const testStatuses = ['passed', 'warned', 'failed', 'never', 'changed'] as const;
