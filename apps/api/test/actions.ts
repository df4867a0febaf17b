/** The actions of the policy as requests, for the suites that go over all of them. */
import { POLICY, permits, type Action } from '@headgate/core/policy';
import { ROLES } from '@headgate/schema';
import type { TestActor } from '@headgate/testing';
import { OPERATIONS } from './contract.ts';
import type { TestApi } from './harness.ts';
import { createResources, sampleRequest, type SampleIds, type SampleRequest } from './requests.ts';

/** Actions that are a form of another operation's request, each with what is added to its path. */
const FORMS: Readonly<Record<string, { readonly operationId: string; readonly query: string }>> = {
  'database.reveal': { operationId: 'getDatabase', query: '?show_sensitive=true' },
};

/** What can be done over the network. What is done at a terminal of the service's own has no operation. */
export const ACTIONS = (Object.keys(POLICY) as Action[]).filter((action) =>
  ROLES.some((role) => permits(role, action)),
);

/** The operation of each action. One name per operation, so that a new action has no choice. */
export function operationOf(action: Action): string | undefined {
  const [resource = '', verb = ''] = action.split('.');
  const noun = resource.charAt(0).toUpperCase() + resource.slice(1);
  const name = FORMS[action]?.operationId ?? `${verb}${noun}${verb === 'list' ? 's' : ''}`;
  return OPERATIONS.find(({ operationId }) => operationId === name)?.operationId;
}

/** A request that does this. */
export function requestFor(action: Action, ids: SampleIds): SampleRequest {
  const request = sampleRequest(operationOf(action) ?? '', ids);
  return { ...request, path: `${request.path}${FORMS[action]?.query ?? ''}` };
}

/** Resources of their own, in the state in which this can be done. */
export async function resourcesFor(api: TestApi, action: Action, owner: TestActor): Promise<SampleIds> {
  const ids = await createResources(api, owner);
  if (action.endsWith('.restore')) {
    const { method, path } = requestFor(action.replace('.restore', '.delete') as Action, ids);
    await api.send(method, path, { as: owner });
  }
  return ids;
}
