import { ConfigError } from './config.ts';

const LISTEN_ERRORS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is taken: stop the other process or choose another port',
  EACCES: 'may not be used by this user: choose a port above 1023',
  EADDRNOTAVAIL: 'cannot be listened on: set HOST to an address of this machine',
};

const DATABASE_ERRORS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there: start PostgreSQL or correct host and port',
  ENOTFOUND: 'the host name is unknown: correct it',
  EAI_AGAIN: 'the host name could not be looked up: check DNS',
  ETIMEDOUT: 'the host does not answer: check address and firewall',
  CONNECT_TIMEOUT: 'the host does not answer: check address and firewall',
  CONNECTION_CLOSED: 'the server closed the connection: check its address and TLS settings',
  '28P01': 'the password was refused: correct it',
  '28000': 'the user was refused: correct it or the server’s pg_hba.conf',
  '3D000': 'the database does not exist: create it',
  '42501': 'the user may not create the schema "identity": grant it CREATE on the database',
  '53300': 'the server has no connection left: raise max_connections',
};

/** The one line that tells an operator why the start failed, or null when only the log can tell. */
export function startErrorLine(error: unknown): string | null {
  if (error instanceof ConfigError) return error.message;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const listening = LISTEN_ERRORS[code];
  if (listening !== undefined) return `IDENTITY_PORT ${listening} (${code})`;
  const database = DATABASE_ERRORS[code];
  return database === undefined ? null : `DATABASE_URL cannot be used: ${database} (${code})`;
}
