/** What several suites ask of an API and of its database. */
import type { ErrorCode, ErrorEnvelope } from '@headgate/schema';
import type { TestActor } from '@headgate/testing';
import { afterAll, expect } from 'vitest';
import { startTestApi, type TestAnswer, type TestApi } from './harness.ts';

/** An API for a test file, closed when its tests are done, and the owner of an organization. */
export async function useApi(): Promise<{ api: TestApi; owner: TestActor }> {
  const api = await startTestApi();
  afterAll(async () => await api.close());
  const { owner } = await api.createOrganization();
  return { api, owner };
}

/** The same with a project of that organization. */
export async function useProject(): Promise<{ api: TestApi; owner: TestActor; projectId: string }> {
  const { api, owner } = await useApi();
  const { id: projectId } = await api.createProject(owner);
  return { api, owner, projectId };
}

/** Reads rows as upkeep does, past the tenant wall, to see what is really there. */
export async function rows<T = Record<string, unknown>>(
  api: TestApi,
  sql: string,
  parameters: readonly unknown[] = [],
): Promise<T[]> {
  return await api.store.maintain<T>({ compile: () => ({ sql, parameters }) } as never);
}

interface AuditRow {
  readonly action: string;
  readonly actor_id: string;
  readonly request_id: string;
  readonly before: Record<string, unknown> | null;
  readonly after: Record<string, unknown> | null;
}

/** What the audit log tells of a resource, oldest first. */
export async function auditOf(api: TestApi, resourceId: string): Promise<AuditRow[]> {
  return await rows(
    api,
    'select action, actor_id, request_id, before, after from audit_entries where resource_id = $1 order by created_at, id',
    [resourceId],
  );
}

interface Refusal {
  readonly code: ErrorCode;
  /** The field that `details` names first. */
  readonly field?: string;
}

/** Holds an answer to be this refusal, with its request id, and returns its error. */
export function expectRefusal(answer: TestAnswer, { code, field }: Refusal): ErrorEnvelope['error'] {
  const { error } = answer.body as ErrorEnvelope;
  expect(error, answer.text).toMatchObject({ code, request_id: answer.headers.get('x-request-id') });
  if (field !== undefined) {
    expect(error.details?.[0]?.field, answer.text).toBe(field);
    expect(error.message).toContain(field);
  }
  return error;
}

/** The same person with another role, in other organizations, or with a token that is fresh by the clock. */
export async function tokenFor(
  api: TestApi,
  actor: TestActor,
  over: Partial<Pick<TestActor, 'orgId' | 'role'>> = {},
) {
  const { orgId, role } = { ...actor, ...over };
  return await api.issuer.token({ subject: actor.userId, organizations: [{ id: orgId, role }] });
}

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
