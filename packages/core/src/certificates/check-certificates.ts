import { query, type TenantTransaction } from '@headgate/db';
import type { FieldError } from '@headgate/schema';
import { conflict, invalidInput } from '../errors.ts';
import type { CertificateReferences } from './certificates-of.ts';

const FIELDS = { ca_certificate_id: 'ca', client_certificate_id: 'client' } as const;
type Field = keyof typeof FIELDS;

interface Check extends CertificateReferences {
  /** What the request says; what it does not say was good when it was stored, and has been in use since. */
  readonly given: Partial<Record<Field, unknown>>;
  /** To hold them until the transaction ends: whoever deletes one waits, and then sees that it is in use. */
  readonly to: 'read' | 'hold';
}

/**
 * Holds the certificates that something names against what there is.
 *
 * @throws HeadgateError INVALID_INPUT for one that is no certificate of that kind in the project, in the same words
 *   whether it is missing, deleted or foreign
 */
export async function checkCertificates(
  { run }: Pick<TenantTransaction, 'run'>,
  { given, to, ...references }: Check,
): Promise<void> {
  const fields = (Object.keys(FIELDS) as Field[]).filter((field) => given[field] !== undefined);
  const missing = await missingCertificates({ run }, { ...references, fields, to });
  const [first, ...others] = missing.map((field): FieldError => ({
    field,
    message: `must be the id of a certificate of kind ${FIELDS[field]} in this project`,
  }));
  if (first !== undefined) throw invalidInput([first, ...others]);
}

/**
 * Holds the certificates of something that is about to be restored, and sees that they are still there.
 *
 * @throws HeadgateError CONFLICT when one was deleted meanwhile
 */
export async function checkCertificatesLeft(
  { run }: Pick<TenantTransaction, 'run'>,
  references: CertificateReferences,
): Promise<void> {
  const fields = Object.keys(FIELDS) as Field[];
  const [missing] = await missingCertificates({ run }, { ...references, fields, to: 'hold' });
  if (missing === undefined) return;
  throw conflict(
    `Its ${missing} names ${references[missing]}, which was deleted. Restore the certificate first.`,
  );
}

interface Search extends CertificateReferences {
  readonly fields: readonly Field[];
  readonly to: 'read' | 'hold';
}

/** The fields that name what is not a living certificate of their kind in the project. */
async function missingCertificates(
  { run }: Pick<TenantTransaction, 'run'>,
  { project_id: projectId, fields, to, ...references }: Search,
): Promise<Field[]> {
  const named = fields.flatMap((field) => {
    const id = references[field];
    return id === null ? [] : [{ field, id }];
  });
  if (named.length === 0) return [];
  const living = query
    .selectFrom('certificates')
    .select(['id', 'kind'])
    .where('project_id', '=', projectId)
    .where(
      'id',
      'in',
      named.map(({ id }) => id),
    )
    .where('deleted_at', 'is', null)
    .orderBy('id');
  const found = await run(to === 'hold' ? living.forKeyShare() : living);
  return named
    .filter(({ field, id }) => !found.some((each) => each.id === id && each.kind === FIELDS[field]))
    .map(({ field }) => field);
}
