/** The actions of the policy as requests, for the suites that go over all of them. */
import { POLICY, permits, type Action } from '@headgate/core/policy';
import { ROLES } from '@headgate/schema';
import { serverConnection, type TestActor } from '@headgate/testing';
import { useUpstreamOnDemand } from '@headgate/testing/upstreams';
import { OPERATIONS } from './contract.ts';
import type { TestApi } from './harness.ts';
import { inputOf } from './upstream-support.ts';
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

/** They begin with a password that the server refuses, so that there is something to rotate. */
const ROTATIONS: readonly Action[] = ['databaseCredentials.rotate', 'databaseCredentialsRotation.undo'];

/** Actions that succeed on a server alone that is there. */
const ON_A_SERVER: readonly Action[] = ['database.introspect', ...ROTATIONS];

/** A server of this file's own, where slots are made. */
const replicationServer = useUpstreamOnDemand({ settings: { max_replication_slots: '50' } });

/** Resources of their own, in the state in which this can be done. */
export async function resourcesFor(api: TestApi, action: Action, owner: TestActor): Promise<SampleIds> {
  const ids = await createResources(api, owner);
  if (ON_A_SERVER.includes(action)) {
    const { path } = sampleRequest('updateDatabase', ids);
    const password = ROTATIONS.includes(action) ? 'out-of-date' : serverConnection().password;
    await api.send('PATCH', path, { as: owner, body: { ...serverConnection(), password } });
  }
  if (action === 'replicationSlot.create') {
    const server = await replicationServer();
    const { path } = sampleRequest('updateDatabase', ids);
    await api.send('PATCH', path, { as: owner, body: { ...inputOf(server), ...server.superuser } });
  }
  if (action === 'databaseCredentialsRotation.undo') {
    const { method, path, body } = requestFor('databaseCredentials.rotate', ids);
    await api.send(method, path, { as: owner, body });
  }
  if (action.endsWith('.restore')) {
    const { method, path } = requestFor(action.replace('.restore', '.delete') as Action, ids);
    await api.send(method, path, { as: owner });
  }
  return ids;
}
