import { severalHosts } from './read-host.ts';
import { URI_FORM, UriError } from './uri-error.ts';

/** The parts of a URI as they are written, not decoded. What is not there is empty. */
interface RawUri {
  readonly user: string;
  readonly password: string;
  /** Without brackets. */
  readonly host: string;
  /** Whether it stood in brackets, as IPv6 addresses do. */
  readonly bracketed: boolean;
  readonly port: string;
  readonly database: string;
  readonly query: string;
}

const USERINFO_MISSING = `must name the user and the password before the host, as in ${URI_FORM}`;
/** A password that ends early makes a wrong host, to which the rest of it must not be sent. */
const STRAY_AT =
  'holds more than one @: within the user name, the password or the database write it as %40 (and / as %2F, : as %3A)';

/**
 * Takes what stands behind the scheme apart where libpq does (fe-connect.c, conninfo_uri_parse_options): the userinfo
 * ends at the first `@` before any `/`, the password begins at the first `:` of it, and `?` begins the query only behind
 * the userinfo. Several hosts, and an `@` where it can only be a piece of a password, are refused besides.
 *
 * @throws UriError for what libpq would refuse, or Headgate may not accept
 */
export function splitUri(rest: string): RawUri {
  const end = rest.search(/[@/]/);
  if (end === -1 || rest[end] === '/') throw new UriError('user', missingUserinfo(rest));
  const userinfo = rest.slice(0, end);
  const [user, password] = cut(userinfo, userinfo.indexOf(':'));
  const { host, bracketed, behind } = splitHost(rest.slice(end + 1));
  const [port, path] = behind.startsWith(':') ? cutBefore(behind.slice(1), /[/?,]/) : ['', behind];
  if (host.includes('@') || port.includes('@')) throw new UriError('password', STRAY_AT);
  if (path.startsWith(',')) throw severalHosts();
  const [beforeQuery, query] = cut(path, path.indexOf('?'));
  const database = beforeQuery.slice(1);
  if (database.includes('@')) throw new UriError('password', STRAY_AT);
  return { user, password, host, bracketed, port, database, query };
}

function missingUserinfo(rest: string): string {
  return rest.includes('@') ? `${USERINFO_MISSING}; a / in them is written %2F` : USERINFO_MISSING;
}

function splitHost(text: string): { host: string; bracketed: boolean; behind: string } {
  if (!text.startsWith('[')) {
    const [host, behind] = cutBefore(text, /[:/?,]/);
    return { host, bracketed: false, behind };
  }
  const close = text.indexOf(']');
  if (close === -1) throw new UriError('host', 'must close the [ before an IPv6 address with a ] behind it');
  const behind = text.slice(close + 1);
  if (!/^(?:$|[:/?,])/.test(behind))
    throw new UriError('host', 'must have a port, a / or nothing more behind the ] of its IPv6 address');
  return { host: text.slice(1, close), bracketed: true, behind };
}

/** What stands before and behind this place, without the character at it; all of it where there is no such place. */
function cut(text: string, at: number): [string, string] {
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

/** What stands before the first of these characters, and the rest from it on. */
function cutBefore(text: string, characters: RegExp): [string, string] {
  const at = text.search(characters);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at)];
}
