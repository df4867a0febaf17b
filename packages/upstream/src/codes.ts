import { SLOT_FAILURE_HINTS } from './replication/codes.ts';

/**
 * The stable codes of what can be wrong with an upstream, each with what its owner can do about it. Clients branch on
 * the codes; people read the hints.
 */
const FAILURE_HINTS = {
  name_not_found:
    'Check the host for typing errors. A private name must be known to the resolvers of this service.',
  name_unresolved:
    'The resolvers did not answer. Try again; ask the operator of this service if it stays so.',
  address_refused:
    'This service dials public addresses only, unless its operator allows the range in UPSTREAM_ALLOWED_CIDRS.',
  ipv6_only:
    'The name has only IPv6 addresses, and this service has no route to them. Use a host with an IPv4 address.',
  refused:
    'Nothing listens on this port. Check host and port, and that the server runs and listens on this address.',
  unreachable:
    'There is no route to this address. Check the host, and the firewall between it and this service.',
  timeout:
    'Nothing answered in time. A firewall may drop the connection: let the addresses of this service through.',
  closed:
    'The server hung up. It may be restarting, or refuse this address. Try again; see the log of the server.',
  protocol_error:
    'What answers is no PostgreSQL server, or something in between changes its answers. Check the port.',
  too_much:
    'The server sent more than is read here. Check that host and port are those of a PostgreSQL server.',
  server_too_old: 'Upgrade the server: PostgreSQL itself does not maintain this version any more.',
  facts_refused:
    'Give host and port of the database itself, not of an administration console, and let the role read settings.',
  catalogs_refused: 'Let the role read what is in pg_catalog, as every role may unless that was revoked.',
  not_a_replica:
    'Give the host of a standby of the primary. What serves reads and writes itself is no replica.',
  system_unknown:
    'Let the roles execute pg_control_system() on both servers, or make sure yourself that it is the right primary.',
  tls_unsupported:
    'The server speaks no TLS. Turn it on there (ssl = on); ssl_mode disable sends everything in the clear.',
  tls_required:
    'The server lets nobody in without TLS. Set ssl_mode to require, or to verify-full, which is safe.',
  tls_version: 'Update the server, or set its ssl_max_protocol_version to TLSv1.2 or later.',
  tls_failed: 'See the log of the server. Its certificate, key or ciphers may not fit together.',
  certificate_expired: "Renew the server's certificate.",
  certificate_not_yet_valid: 'Check the clock of the server, and from when on its certificate is valid.',
  certificate_self_signed:
    'Register the certificate itself as the CA certificate of this database, or have it signed by an authority.',
  certificate_unknown_ca:
    "Register the CA certificate of the server's provider, and give it to this database.",
  certificate_name_mismatch:
    'Use a host that the certificate is for. ssl_mode verify-ca does not look at the name.',
  client_certificate_required: 'Register a client certificate with its key, and give it to this database.',
  client_certificate_refused:
    'The server must know the authority that signed it (ssl_ca_file), and its name must be that of the role.',
  cleartext_refused:
    'Use scram-sha-256 in pg_hba.conf and an ssl_mode that encrypts. A password in the clear needs TLS.',
  auth_unsupported: 'Use scram-sha-256 in pg_hba.conf for this role.',
  server_not_verified:
    'Something may stand between this service and the server. Check the host, and use ssl_mode verify-full.',
  wrong_password:
    'Check username and password. A server gives the same answer for a role that does not exist.',
  no_such_role: 'Check the username for typing errors, and that the role exists on this server.',
  no_such_database: 'Check the name of the database on the server; letters count as they are written.',
  no_pg_hba_entry: 'Let the addresses of this service through in pg_hba.conf, for this role and database.',
  login_not_permitted:
    'Give the role LOGIN, and CONNECT on the database; a database may also refuse all connections.',
  too_many_connections:
    'Free connections on the server, or raise its max_connections or the limit of the role or database.',
  starting_up: 'The server is starting, stopping or recovering. Try again in a moment.',
  pooler_statement_mode:
    'Set pool_mode to session or transaction for this database, or give host and port of the server itself.',
  pooler_cannot_connect: 'The pooler answers, but cannot log in to the server behind it. See its log.',
  pooler_no_such_tenant:
    'The pooler knows no such project. Its username has the form postgres.<project>, and its region must be right.',
  login_failed: 'See the log of the server.',
  cancelled: 'The request was given up before the check was done.',
  ...SLOT_FAILURE_HINTS,
} as const satisfies Record<string, string>;

export type FailureCode = keyof typeof FAILURE_HINTS;

/** What to do about it, to a person. */
export function hintOf(code: FailureCode): string {
  return FAILURE_HINTS[code];
}
