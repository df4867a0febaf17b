/** What the tests of limits ask of an API. */
import {
  createDns,
  createUpstream,
  createUpstreamPlaces,
  setOrganizationLimits,
  type Actor,
  type LimitChanges,
} from '@headgate/core';
import type { OrganizationLimits } from '@headgate/schema';
import type { TestActor } from '@headgate/testing';
import { expect } from 'vitest';
import type { TestApi } from './harness.ts';

/** Sets limits as the operator does, at once for every instance, or as somebody else who tries. */
export async function setLimits(
  api: TestApi,
  orgId: string,
  limits: LimitChanges,
  actor: Actor = { kind: 'operator', id: 'operator', organizations: [{ id: orgId, role: 'owner' }] },
): Promise<void> {
  const { store, vault, clock, settings } = api;
  const ctx = {
    ...{ actor, store, vault, clock, settings },
    ...{ upstream: createUpstream({ allowedCidrs: [] }), upstreamPlaces: createUpstreamPlaces() },
    ...{ requestId: crypto.randomUUID(), address: undefined, dns: createDns({ servers: undefined }) },
  };
  await setOrganizationLimits({ ctx, input: { orgId, limits } });
}

/** What is used and allowed, as the organization is told. */
export async function limitsOf(api: TestApi, as: TestActor): Promise<OrganizationLimits['limits']> {
  const path = `/v1/organizations/${as.orgId}/limits`;
  const answer = await api.send<OrganizationLimits>('GET', path, { as });
  expect(answer.status, answer.text).toBe(200);
  expect(answer.body.org_id).toBe(as.orgId);
  return answer.body.limits;
}
