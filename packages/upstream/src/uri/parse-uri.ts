import { hint, type Hint } from '../provider-hints.ts';
import type { SslMode } from '../target.ts';
import { decode } from './decode.ts';
import { bareIpv6, readHost, readIpv6 } from './read-host.ts';
import { readQuery } from './read-query.ts';
import { withoutScheme } from './scheme.ts';
import { splitUri } from './split-uri.ts';
import { URI_FORM, UriError, type UriPart } from './uri-error.ts';

/** What a connection URI says. It holds a secret: it is never logged. */
export interface ParsedUri {
  /** A name, an IPv4 address, or an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly username: string;
  readonly password: string;
  readonly sslMode: SslMode | undefined;
  /** Keywords of libpq that have no effect here, in their order. */
  readonly ignored: readonly string[];
  readonly hints: readonly Hint[];
}

/** Beyond what any provider hands out, several times over; longer values have fields of their own. */
const MAX_URI_CHARS = 4096;
const DEFAULT_PORT = 5432;
const MAX_PORT = 65_535;

/** What providers, and Headgate, print where the password goes. */
const PLACEHOLDER = /^\[?your[-_]password\]?$/i;

/**
 * Reads a connection URI (PostgreSQL manual, section 32.1.1.2). Where it accepts, it reads what libpq reads; it accepts
 * less, since a shared service may not take the operating system's user, a socket, a file or a second host for an
 * answer. It opens no file and reads no environment.
 *
 * @throws UriError names the part and the remedy, and shows nothing of the text
 */
export function parseConnectionUri(text: string): ParsedUri {
  if (text.length > MAX_URI_CHARS)
    throw new UriError(
      'uri',
      `must have at most ${MAX_URI_CHARS} characters; give host, port, name, username and password by themselves instead`,
    );
  const rest = withoutScheme(text);
  checkCharacters(rest);
  const { user, password, host, bracketed, port, database, query } = splitUri(rest);
  const { sslMode, sslAlias, ignored } = readQuery(query);
  return {
    username: present('user', decode('user', user), 'must name the user before the host'),
    password: readPassword(password),
    host: bracketed ? readIpv6(host) : readHost(host),
    port: readPort(port),
    database: present('database', decode('database', database), 'must name the database behind the host'),
    sslMode,
    ignored,
    hints: sslAlias ? [hint('ssl_alias')] : [],
  };
}

/** What may stand nowhere in it. libpq would cut spaces off the ends of a part, and refuse them within one. */
function checkCharacters(text: string): void {
  if (/\s/u.test(text)) throw new UriError('uri', 'must not hold white space; write a space as %20');
  if (!text.isWellFormed())
    throw new UriError('uri', 'must be well-formed Unicode, without unpaired surrogates');
}

function present(part: UriPart, text: string, message: string): string {
  if (text === '') throw new UriError(part, `${message}, as in ${URI_FORM}`);
  return text;
}

function readPassword(raw: string): string {
  const password = decode('password', raw);
  if (PLACEHOLDER.test(password))
    throw new UriError(
      'password',
      'still has the placeholder where the password goes; write the password there',
    );
  return present('password', password, 'must hold the password behind the user name');
}

/** libpq's own default where none is given, also behind a colon. */
function readPort(raw: string): number {
  const port = decode('port', raw);
  if (port === '') return DEFAULT_PORT;
  if (port.includes(':')) throw bareIpv6();
  const number = /^[0-9]+$/.test(port) ? Number(port) : 0;
  if (number < 1 || number > MAX_PORT)
    throw new UriError(
      'port',
      `must have a whole number from 1 to ${MAX_PORT} as its port; an @ in the password is written %40, a / %2F`,
    );
  return number;
}
