/** A rule of the API that JSON Schema does not say. */
interface Rule {
  readonly field: RegExp;
  /** Which values it may refuse, where it is not all of them. */
  readonly when?: (value: unknown) => boolean;
  /** What is named, where it is not the field itself or what it stands in. */
  readonly named?: RegExp;
  /** How it is refused, where that is not a 400 which names it. */
  readonly status?: number;
  readonly because: string;
}

const MAX_IDENTIFIER_BYTES = 63;

/** What openapi.yaml allows may be refused by these, and by nothing else. */
const RULES: readonly Rule[] = [
  { field: /^org_id$/, status: 403, because: 'names an organization of the caller' },
  { field: /^project_id$/, status: 404, because: 'names a project that there is' },
  { field: /(?:^|\.)(?:ca|client)_certificate_id$/, because: 'names a certificate that there is' },
  { field: /(?:^|\.)pool_region$/, because: 'names a region that there is' },
  { field: /^schemas\[\d+\]$/, because: 'names a schema that there is' },
  {
    field: /^scopes\[\d+\]$/,
    when: (value) => String(value).startsWith('keys:'),
    because: 'is for keys of the organization, where it is about keys',
  },
  { field: /^action$/, because: 'names an action of the policy' },
  { field: /^password$/, because: 'of a replica is the password of its database' },
  { field: /^sql$/, because: 'is parsed as PostgreSQL does' },
  { field: /(?:^|\.)url$/, because: 'is read as libpq does' },
  { field: /^domain$/, because: 'is held against UTS 46 and the list of public suffixes' },
  {
    field: /^(?:certificate|private_key|kind)$/,
    named: /^(?:certificate|private_key)$/,
    because: 'is parsed as PEM, and belongs together',
  },
  {
    field: /(?:^|\.)host$/,
    when: (value) => String(value).includes(':'),
    because: 'is parsed as an address where it has colons',
  },
  { field: /\.cidr$|^allowed_cidrs\[\d+\]$/, because: 'is parsed as a block of addresses' },
  {
    field: /(?:^|\.)pool_config(?:\.|$)/,
    named: /(?:^|\.)pool_config\./,
    because: 'is ordered: min_pool_size <= pool_size <= max_active',
  },
  {
    field: /(?:^|\.)(?:excluded_schemas\[\d+\]|publication_name)$/,
    when: (value) => Buffer.byteLength(String(value)) > MAX_IDENTIFIER_BYTES,
    because: 'is bounded in bytes, as PostgreSQL bounds it',
  },
  {
    field: /(?:^|\.|\])create_if_missing$/,
    named: /(?:^|\.)tables$/,
    because: 'is needed where tables are named',
  },
];

export interface Refused {
  /** What was made odd, and to what. */
  readonly field: string;
  readonly value: unknown;
  readonly status: number;
  readonly named: readonly string[];
}

/** Why a request that the contract allows may be refused so; undefined when it may not. */
export function beyondSchema({ field, value, status, named }: Refused): string | undefined {
  const isRefusedSo = (rule: Rule) =>
    rule.status === status ||
    (status === 400 && named.some((each) => isNamed(field, each) || rule.named?.test(each) === true));
  return RULES.find((rule) => rule.field.test(field) && rule.when?.(value) !== false && isRefusedSo(rule))
    ?.because;
}

function isNamed(field: string, named: string): boolean {
  return field === named || field.startsWith(`${named}[`) || field.startsWith(`${named}.`);
}
