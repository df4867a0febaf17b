/** What every move asks of an answer. */
import { isDeepStrictEqual } from 'node:util';
import type { Asked, Lane } from '../lane.ts';
import type { Actor } from '../model/actors.ts';
import type { Row, View } from '../model/rows.ts';
import type { Request } from '../send.ts';

const CODES: Readonly<Record<number, string>> = {
  400: 'INVALID_INPUT',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  409: 'CONFLICT',
  412: 'PRECONDITION_FAILED',
};

/** Holds an answer against the status that it must have, and a refusal against its code. */
export function expectStatus(lane: Lane, asked: Asked, wanted: number, about?: Row): void {
  const code = (asked.body['error'] as View | undefined)?.['code'];
  if (asked.status === wanted && code === CODES[wanted]) return;
  lane.fail(
    `${asked.requestId} was answered with ${asked.status} ${asked.text.slice(0, 500)} and must be ${wanted}`,
    about,
  );
}

/** How often what was answered is asked for again under the same key. */
const REPEATED = 0.15;

/** Sends a request that has a key, and now and then again: the same answer, and nothing has happened twice. */
export async function askOnce(lane: Lane, request: Request): Promise<Asked> {
  const key = { 'idempotency-key': lane.idempotencyKey(request.actor) };
  const keyed = { ...request, headers: { ...request.headers, ...key } };
  const asked = await lane.ask(keyed);
  if (asked.status >= 300 || !lane.chance.isLucky(REPEATED)) return asked;
  const again = await lane.ask(keyed);
  const isSame = again.status === asked.status && isDeepStrictEqual(again.body, asked.body);
  if (!isSame) lane.fail(`${again.requestId} repeats ${asked.requestId} and was answered otherwise`);
  if (asked.headers.has('idempotency-replayed'))
    lane.fail(`${asked.requestId} got the answer to a key that somebody else has used`);
  if (!again.headers.has('idempotency-replayed')) lane.fail(`${again.requestId} was carried out again`);
  return asked;
}

/** Those who act in a lane: people, and for the first lane the keys that were not revoked. */
export function actorsOf(lane: Lane): readonly Actor[] {
  const { people, model } = lane.tenant;
  if (lane.number > 0) return people;
  const keys = model.rows.filter((row) => row.kind === 'api_key' && !row.isDeleted);
  return [...people, ...keys.map((row) => actorOf(lane, row))];
}

/** A key as it acts: with the role of whoever made it. */
function actorOf({ tenant }: Lane, { id, view, secret = '' }: Row): Actor {
  const userId = String(view['owner_id']);
  const role = tenant.people.find((person) => person.id === userId)?.role ?? 'viewer';
  const { orgId } = tenant.model;
  return {
    ...{ kind: 'api_key', id, userId, role },
    scopes: view['scopes'] as NonNullable<Actor['scopes']>,
    projectId: view['project_id'] as string | undefined,
    organizations: [{ id: orgId, name: orgId, slug: orgId, role }],
    // Both headers are taken; which one is a matter of taste.
    credential: async () => (id < 'key_z' ? ['x-api-key', secret] : ['authorization', `Bearer ${secret}`]),
  };
}
