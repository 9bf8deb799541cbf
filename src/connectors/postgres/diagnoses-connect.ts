import { at, type Diagnosis, type FaultDetail } from './fault-detail.ts';
import {
  cloudSqlNetworks,
  credentialsAt,
  isPublicAddress,
  isSupabaseDirect,
  letInAt,
  portAt,
  supabaseProject,
} from './provider-places.ts';

const sessionPooler = (d: FaultDetail) =>
  `use the session pooler of Supabase dashboard → Connect (port 5432, --username role.${supabaseProject(d.host)}; it carries no CDC), or buy the project the IPv4 add-on`;

/** Of the rungs resolve and connect. */
export const connectDiagnoses = {
  dns_not_found: {
    stage: 'resolve',
    message: (d) => `the host name ${d.host} does not exist`,
    fix: () => 'check the host name for a slip, and whether it is known only inside a VPN or private network',
  },
  supabase_name_without_ipv4: {
    stage: 'resolve',
    message: (d) => `the host name ${d.host} has no address of IPv4, or no longer exists`,
    fix: (d) => `${sessionPooler(d)}; check in the dashboard that the project is not paused`,
  },
  dns_failed: {
    stage: 'resolve',
    message: (d) => `the host name ${d.host} could not be looked up (${d.text})`,
    fix: () => 'check this machine’s DNS and network, then test again',
  },
  dns_timeout: {
    stage: 'resolve',
    message: (d) => `looking up ${d.host} took longer than the time-out`,
    fix: () => 'check this machine’s DNS and network, or raise --timeout',
  },
  connection_refused: {
    stage: 'connect',
    message: (d) => `nothing listens on ${at(d)}`,
    fix: (d) => {
      const place = credentialsAt(d.host);
      if (place === null)
        return 'check the port, and that the server runs and listens on that address (listen_addresses)';
      return `check the host and port against ${place}, and that the database is not paused or stopped; its port is ${portAt(d.host) ?? '5432 unless that says another'}`;
    },
  },
  host_unreachable: {
    stage: 'connect',
    message: (d) => `${at(d)} can't be reached from here (${d.text})`,
    fix: () => 'check the route, VPN and firewall; an IPv6-only host needs IPv6 here',
  },
  supabase_ipv6_unreachable: {
    stage: 'connect',
    message: (d) => `${at(d)} has addresses of IPv6 only, which can't be reached from here (${d.text})`,
    fix: sessionPooler,
  },
  connect_timeout: {
    stage: 'connect',
    message: (d) => `${at(d)} did not answer in time`,
    fix: (d) => {
      if (isSupabaseDirect(d.host)) return `where this network has no IPv6, ${sessionPooler(d)}`;
      const place = letInAt(d.host);
      const drops = 'a firewall or security group most likely drops the packets';
      if (place === null) {
        const where = isPublicAddress(d.host) ? ` (Cloud SQL: ${cloudSqlNetworks})` : '';
        return `${drops}: allow this machine’s address${where}`;
      }
      const port = portAt(d.host);
      return `${drops}: ${place}${port === null ? '' : `; its port is ${port}`}`;
    },
  },
  connection_closed: {
    stage: 'connect',
    message: (d) => `${at(d)} closed the connection without a word`,
    fix: () => 'check that the port is PostgreSQL’s, and that no proxy or allow-list stands in between',
  },
  server_silent: {
    stage: 'connect',
    message: (d) => `${at(d)} accepts connections but says nothing`,
    fix: () => 'check that the port is PostgreSQL’s; a hung or overloaded server or proxy does this too',
  },
  not_postgresql: {
    stage: 'connect',
    message: (d) => `what answers on ${at(d)} is not PostgreSQL${d.peer ? `, but ${d.peer}` : ''}`,
    fix: (d) => `check the port: PostgreSQL’s is ${portAt(d.host) ?? '5432 where nobody changed it'}`,
  },
  socket_missing: {
    stage: 'connect',
    message: (d) =>
      `there is no server socket${d.port === undefined ? '' : ` for port ${d.port}`} in ${d.host}`,
    fix: () => 'check the directory (unix_socket_directories) and the port',
  },
  socket_denied: {
    stage: 'connect',
    message: (d) => `the server's socket in ${d.host} may not be opened`,
    fix: () => 'check the permissions of the socket (unix_socket_permissions)',
  },
  protocol_violation: {
    stage: 'connect',
    message: (d) => `${at(d)} broke PostgreSQL's protocol (${d.text})`,
    fix: () => 'check that the port is PostgreSQL’s; if it is, do not trust what stands in between',
  },
} as const satisfies Record<string, Diagnosis>;
