import { z } from '@hono/zod-openapi';
import { ACTOR_KINDS, RESOURCE_KINDS } from '../access.ts';
import { instant, isFinerThanMs, oneOf, text, timestamp } from '../fields.ts';
import { MAX_AUDIT_ACTION_CHARS, MAX_AUDIT_SUBJECT_CHARS, MAX_ID_CHARS } from '../limits.ts';
import { PageQuery } from '../parameters.ts';
import { streamed } from '../responses.ts';

const AUDIT_EXPORT_FORMATS = ['ndjson', 'csv'] as const;
export type AuditExportFormat = (typeof AUDIT_EXPORT_FORMATS)[number];

const HASH_EXAMPLE = 'a3f1c0de5b7e4d2f9a8b6c4d2e0f1a3b5c7d9e1f2a4b6c8d0e2f4a6b8c0d2e4f';

const AUDIT_ENTRY_EXAMPLE = {
  id: 'aud_01h455vb4pex5vsknk084sn02t',
  org_id: 'org_demo',
  project_id: 'prj_01h455vb4pex5vsknk084sn02r',
  actor: { kind: 'user', id: 'user_1' },
  action: 'project.update',
  resource: { kind: 'project', id: 'prj_01h455vb4pex5vsknk084sn02r' },
  before: { name: 'shop' },
  after: { name: 'web shop' },
  request_id: '3f0c1c7e-6a55-4cf5-9a83-0f0f5a4b7b11',
  address: '192.0.2.1',
  created_at: '2026-11-21T08:30:00.000Z',
  position: 42,
  hash: HASH_EXAMPLE,
  previous_hash: HASH_EXAMPLE,
} as const;

const parts = z.record(z.string(), z.unknown());

/** An audit entry in answers. */
export const AuditEntry = z
  .object({
    id: z.string(),
    org_id: z.string(),
    project_id: z.string().optional().openapi({ description: 'Absent for what belongs to no project.' }),
    actor: z.object({
      kind: oneOf(ACTOR_KINDS).openapi({
        description: 'A person, an API key, or whoever runs the service, at its terminal.',
      }),
      id: z.string(),
    }),
    action: z.string().openapi({ description: 'What was done, such as `database.update`.' }),
    resource: z.object({ kind: oneOf(RESOURCE_KINDS), id: z.string() }),
    before: parts
      .optional()
      .openapi({ description: 'What was changed or removed, as it was. Never a secret.' }),
    after: parts
      .optional()
      .openapi({ description: 'What was changed or made, as it is since. Never a secret.' }),
    request_id: z.string(),
    address: z.string().optional().openapi({ description: 'Where the request came from.' }),
    created_at: timestamp(),
    position: z
      .int()
      .min(1)
      .optional()
      .openapi({
        description:
          "The entry's place in the chain of its organization; absent until it is chained, and in entries from before " +
          'there was a chain.',
      }),
    hash: z.string().optional().openapi({
      description:
        'SHA-256, in hexadecimal, of this object without `position` and `hash`, as canonical JSON (RFC 8785).',
    }),
    previous_hash: z.string().optional().openapi({
      description: 'The `hash` of the entry one position before; 64 zeros in the first.',
    }),
  })
  .openapi('AuditEntry', { example: AUDIT_ENTRY_EXAMPLE });
export type AuditEntry = z.infer<typeof AuditEntry>;

export const AuditLog = z
  .object({ entries: z.array(AuditEntry), next_page_token: z.string().optional() })
  .openapi('AuditLogResponse', { example: { entries: [AUDIT_ENTRY_EXAMPLE] } });
export type AuditLog = z.infer<typeof AuditLog>;

const QUERY_ERROR =
  'must be a time of RFC 3339 with its zone, such as 2026-11-21T08:30:00Z (write the + of a zone as %2B)';

/**
 * A point in time in a query. Entries have times in milliseconds: what is finer is rounded up, so that "from then on"
 * and "before then" mean what they say.
 */
function momentFrom(description: string) {
  return instant(QUERY_ERROR)
    .transform((value) => new Date(Date.parse(value) + (isFinerThanMs(value) ? 1 : 0)))
    .openapi({ type: 'string', format: 'date-time', description });
}

const filters = {
  actor_id: text({ min: 1, max: MAX_AUDIT_SUBJECT_CHARS })
    .optional()
    .openapi({ description: 'Only what this person or key did.' }),
  action: text({ min: 1, max: MAX_AUDIT_ACTION_CHARS })
    .optional()
    .openapi({ description: 'Only this action, such as `database.update`.' }),
  resource_kind: oneOf(RESOURCE_KINDS)
    .optional()
    .openapi({ description: 'Only what was done to resources of this kind.' }),
  resource_id: text({ min: 1, max: MAX_AUDIT_SUBJECT_CHARS })
    .optional()
    .openapi({ description: 'Only what was done to this resource.' }),
  created_after: momentFrom('Only entries of this time and later.').optional(),
  created_before: momentFrom('Only entries before this time.').optional(),
};
const organizationFilters = {
  ...filters,
  project_id: text({ min: 1, max: MAX_ID_CHARS })
    .optional()
    .openapi({ description: 'Only what was done in this project, whether it still exists or not.' }),
};
const format = oneOf(AUDIT_EXPORT_FORMATS)
  .default('ndjson')
  .openapi({ description: 'Lines of JSON, or a table.' });

interface Span {
  readonly created_after?: Date | undefined;
  readonly created_before?: Date | undefined;
}

const isSpan = ({ created_after: from, created_before: to }: Span) =>
  from === undefined || to === undefined || from < to;
const notASpan = { error: 'must be later than created_after', path: ['created_before'] };

/** What narrows an export down. */
export const ProjectAuditExportQuery = z.strictObject({ format, ...filters }).refine(isSpan, notASpan);
export const OrganizationAuditExportQuery = z
  .strictObject({ format, ...organizationFilters })
  .refine(isSpan, notASpan);

export const AUDIT_EXPORT_DESCRIPTION =
  'All entries up to now, oldest first, as they are read: one entry a line in NDJSON, the same in a table in CSV. ' +
  'In a table, what would be taken for a formula has an apostrophe before it. ' +
  'An export that fails halfway is cut off: take it for whole only when the transfer ended as it should. ' +
  'It is itself an entry of the log.';

/** The answer of an export. */
export const auditExport = streamed(
  {
    'application/x-ndjson': 'An `AuditEntry` as JSON on each line.',
    'text/csv':
      'RFC 4180, with a line of names first: the fields of `AuditEntry`, `actor_kind`, `actor_id`, `resource_kind` and ' +
      '`resource_id` each for itself, `before` and `after` as JSON.',
  },
  'The entries.',
  'ContentDisposition',
);

/** The same for pages. */
export const ProjectAuditLogQuery = z
  .strictObject({ ...PageQuery.shape, ...filters })
  .refine(isSpan, notASpan);
export const OrganizationAuditLogQuery = z
  .strictObject({ ...PageQuery.shape, ...organizationFilters })
  .refine(isSpan, notASpan);

/** Which entries are asked for. A filter that was not given narrows nothing. */
export type AuditFilters = Partial<Omit<z.infer<typeof OrganizationAuditExportQuery>, 'format'>>;
