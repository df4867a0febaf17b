/** Parameters and headers that operations share. */
import { z } from '@hono/zod-openapi';
import { text } from './fields.ts';
import {
  DEFAULT_PAGE_SIZE,
  IDEMPOTENCY_TTL_HOURS,
  MAX_IDEMPOTENCY_KEY_CHARS,
  MAX_ID_CHARS,
  MAX_ORGANIZATION_ID_CHARS,
  MAX_PAGE_SIZE,
  MAX_PAGE_TOKEN_CHARS,
} from './limits.ts';

const TOKEN_PATTERN = /^[a-zA-Z0-9_.-]+$/;
/** Clients that send back the token of a last page send an empty one. */
const PAGE_TOKEN_PATTERN = /^[a-zA-Z0-9_.-]*$/;

/** An id in a path. A well-formed id that names nothing is a 404; only what cannot be an id at all is a 400. */
function pathId(description: string, example: string) {
  return z
    .string()
    .max(MAX_ID_CHARS, { error: `must have at most ${MAX_ID_CHARS} characters` })
    .regex(TOKEN_PATTERN, { error: 'must hold only letters, digits, "_", "." and "-"' })
    .openapi({ description, example });
}

export const ProjectPath = z.object({ project_id: pathId('The project.', 'prj_01h455vb4pex5vsknk084sn02r') });
export const DatabasePath = ProjectPath.extend({
  database_id: pathId('The database.', 'db_01h455vb4pex5vsknk084sn02q'),
});

export const OrganizationPath = z.object({
  org_id: text({ min: 1, max: MAX_ORGANIZATION_ID_CHARS }).openapi({
    description: 'The organization, one of those of `listOrganizations`.',
    example: 'org_demo',
  }),
});
export const ApiKeyPath = OrganizationPath.extend({
  key_id: pathId('The API key.', 'key_01h455vb4pex5vsknk084sn02s'),
});

/** A query parameter that is `true` or `false`, and false when it is left out. */
export function flag(description: string) {
  return z
    .enum(['true', 'false'], { error: 'must be true or false' })
    .default('false')
    .transform((value) => value === 'true')
    .openapi({ type: 'boolean', default: false, description });
}

/** The parameter of what may be refused unless it works. */
export const VerifyQuery = z.strictObject({
  verify: flag(
    'Whether the upstream is tested first: what does not connect is not saved, and the answer is 422 with the steps of the check.',
  ),
});

/** The path of what lies in a database and names no project. */
export const DatabaseOnlyPath = DatabasePath.pick({ database_id: true });
export const ReplicaPath = DatabaseOnlyPath.extend({
  replica_id: pathId('The replica.', 'rep_01h455vb4pex5vsknk084sn02s'),
});

export const CacheRulePath = DatabasePath.extend({
  query_hash: z
    .string()
    .regex(/^[0-9a-f]{16}$/, { error: 'must be the query_hash of a rule: 16 lower-case hexadecimal digits' })
    .openapi({ description: 'The rule, by the hash of its statement.', example: 'f2d9924396c7ca17' }),
});

export const ReplicationSlotPath = DatabasePath.extend({
  slot_id: pathId('The replication slot.', 'slot_01h455vb4pex5vsknk084sn02s'),
});

export const DomainPath = ProjectPath.extend({
  domain_id: pathId('The custom domain.', 'dom_01h455vb4pex5vsknk084sn02s'),
});

export const CertificatePath = ProjectPath.extend({
  certificate_id: pathId('The certificate.', 'cert_01h455vb4pex5vsknk084sn02s'),
});

const pageSizeError = `must be a whole number from 1 to ${MAX_PAGE_SIZE}`;

const pageSize = z
  .string({ error: pageSizeError })
  .regex(/^[0-9]{1,4}$/, { error: pageSizeError })
  .transform(Number)
  .pipe(z.int().min(1, { error: pageSizeError }).max(MAX_PAGE_SIZE, { error: pageSizeError }));
const PAGE_SIZE_DOCUMENT = { type: 'integer', minimum: 1, maximum: MAX_PAGE_SIZE } as const;

