import { prepare, type TenantTransaction } from '@headgate/db';
import { isId } from '@headgate/schema';
import { authorizeRow, type Authorized } from '../authorize.ts';
import type { Context } from '../context.ts';
import { notFound } from '../errors.ts';
import type { Action } from '../policy.ts';
import { restorableSince } from '../time.ts';
import { selectCertificates, type CertificateRow } from './row.ts';

/** How a certificate is named: by its own id under its project's. */
export interface CertificatePath {
  readonly projectId: string;
  readonly certificateId: string;
}

interface Lookup<A extends Action> extends CertificatePath {
  readonly action: A;
  /**
   * To read it; to delete it, which waits for whoever is just naming it; or to restore it, which finds it among the
   * deleted too. The last two hold it until the transaction ends.
   */
  readonly to: keyof typeof FIND;
}

const byPath = (id: string, projectId: string) =>
  selectCertificates.where('id', '=', id).where('project_id', '=', projectId);
const living = (id: string, projectId: string) => byPath(id, projectId).where('deleted_at', 'is', null);

/** Whoever lets something name a certificate holds that with FOR KEY SHARE (PostgreSQL manual, section 13.3.2). */
const FIND = {
  read: prepare((id: string, projectId: string, _since: Date) => living(id, projectId)),
  delete: prepare((id: string, projectId: string, _since: Date) => living(id, projectId).forUpdate()),
  restore: prepare((id: string, projectId: string, since: Date) =>
    byPath(id, projectId)
      .where((eb) => eb('deleted_at', 'is', null).or('deleted_at', '>', since))
      .forNoKeyUpdate(),
  ),
};

/**
 * Finds a certificate for a caller who may do this to it. The certificates of a deleted project are deleted with it.
 *
 * @throws HeadgateError NOT_FOUND when there is none, it is in another project or another tenant's, FORBIDDEN when the
 *   role is too weak
 */
export async function lookupCertificate<A extends Action>(
  ctx: Context,
  { run }: Pick<TenantTransaction, 'run'>,
  { projectId, certificateId, action, to }: Lookup<A>,
): Promise<Authorized<CertificateRow, A>> {
  if (!isId('prj', projectId) || !isId('cert', certificateId)) throw notFound('certificate');
  const [row] = await run(FIND[to](certificateId, projectId, restorableSince(ctx.clock)));
  return authorizeRow(ctx, { row, what: 'certificate', projectId }, action);
}
