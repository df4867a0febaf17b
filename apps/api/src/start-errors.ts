/** What stops a start, as the one line that tells an operator which variable to look at. */
import { ConfigError } from './config/index.ts';

const LISTENING: Readonly<Record<string, [variable: 'PORT' | 'HOST', remedy: string]>> = {
  EADDRINUSE: ['PORT', 'another program listens there; stop it or give another port'],
  EACCES: ['PORT', 'this user may not listen there; give a port above 1023'],
  EADDRNOTAVAIL: ['HOST', 'it is no address of this machine; give one that is, such as 127.0.0.1'],
  ENOTFOUND: ['HOST', 'the name is unknown; give an address of this machine, such as 127.0.0.1'],
  EAI_AGAIN: ['HOST', 'the name cannot be looked up; give an address of this machine, such as 127.0.0.1'],
};

const DATABASE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there; start PostgreSQL, or correct host and port',
  ENOTFOUND: 'the host name is unknown; correct it',
  EAI_AGAIN: 'the host name cannot be looked up; check the DNS',
  ETIMEDOUT: 'the host does not answer; check its address and the firewall',
  EHOSTUNREACH: 'the host cannot be reached; check its address and the network',
  CONNECT_TIMEOUT: 'the host does not answer; check its address and the firewall',
  CONNECTION_CLOSED: 'the server closed the connection; check its address and its TLS settings',
  '28P01': 'the password was refused; correct it',
  '28000': "the user was refused; correct it, or the server's pg_hba.conf",
  '3D000': 'the database does not exist; create it',
  '42501': 'the role lacks a right that migrating needs; see "Operating it" in the README',
  '53300': 'the server has no connection left; raise max_connections',
};

/**
 * An error of listening by its variable, where it is one that an operator can mend.
 *
 * @param prefix of the variables, where it is not the API that listens
 */
export function asListenError(error: unknown, prefix: 'METRICS_' | '' = ''): unknown {
  const [variable, remedy] = LISTENING[codeOf(error)] ?? [];
  return variable === undefined || remedy === undefined
    ? error
    : new ConfigError(`${prefix}${variable}`, remedy);
}

/** An error of the first words with the database, likewise. */
export function asDatabaseError(error: unknown): unknown {
  const remedy = DATABASE[codeOf(error)];
  return remedy === undefined ? error : new ConfigError('DATABASE_URL', remedy);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
