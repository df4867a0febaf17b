import type { Instance } from '../stand/instance.ts';
import type { Actor } from './model/actors.ts';
import type { View } from './model/rows.ts';
import type { World } from './world.ts';

export interface Request {
  readonly actor: Actor;
  readonly method: string;
  readonly path: string;
  readonly body?: object | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The JSON in it; an empty object where there is none. */
  readonly body: View;
}

/** Longer than the service lets any request take. */
const TIMEOUT_MS = 60_000;

/** Sends a request to one instance. What is no success is evidence. */
export async function send(
  { evidence }: Pick<World, 'evidence'>,
  instance: Pick<Instance, 'url'>,
  { actor, method, path, body, headers = {} }: Request,
): Promise<Answer> {
  const response = await fetch(instance.url + path, {
    method,
    headers: {
      ...headers,
      ...Object.fromEntries([await actor.credential()]),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const text = await response.text();
  const { status } = response;
  if (!response.ok)
    evidence.add('refusal', 'tenants', `${status}\n${JSON.stringify([...response.headers])}\n${text}\n`);
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
  return {
    status,
    headers: response.headers,
    text,
    body: isJson && text !== '' ? (JSON.parse(text) as View) : {},
  };
}
