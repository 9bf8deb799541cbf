/** The fixed words of CDC, apart from the schemas made of them, so that reading them loads nothing. */

/** What a publication may publish (CREATE PUBLICATION, `publish`). */
export const operations = ['insert', 'update', 'delete', 'truncate'] as const;

/** What the check looks at, in the order it is shown. */
export const checkNames = [
  'engine',
  'version',
  'wal_level',
  'role',
  'pooler',
  'replication',
  'slots',
  'senders',
  'wal_keep',
  'idle_timeout',
  'sender_timeout',
  'standby',
  'publish',
  'transactions',
  'idle_slots',
  'tables',
] as const;

export const outcomes = ['passed', 'warned', 'failed', 'skipped'] as const;

/** What a step of a plan does, of setting up and of tearing down. */
export const stepKinds = [
  'replica_identity',
  'create_publication',
  'add_tables',
  'drop_tables',
  'publish_options',
  'mark_publication',
  'create_slot',
  'end_consumer',
  'drop_slot',
  'drop_publication',
] as const;
