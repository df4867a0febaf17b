import { z } from '@hono/zod-openapi';
import { oneOf, text } from '../fields.ts';
import { MAX_AUDIT_FINDINGS, MAX_PAGE_TOKEN_CHARS } from '../limits.ts';

/** In what way a chain is not as it was written. */
const AUDIT_FINDING_KINDS = ['altered', 'missing', 'reordered', 'unchained', 'head'] as const;

const HASH = 'a3f1c0de5b7e4d2f9a8b6c4d2e0f1a3b5c7d9e1f2a4b6c8d0e2f4a6b8c0d2e4f';

export const VerifyAuditLogQuery = z.strictObject({
  page_token: text({ max: MAX_PAGE_TOKEN_CHARS })
    .optional()
    .openapi({ description: 'The `next_page_token` of the answer before; leave it out to begin.' }),
});

const AuditFinding = z
  .object({
    kind: oneOf(AUDIT_FINDING_KINDS),
    position: z.int().optional().openapi({ description: 'Where in the chain; the first of several.' }),
    last_position: z.int().optional().openapi({ description: 'The last of several positions.' }),
    entry_id: z.string().optional(),
    message: z.string().openapi({ description: 'For people: what is wrong there.' }),
  })
  .openapi('AuditFinding');
export type AuditFinding = z.infer<typeof AuditFinding>;

/** What a verification has found. */
export const AuditVerification = z
  .object({
    verified: z
      .boolean()
      .openapi({ description: 'Whether all that this request has checked is as it was written.' }),
    entries_checked: z.int(),
    entries_before_chain: z.int().openapi({
      description:
        'How many entries of the organization were written before there was a chain, and are not checked. The number ' +
        'does not grow: one that does, or is not 0 where every entry is newer, is of entries that were put in or taken ' +
        'out of the chain.',
    }),
    head: z
      .object({ position: z.int(), hash: z.string() })
      .optional()
      .openapi({
        description:
          'The end of the chain. Kept elsewhere, it proves more than the chain can by itself: whoever can write to the ' +
          'database could put back an older state of it, or remove the whole chain and let what is left begin another, ' +
          'but the entry at this position would no longer have this hash.',
      }),
    findings: z.array(AuditFinding).max(MAX_AUDIT_FINDINGS),
    truncated: z
      .literal(true)
      .optional()
      .openapi({ description: 'There are more findings; the verification stopped here.' }),
    next_page_token: z
      .string()
      .optional()
      .openapi({ description: 'Present when the chain goes on: ask again with it to go on too.' }),
  })
  .openapi('AuditVerification', {
    example: {
      verified: false,
      entries_checked: 1042,
      entries_before_chain: 0,
      head: { position: 1042, hash: HASH },
      findings: [
        {
          kind: 'altered',
          position: 42,
          entry_id: 'aud_01h455vb4pex5vsknk084sn02t',
          message: 'What the entry says does not match its hash.',
        },
      ],
    },
  });
export type AuditVerification = z.infer<typeof AuditVerification>;
