/** What fields mean that a schema cannot say: which names, hosts, statements and times there are. */
import type { Chance } from '../../chance.ts';
import type { Making, Path } from './making.ts';
import { PUBLICATIONS } from './names.ts';
import { freshName, textOf } from './texts.ts';

type Maker = (making: Making, path: Path) => unknown;

/** Hosts that lead nowhere: the only resolver that is asked knows no name, and private addresses are not dialled. */
const HOSTS = [
  'db.example.com',
  'DB.Example.COM',
  'db.example.com.',
  'a',
  'bücher.example.net',
  'xn--bcher-kva.example.net',
  '10.0.0.5',
  '192.168.255.255',
  'fe80::1',
  '2001:db8::5',
  'db_1.example.com',
  'x'.repeat(63),
] as const;

const CIDRS = [
  '10.0.0.5',
  '10.0.0.0/8',
  '0.0.0.0/0',
  '2001:db8::/32',
  '::1',
  '2001:DB8::1/128',
  '::/0',
  '203.0.113.0/24',
] as const;

const STATEMENTS = [
  (name: string) => `SELECT ${name} FROM countries WHERE code = 'CH'`,
  (name: string) => `select count(*) from ${name} -- with a comment\n where a = 1 and b in (1, 2, 3)`,
  (name: string) => `VALUES (1, '${name}')`,
  (name: string) => `WITH ${name} AS (SELECT 1 AS x) SELECT x FROM ${name} ORDER BY x LIMIT 5`,
  (name: string) => `TABLE "${name} é 😀"`,
] as const;

const DAY_MS = 86_400_000;

const MAKERS: Readonly<Record<string, Maker>> = {
  host: ({ chance }) => chance.pick(HOSTS),
  password: ({ names, operationId }) => (operationId.includes('Replica') ? names.password : names.secret()),
  action: () => 'database.create',
  url: ({ chance, names }) => uriOf(chance, names.secret()),
  org_id: ({ names }) => names.ids.org_id,
  project_id: ({ names }) => names.ids.project_id,
  ca_certificate_id: ({ chance, names, operationId }) =>
    operationId === 'createProject' || chance.isLucky(0.5) ? '' : names.certificates.ca,
  client_certificate_id: ({ chance, names, operationId }) =>
    operationId === 'createProject' || chance.isLucky(0.5) ? '' : names.certificates.client,
  pool_region: ({ chance }) => chance.pick(['', 'local']),
  cidr: ({ chance }) => chance.pick(CIDRS),
  sql: ({ chance }) => chance.pick(STATEMENTS)(freshName(chance, 't')),
  domain: ({ chance }) =>
    `${chance.pick(['', 'Sub.', 'bücher-', '文字.'])}${freshName(chance, 'd')}.example.${chance.pick(['com', 'net', 'org'])}`,
  slot_name: ({ chance }) => freshName(chance, 'fuzz_'),
  publication_name: ({ chance }) => freshName(chance, 'fuzz_'),
  tables: () => [PUBLICATIONS.table],
  schemas: () => ['public'],
  snapshot_id: ({ names }) => names.ids.snapshot_id,
  from: ({ names }) => names.ids.snapshot_id,
  to: ({ names }) => names.ids.snapshot_id,
  page_token: () => '',
  expires_at: ({ chance }) => instant(chance, Date.UTC(2100, 0, 1)),
  created_after: ({ chance }) => instant(chance, Date.UTC(2020, 0, 1)),
  created_before: ({ chance }) => instant(chance, Date.UTC(2090, 0, 1)),
  // PostgreSQL cuts identifiers at 63 bytes.
  excluded_schemas: ({ chance }) =>
    Array.from({ length: chance.below(3) }, () => textOf(chance, 1 + chance.below(15))),
};

/**
 * A value of a field that is known by its name.
 *
 * @returns undefined when its schema says all there is to know
 */
export function knownValue(making: Making, path: Path): { readonly value: unknown } | undefined {
  const name = nameOf(path);
  if (name === undefined) return undefined;
  // An item of a list of addresses is an address itself, or holds one.
  if (path.at(-1) !== name && name === 'allowed_cidrs') {
    const cidr = making.chance.pick(CIDRS);
    return { value: making.chance.isLucky(0.5) ? cidr : { cidr, label: textOf(making.chance, 5) } };
  }
  const maker = path.at(-1) === name && Object.hasOwn(MAKERS, name) ? MAKERS[name] : undefined;
  return maker && { value: maker(making, path) };
}

/** The last name on the way to a field, and so that of a list for its items. */
function nameOf(path: Path): string | undefined {
  return path.findLast((part): part is string => typeof part === 'string');
}

function uriOf(chance: Chance, password: string): string {
  const login = `${textOf(chance, 8, { isPlain: true })}:${encodeURIComponent(password)}`;
  const host = chance.pick(['db.example.com', '10.0.0.5', '[2001:db8::5]']);
  return `${chance.pick(['postgres', 'postgresql'])}://${login}@${host}${chance.pick(['', ':6543'])}/mydb`;
}

/** A time from a day on, in the spellings of RFC 3339. */
function instant(chance: Chance, fromMs: number): string {
  const text = new Date(fromMs + chance.below(3650) * DAY_MS + chance.below(1000)).toISOString();
  return chance.pick([
    text,
    text.replace('Z', '+00:00'),
    text.replace(/\.\d+Z/, 'Z'),
    text.replace('Z', '-05:30'),
  ]);
}
