/** Whether what was accepted is read back equal, after what the contract says becomes of it. */
import { isDeepStrictEqual } from 'node:util';
import { domainToASCII } from 'node:url';
import type { Schema } from '../contract/schema.ts';
import { isObject } from '../generate/sites.ts';

type Fields = Readonly<Record<string, unknown>>;
/** What a field of a request is read as; undefined when it is left out of the answer. */
type Becomes = (sent: unknown, read: unknown) => unknown;

/** Says how to make something, and is no part of what is made. */
const NOT_KEPT = new Set(['sql', 'tables', 'create_if_missing', 'grace_seconds', 'replication_slots', 'url']);
/** Where empty text changes nothing, or leaves it to Headgate. */
const BLANK_CHANGES_NOTHING = new Set([
  'ssl_mode',
  'status',
  'role',
  'provider',
  'slot_name',
  'publication_name',
]);

const unsetWhenBlank: Becomes = (sent) => (sent === '' ? undefined : sent);
const clearedByNull: Becomes = (sent) => (sent === null ? undefined : sent);
/** Of an object that may be given in part, what was given. */
const inPart: Becomes = (sent, read) => (isObject(sent) && isObject(read) ? { ...read, ...sent } : sent);

/** The normalizations that the contract tells of, by the names of fields. */
const BECOMES: Readonly<Record<string, Becomes>> = {
  description: unsetWhenBlank,
  pool_region: unsetWhenBlank,
  ca_certificate_id: unsetWhenBlank,
  client_certificate_id: unsetWhenBlank,
  tags: clearedByNull,
  excluded_schemas: clearedByNull,
  cache_config: inPart,
  pool_config: (sent, read) => {
    const { max_active: most, ...others } = sent as { max_active?: number };
    return inPart(most === 0 ? others : sent, read);
  },
  allowed_cidrs: (sent) =>
    (sent as readonly unknown[] | null)?.map((entry) =>
      typeof entry === 'string' ? { cidr: entry } : entry,
    ),
  // An internationalized name is answered as A-labels, any other to the letter.
  domain: (sent) => (/^[ -~]*$/.test(String(sent)) ? sent : domainToASCII(String(sent))),
  expires_at: (sent) => new Date(String(sent)).toISOString(),
  certificate: (sent, read) => (blocksOf(sent) === blocksOf(read) ? read : sent),
  primary: (sent, read) => {
    const { password: _password, ...others } = sent as Fields;
    return inPart(others, read);
  },
};

interface Pair {
  /** What was sent. */
  readonly sent: Fields;
  /** What a GET answers. */
  readonly read: Fields;
  /** What was asked for, which says what is only written and what is only read. */
  readonly schema: Schema;
}

/** The fields that are read back otherwise than they were sent. */
export function changedFields({ sent, read, schema }: Pair): string[] {
  const kept = Object.entries(sent).filter(([name, value]) => {
    const { readOnly = false, writeOnly = false } = schema.properties?.[name] ?? {};
    const isBlank = value === '' && BLANK_CHANGES_NOTHING.has(name);
    return !readOnly && !writeOnly && !isBlank && !NOT_KEPT.has(name);
  });
  return kept
    .filter(([name, value]) => {
      const becomes = (Object.hasOwn(BECOMES, name) ? BECOMES[name] : undefined) ?? ((each) => each);
      return !isSame(becomes(value, read[name]), read[name]);
    })
    .map(([name]) => name);
}

/** What only the answer to a change tells, and not whoever reads later. */
const ONLY_AT_FIRST = new Set(['warnings', 'replication_slots', 'api_key', 'created', 'previous_until']);

/** The fields that an answer to a change has otherwise than whoever reads it then. */
export function differingFields(answered: Fields, read: Fields): string[] {
  return Object.keys(answered).filter(
    (name) => !ONLY_AT_FIRST.has(name) && !isSame(answered[name], read[name]),
  );
}

/** JSON knows one zero. */
function isSame(one: unknown, other: unknown): boolean {
  return isDeepStrictEqual(toPlain(one), toPlain(other));
}

function toPlain(value: unknown): unknown {
  return value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown);
}

/** What stands in PEM, without what stands between and how its lines are broken. */
function blocksOf(pem: unknown): string {
  return [...String(pem).matchAll(/-----BEGIN ([A-Z ]+)-----([\s\S]*?)-----END \1-----/g)]
    .map(([, label, data = '']) => `${label} ${data.replaceAll(/\s/g, '')}`)
    .join('\n');
}