/** The two parameters of every paged list. */
export const PageQuery = z.strictObject({
  page_size: pageSize.default(DEFAULT_PAGE_SIZE).openapi({
    ...PAGE_SIZE_DOCUMENT,
    default: DEFAULT_PAGE_SIZE,
    description: 'How many items a page has at most.',
  }),
  page_token: text({ max: MAX_PAGE_TOKEN_CHARS })
    .regex(PAGE_TOKEN_PATTERN, { error: 'must be the next_page_token of the page before' })
    .openapi({ pattern: PAGE_TOKEN_PATTERN.source })
    .optional()
    .openapi({ description: 'The `next_page_token` of the page before; leave it out for the first page.' }),
});
export type PageQuery = z.infer<typeof PageQuery>;

/** The same for a list that is not paged unless it is asked to be. */
export const OptionalPageQuery = PageQuery.extend({
  page_size: pageSize.optional().openapi({
    ...PAGE_SIZE_DOCUMENT,
    description: `How many items a page has at most; ${DEFAULT_PAGE_SIZE} behind a page_token, all without one.`,
  }),
});

/** An idempotency key: any printable ASCII text, a UUID by custom. */
export const IdempotencyKey = z
  .string()
  .min(1)
  .max(MAX_IDEMPOTENCY_KEY_CHARS)
  .regex(/^[\x21-\x7e]+$/);

/** Header parameters by the name under which the OpenAPI document refers to them. */
export const HEADER_PARAMETERS = {
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    description:
      `A new UUID for each call, the same over its retries. The first answer is given again for ${IDEMPOTENCY_TTL_HOURS} hours, ` +
      'marked by `Idempotency-Replayed: true`; the same key with another request is a 409.',
    schema: {
      type: 'string',
      minLength: 1,
      maxLength: MAX_IDEMPOTENCY_KEY_CHARS,
      pattern: '^[\\x21-\\x7e]+$',
    },
    example: '3f0c1c7e-6a55-4cf5-9a83-0f0f5a4b7b11',
  },
  IfMatch: {
    name: 'If-Match',
    in: 'header',
    required: false,
    description:
      'The `ETag` of the version to change, or `*`. When the resource has changed since, the answer is 412.',
    schema: { type: 'string' },
    example: '"3"',
  },
  IfNoneMatch: {
    name: 'If-None-Match',
    in: 'header',
    required: false,
    description:
      'The `ETag` of the version you hold. When it is the present one, the answer is 304 without a body.',
    schema: { type: 'string' },
    example: '"3"',
  },
} as const;

/** Response headers by the name under which the OpenAPI document refers to them. */
export const RESPONSE_HEADERS = {
  RequestId: {
    description: "The request's id: the caller's own `X-Request-Id` where it is well-formed, else a new one.",
    schema: { type: 'string' },
  },
  ETag: {
    description: 'The version of the resource, for `If-Match` and `If-None-Match`.',
    schema: { type: 'string' },
  },
  ContentDisposition: {
    description: 'The name of the file to keep the answer in.',
    schema: { type: 'string' },
  },
  Location: { description: 'The path of the new resource.', schema: { type: 'string' } },
  RetryAfter: {
    description: 'After how many seconds to repeat the request.',
    schema: { type: 'integer', minimum: 1 },
  },
  RateLimit: {
    description:
      'How many requests are left (`r`) and for how many seconds (`t`), by the policy that holds ' +
      '(draft-ietf-httpapi-ratelimit-headers): `"user";r=997;t=7`.',
    schema: { type: 'string' },
  },
  RateLimitPolicy: {
    description:
      'How many requests (`q`) may be sent in how many seconds (`w`), all at once if need be: ' +
      '`"user";q=1000;w=10`, or `"api-key"` for what a key may send.',
    schema: { type: 'string' },
  },
  IdempotencyReplayed: {
    description: '`true` when this is the first answer given again.',
    schema: { type: 'string', enum: ['true'] },
  },
} as const;
