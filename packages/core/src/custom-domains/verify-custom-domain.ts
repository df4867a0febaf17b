import { query } from '@headgate/db';
import type { CustomDomainVerification, DnsCheck } from '@headgate/schema';
import type { Answer } from '../answer.ts';
import { changes } from '../audit.ts';
import type { Authorized } from '../authorize.ts';
import type { Context, Verb } from '../context.ts';
import { findOut } from '../find-out.ts';
import { mutate, type Decision } from '../mutate.ts';
import { reader } from '../reader.ts';
import { later } from '../time.ts';
import { checkRecords, describeChecks, isDisproved } from './check-records.ts';
import { lookupCustomDomain, type CustomDomainPath } from './lookup-custom-domain.ts';
import { orNameTaken } from './name-taken.ts';
import { customDomainView, type CustomDomainRow } from './row.ts';

const ACTION = 'customDomain.verify';

/**
 * Asks DNS for a domain's records. When both are right it is verified; when one is said to be wrong it is not, also if
 * it was before, so that a name that was given up is free for its next owner; when DNS does not answer nothing changes.
 * DNS is asked before the transaction begins: nothing is held while a stranger's name servers take their time.
 */
export async function verifyCustomDomain({
  ctx,
  input,
}: Verb<CustomDomainPath>): Promise<Answer<CustomDomainVerification>> {
  // A failure waits for the transaction: an idempotency key gets its first answer also when the domain is gone.
  const evidence = await findOut(gather(ctx, input));
  const verification = mutate(ctx, ACTION, async (tx) => {
    const domain = await lookupCustomDomain(ctx, tx, { ...input, action: ACTION, to: 'change' });
    return decide(ctx, domain, evidence());
  });
  return await orNameTaken(
    'Your records are right, but the domain is verified in another project, and can be in one only. Delete it there or have it deleted, and verify again. If that project is not yours, ask the operator of this service.',
    verification,
  );
}

async function gather(ctx: Context, path: CustomDomainPath): Promise<DnsCheck[]> {
  return await checkRecords(
    ctx,
    await lookupCustomDomain(ctx, reader(ctx), { ...path, action: ACTION, to: 'read' }),
  );
}

function decide(
  ctx: Context,
  domain: Authorized<CustomDomainRow, typeof ACTION>,
  checks: DnsCheck[],
): Decision<CustomDomainVerification, typeof ACTION> {
  const now = later(ctx.clock.now(), domain.updated_at);
  const verified = checks.every(({ ok }) => ok);
  const proved = verified ? (domain.verified_at ?? now) : null;
  const verifiedAt = verified || isDisproved(checks) ? proved : domain.verified_at;
  const isChanged = verifiedAt?.getTime() !== domain.verified_at?.getTime();
  const written = { verified_at: verifiedAt, version: domain.version + 1, updated_at: now };
  const view = customDomainView(isChanged ? { ...domain, ...written } : domain, ctx.settings);
  const difference = changes(customDomainView(domain, ctx.settings), view);
  const { id, org_id: orgId, project_id: projectId } = domain;
  const error = describeChecks(checks, domain);
  const lost = isChanged && !verified ? ' The domain is not verified any more.' : '';
  return {
    on: domain,
    writes: isChanged ? [query.updateTable('custom_domains').set(written).where('id', '=', id)] : [],
    audit: isChanged
      ? [{ action: ACTION, orgId, projectId, resource: { kind: 'custom_domain', id }, ...difference }]
      : [],
    answer: {
      view: { verified, ...(error !== undefined && { error: `${error}${lost}` }), domain: view, checks },
    },
  };
}
