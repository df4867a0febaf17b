import {
  CONNECTION_FIELDS,
  Connection,
  type Database,
  type FieldError,
  type Warning,
} from '@headgate/schema';
import { UriError, isExpiringToken, parseConnectionUri, type ParsedUri } from '@headgate/upstream';
import { invalidInput } from '../errors.ts';

/** A connection as requests give it: by its parts or as a URI, whole or in part. */
type Given = { readonly [F in keyof Connection]?: Connection[F] | undefined } & {
  readonly url?: string | undefined;
  readonly ssl_mode?: Database['ssl_mode'] | '' | undefined;
};

/** What is left of a request once its URI has been read. */
export type Read<G extends Given> = Omit<G, 'url' | 'ssl_mode'> &
  Omit<Given, 'url' | 'ssl_mode'> & {
    /** Undefined when nothing is said of it. */
    readonly ssl_mode: Database['ssl_mode'] | undefined;
  };

/**
 * A request with its `url`, if it has one, put in the place of what it stands for; and what its owner should know of
 * the URI.
 *
 * @throws HeadgateError INVALID_INPUT for a URI that cannot be read or contradicts `ssl_mode`, and for a password that
 *   ends by itself. No message holds any of the URI
 */
export function readConnection<G extends Given>(
  given: G,
): { readonly given: Read<G>; readonly warnings: Warning[] } {
  const { url, ssl_mode: mode, ...others } = given;
  const sslMode = mode === '' ? undefined : mode;
  if (url === undefined) {
    checkLasting('password', given.password);
    return { given: { ...others, ssl_mode: sslMode }, warnings: [] };
  }
  const uri = parse(url);
  const connection = checkParts(uri);
  checkLasting('url', connection.password);
  if (sslMode !== undefined && uri.sslMode !== undefined && sslMode !== uri.sslMode)
    throw invalidInput([{ field: 'ssl_mode', message: 'must be left out, or be the sslmode that url says' }]);
  return {
    given: { ...others, ...connection, ssl_mode: sslMode ?? uri.sslMode },
    warnings: [...uri.ignored.map(ignoredParameter), ...uri.hints],
  };
}

/**
 * All of a connection, or nothing.
 *
 * @throws HeadgateError INVALID_INPUT names what is missing
 */
export function wholeConnection(given: Partial<Record<keyof Connection, unknown>>, why = ''): Connection {
  const [first, ...others] = CONNECTION_FIELDS.filter((field) => given[field] === undefined).map(
    (field): FieldError => ({ field, message: `is required${why}` }),
  );
  if (first !== undefined) throw invalidInput([first, ...others]);
  return given as Connection;
}

function parse(url: string): ParsedUri {
  try {
    return parseConnectionUri(url);
  } catch (error) {
    if (error instanceof UriError) throw invalidInput([{ field: 'url', message: error.message }]);
    throw error;
  }
}

/** A URI may say nothing that its parts by themselves could not. */
function checkParts({ host, port, database, username, password }: ParsedUri): Connection {
  const result = Connection.safeParse({ host, port, name: database, username, password });
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const part = String(issue?.path[0]);
  throw invalidInput([
    { field: 'url', message: `holds a ${part} that is refused: ${part} ${issue?.message}` },
  ]);
}

function checkLasting(field: string, password: string | undefined): void {
  if (password === undefined || !isExpiringToken(password)) return;
  const message =
    'must not hold an IAM token as the password: it ends after 15 minutes. Give the role a password of its own';
  throw invalidInput([{ field, message }]);
}

function ignoredParameter(name: string): Warning {
  const message = `${name} in url is a setting of clients, and has no effect here.`;
  return { code: 'ignored_parameter', message };
}
