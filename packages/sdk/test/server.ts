/** A real HTTP server that answers what a test tells it to, and remembers what it was asked. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from 'vitest';
import { createHeadgateClient, type HeadgateClient, type HeadgateOptions } from '../src/index.ts';

interface ScriptedAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** As JSON, unless it is a text. */
  readonly body?: unknown;
}

/** Hang up without a word; hang up in the middle of the body; say nothing; begin a body and say nothing more. */
type Fault = 'hang up' | 'break off' | 'be silent' | 'fall silent';
export type Step = ScriptedAnswer | Fault;

interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export const TOKEN = 'token-that-nobody-may-see';
export const PROJECT = { params: { path: { project_id: 'prj_1' } } };
export const DATABASES = '/v1/projects/{project_id}/databases';
export const DATABASE_INPUT = { host: 'db', port: 5432, name: 'd', username: 'u', password: 'p' };

const closings: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0)) await close();
});

/** Serves these answers one after another, and the last one from then on; closed when the test is done. */
export async function serve(...steps: readonly Step[]): Promise<{ url: string; seen: SeenRequest[] }> {
  const seen: SeenRequest[] = [];
  const server = createServer((request, response) => {
    void answer(request, response);
  });
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await receive(request);
    const { method = '', url = '', headers } = request;
    seen.push({ method, url, headers, body });
    play(response, steps[Math.min(seen.length, steps.length) - 1] ?? {});
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closings.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

async function receive(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
}

function play(response: ServerResponse, step: Step): void {
  if (step === 'be silent') return;
  if (step === 'hang up') {
    response.destroy();
    return;
  }
  if (typeof step === 'string') {
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '100' });
    response.write('{"regions":');
    if (step === 'break off') setImmediate(() => response.destroy());
    return;
  }
  const { status = 200, headers = {}, body } = step;
  // What the answer says of the time is the test's business.
  response.sendDate = false;
  const isText = typeof body === 'string';
  response.writeHead(status, { 'Content-Type': isText ? 'text/html' : 'application/json', ...headers });
  response.end(isText || body === undefined ? body : JSON.stringify(body));
}

/** A client of this server that does not wait, and what it would have waited. */
export function clientOf(
  url: string,
  over: Partial<Omit<HeadgateOptions, 'token' | 'apiKey'>> = {},
): { headgate: HeadgateClient; waitsMs: number[] } {
  const waitsMs: number[] = [];
  const sleep = async (ms: number) => void waitsMs.push(ms);
  return { headgate: createHeadgateClient({ baseUrl: url, token: TOKEN, sleep, ...over }), waitsMs };
}

/** What a promise is rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => Promise.reject(new Error('it was not rejected')),
    (error: unknown) => error,
  );
}

/** An error as Headgate answers it. */
export function refusal(status: number, code: string, over: object = {}): ScriptedAnswer {
  return { status, body: { error: { code, message: `It is ${code}.`, request_id: 'req-1', ...over } } };
}
