import { prepare, query, type TenantTransaction } from '@headgate/db';
import { MAX_CERTIFICATES_PER_PROJECT } from '@headgate/schema';
import { HeadgateError } from '../errors.ts';

const count = prepare((projectId: string) =>
  query
    .selectFrom('certificates')
    .where('project_id', '=', projectId)
    .where('deleted_at', 'is', null)
    .select((eb) => eb.cast<number>(eb.fn.countAll(), 'integer').as('used')),
);

/**
 * Makes sure that a project may have one more certificate. The project is held by a statement ahead of this one, which
 * therefore sees all that it has waited for; so no two pass the limit together.
 *
 * @throws HeadgateError LIMIT_EXCEEDED, which names the limit
 */
export async function checkCertificateLimit(
  { run }: Pick<TenantTransaction, 'run'>,
  projectId: string,
): Promise<void> {
  const [counted] = await run(count(projectId));
  const used = counted?.used ?? 0;
  if (used < MAX_CERTIFICATES_PER_PROJECT) return;
  throw new HeadgateError(
    'LIMIT_EXCEEDED',
    `The limit certificates_per_project is ${MAX_CERTIFICATES_PER_PROJECT}, and there are ${used} certificates in this project. Delete one.`,
  );
}
