/** One line of requests of a tenant, which come one after the other and are about projects of its own. */
import { setTimeout } from 'node:timers/promises';
import type { Chance } from '../chance.ts';
import type { Making } from './kinds/kind.ts';
import type { Actor } from './model/actors.ts';
import type { Entry, Row } from './model/rows.ts';
import { send, type Answer, type Request } from './send.ts';
import { count, type Tenant, type World } from './world.ts';

/** Something is not as the model says. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

/** An answer, and the id of the request that it answers. */
export interface Asked extends Answer {
  readonly requestId: string;
}

type Logged = Pick<Entry, 'action' | 'resource' | 'before' | 'after'> & {
  readonly project: Row | undefined;
};

export interface Lane {
  readonly world: World;
  readonly tenant: Tenant;
  readonly number: number;
  readonly chance: Chance;
  /** Sends a request to one of the instances; again where it is told to come later. */
  readonly ask: (request: Request) => Promise<Asked>;
  /** A key under which this actor has sent nothing yet. All tenants use the same. */
  readonly idempotencyKey: (actor: Actor) => string;
  readonly making: (actor: Actor) => Making;
  /** Says that an entry is in the log from now on. */
  readonly log: (asked: Asked, actor: Actor, entry: Logged) => void;
  /** @throws Violation with what led to it: the last requests about this row, or about all */
  readonly fail: (message: string, about?: Row) => never;
}

interface Step {
  readonly line: string;
  readonly path: string;
}

const REQUEST_DIGITS = 6;
const MAX_STEPS = 300;
const MAX_TOLD_STEPS = 12;

export function createLane(
  world: World,
  tenant: Tenant,
  { number, chance }: Pick<Lane, 'number' | 'chance'>,
): Lane {
  const { model } = tenant;
  const steps: Step[] = [];
  const keys = new Map<string, number>();
  let requests = 0;
  let serial = 0;
  return {
    ...{ world, tenant, number, chance },
    ask: async (request) => {
      // All as long as each other, so that answers which repeat them are too.
      const requestId = `${model.orgId}.${number}.${String((requests += 1)).padStart(REQUEST_DIGITS, '0')}`;
      const { actor, method, path } = request;
      const headers = { 'x-request-id': requestId, ...request.headers };
      const answer = await sendPatiently(world, chance, { ...request, headers });
      count(world, `${method} ${shapeOf(path)}`);
      const who = `${actor.kind} ${actor.id} (${actor.role})`;
      steps.push({ path, line: `${requestId} ${method} ${path} by ${who}: ${answer.status}` });
      if (steps.length > MAX_STEPS) steps.shift();
      return { ...answer, requestId };
    },
    idempotencyKey: ({ id }) => {
      const made = (keys.get(id) ?? 0) + 1;
      keys.set(id, made);
      // Whoever is in two organizations is one and the same there; so is whoever acts in two lanes.
      return id.startsWith('user_guest') ? `${model.orgId}-${number}-${made}` : `key-${number}-${made}`;
    },
    making: (actor) => ({
      ...{ model, actor, chance },
      certificates: world.certificates,
      secret: world.evidence.secret,
      serial: () => (serial += 1) * tenant.laneCount + number,
    }),
    log: ({ requestId }, { kind, id }, { project, ...entry }) => {
      const actor = { kind, id };
      model.entries.push({ lane: number, requestId, actor, projectId: project?.id, ...entry });
    },
    fail: (message, about) => {
      const related = about === undefined ? steps : steps.filter(({ path }) => isAbout(path, about));
      const trace = related.slice(-MAX_TOLD_STEPS).map(({ line }) => `\n    ${line}`);
      throw new Violation(`${model.orgId}, lane ${number}: ${message}${trace.join('')}`);
    },
  };
}

const BUSY = [429, 503];
const MAX_TRIES = 20;
const MS_PER_SECOND = 1000;

/** An instance that has too much to do says so, and is asked again later: that is for the floods to judge. */
async function sendPatiently(world: World, chance: Chance, request: Request): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    const answer = await send(world, chance.pick(world.instances), request);
    const retryAfter = answer.headers.get('retry-after');
    if (!BUSY.includes(answer.status) || retryAfter === null || tries === MAX_TRIES) return answer;
    count(world, 'told to come later');
    await setTimeout(Number(retryAfter) * MS_PER_SECOND);
  }
}

/** Whether a request was to a row or to what it lies in. */
function isAbout(path: string, row: Row): boolean {
  const [plain = ''] = path.split('?');
  return plain.includes(row.id) || (row.parent !== undefined && isAbout(path, row.parent));
}

/** A path without the ids in it: what tells one operation from another. */
function shapeOf(path: string): string {
  const [plain = ''] = path.split('?');
  return plain.replaceAll(/\/[a-z]+_[^/]+|\/[0-9a-f]{16}(?=\/|$)/g, '/…');
}
