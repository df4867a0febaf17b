import type { SslMode } from '../target.ts';
import { decode } from './decode.ts';
import { treatmentOf } from './parameters.ts';
import { UriError } from './uri-error.ts';

export interface Query {
  readonly sslMode: SslMode | undefined;
  /** The known keywords that have no effect, in their order. */
  readonly ignored: readonly string[];
  /** Whether `ssl=true` stood for the mode. */
  readonly sslAlias: boolean;
}

const SSL_MODES: readonly SslMode[] = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'];
/** A keyword that can be shown: of a form that keywords have, and short. */
const KEYWORD = /^[A-Za-z][A-Za-z0-9_]{0,62}$/;
const STRAY_CHARACTERS =
  '; if that was a piece of the password, write ? in it as %3F, & as %26, / as %2F and @ as %40';

/**
 * Reads what stands behind `?` as libpq does (fe-connect.c, conninfo_uri_parse_params), without its right to say
 * anything twice.
 *
 * @throws UriError for what libpq would refuse, or Headgate may not accept
 */
export function readQuery(query: string): Query {
  const parameters = readParameters(query);
  const seen = new Set<string>();
  const ignored: string[] = [];
  let sslMode: SslMode | undefined;
  for (const { keyword, value } of parameters) {
    const treatment = treatmentOf(keyword);
    if (treatment.kind === 'unknown') throw refuseUnknown(keyword, query);
    if (treatment.kind === 'refused' || treatment.kind === 'foreign')
      throw new UriError('query', `holds "${keyword}", which ${treatment.message}`);
    if (seen.has(keyword))
      throw new UriError('query', `must say "${keyword}" once${keyword === 'sslmode' ? SSL_ALIAS : ''}`);
    seen.add(keyword);
    if (treatment.kind === 'sslmode') sslMode = readSslMode(value);
    else ignored.push(keyword);
  }
  return { sslMode, ignored, sslAlias: parameters.some(({ alias }) => alias) };
}

const SSL_ALIAS = '; ssl=true is another way to say sslmode=require';

interface QueryParameter {
  readonly keyword: string;
  readonly value: string;
  readonly alias: boolean;
}

function readParameters(query: string): QueryParameter[] {
  const pieces = query.split('&');
  // libpq reads on while there is something left, so that a & may stand behind the last parameter.
  if (pieces.at(-1) === '') pieces.pop();
  return pieces.map((piece) => {
    const [rawKeyword = '', rawValue, ...more] = piece.split('=');
    if (rawValue === undefined || more.length > 0)
      throw new UriError(
        'query',
        `must have one = in each parameter of its query (within a value it is written %3D)${STRAY_CHARACTERS}`,
      );
    const keyword = decode('query', rawKeyword);
    const value = decode('query', rawValue);
    // libpq takes this from users of JDBC, and only in this spelling.
    const alias = keyword === 'ssl' && value === 'true';
    return alias ? { keyword: 'sslmode', value: 'require', alias } : { keyword, value, alias };
  });
}

function readSslMode(value: string): SslMode {
  const mode = SSL_MODES.find((known) => known === value);
  if (mode === undefined)
    throw new UriError('query', `must have one of ${SSL_MODES.join(', ')} as its sslmode`);
  return mode;
}

/**
 * The error for a keyword that nobody knows. It names the keyword only where that cannot be a piece of the password: the
 * `@` that ends the userinfo stands behind the whole password, so a query that holds none has begun behind it. There
 * must have been one for the query to be read at all. Anything that does not look like a keyword stays unnamed too.
 */
function refuseUnknown(keyword: string, query: string): UriError {
  const known = treatmentOf(keyword.toLowerCase()).kind;
  if (known !== 'unknown')
    return new UriError(
      'query',
      `must write "${keyword.toLowerCase()}" in lower case: libpq's keywords are case-sensitive`,
    );
  return query.includes('@') || !KEYWORD.test(keyword)
    ? new UriError('query', `holds a parameter that libpq does not know in its query${STRAY_CHARACTERS}`)
    : new UriError('query', `holds "${keyword}", which libpq does not know; leave it out or correct it`);
}
