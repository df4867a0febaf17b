import { prepare, query, type TenantTransaction } from '@headgate/db';
import type { Clock } from '../context.ts';

const count = prepare((orgId: string, now: Date) =>
  query
    .selectFrom('api_keys')
    .where('org_id', '=', orgId)
    .where('revoked_at', 'is', null)
    .where((eb) => eb('expires_at', 'is', null).or('expires_at', '>', now))
    .select((eb) => eb.cast<number>(eb.fn.countAll(), 'integer').as('used')),
);

/** How many keys of an organization can be used: neither revoked nor expired. */
export async function countApiKeys(
  { run }: Pick<TenantTransaction, 'run'>,
  { orgId, clock }: { readonly orgId: string; readonly clock: Clock },
): Promise<number> {
  const [counted] = await run(count(orgId, clock.now()));
  return counted?.used ?? 0;
}
