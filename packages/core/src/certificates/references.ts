import { query, type TenantTransaction } from '@headgate/db';
import { conflict } from '../errors.ts';

const MAX_NAMED = 5;

/** What lives and names a certificate. A replica of a deleted database is as if deleted. */
function referencesTo(certificateId: string) {
  const replicas = query
    .selectFrom('replicas')
    .innerJoin('databases', 'databases.id', 'replicas.database_id')
    .select('replicas.id')
    .where('databases.deleted_at', 'is', null)
    .where('replicas.deleted_at', 'is', null)
    .where((eb) =>
      eb('replicas.ca_certificate_id', '=', certificateId).or(
        'replicas.client_certificate_id',
        '=',
        certificateId,
      ),
    );
  return query
    .selectFrom('databases')
    .select('id')
    .where('deleted_at', 'is', null)
    .where((eb) =>
      eb('ca_certificate_id', '=', certificateId).or('client_certificate_id', '=', certificateId),
    )
    .unionAll(replicas)
    .limit(MAX_NAMED + 1);
}

/**
 * Makes sure that nothing names a certificate. It is held by then, by a statement ahead of this one: whoever was just
 * naming it is through.
 *
 * @throws HeadgateError CONFLICT, which names some of what does
 */
export async function checkUnused(
  { run }: Pick<TenantTransaction, 'run'>,
  certificateId: string,
): Promise<void> {
  const ids = (await run(referencesTo(certificateId))).map(({ id }) => id);
  if (ids.length === 0) return;
  const named = ids.slice(0, MAX_NAMED).join(', ');
  const others = ids.length > MAX_NAMED ? ' and others' : '';
  throw conflict(
    `The certificate is in use by ${named}${others}. PATCH each with another ca_certificate_id or client_certificate_id, or with "", and then delete it.`,
  );
}
