import { randomBytes } from 'node:crypto';
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet, type JWTPayload } from 'jose';
import { readConfig, type Config } from '../src/config.ts';
import { createLogger } from '../src/log.ts';
import type { OrgClaim } from '../src/orgs-claim.ts';
import { openService, type Service } from '../src/service.ts';

export const SECRET = 'a-secret-of-the-tests-0123456789-abcdefghij';
export const PASSWORD = 'correct horse battery';
const AUDIENCE = 'headgate';
export const ISSUER = 'http://127.0.0.1:8788';

export interface Answer {
  status: number;
  headers: Headers;
  body: any;
}

export interface Call {
  method?: 'GET' | 'POST';
  body?: unknown;
  bearer?: string;
  ip?: string;
  headers?: Record<string, string>;
}

/** One instance in this process, driven through its HTTP application. */
export interface Instance extends Service {
  readonly config: Config;
  readonly lines: string[];
  call(path: string, call?: Call): Promise<Answer>;
}

/** Opens an instance over a database; its log lines are kept. */
export async function openInstance(databaseUrl: string, env: Record<string, string> = {}): Promise<Instance> {
  const config = readConfig({
    DATABASE_URL: databaseUrl,
    IDENTITY_SECRET: SECRET,
    LOG_LEVEL: 'debug',
    ...env,
  });
  const lines: string[] = [];
  const service = await openService(
    config,
    createLogger(config.logLevel, { write: (line) => void lines.push(line) }),
  );
  return { ...service, config, lines, call: (path, call) => request(service, path, call) };
}

async function request(service: Service, path: string, call: Call = {}): Promise<Answer> {
  const headers = new Headers(call.headers);
  const method = call.method ?? (call.body === undefined ? 'GET' : 'POST');
  if (call.body !== undefined && !headers.has('content-type'))
    headers.set('content-type', 'application/json');
  if (call.bearer !== undefined) headers.set('authorization', `Bearer ${call.bearer}`);
  const body =
    typeof call.body === 'string' ? call.body : call.body === undefined ? null : JSON.stringify(call.body);
  const connection = { incoming: { socket: { remoteAddress: call.ip ?? randomAddress() } } };
  const response = await service.app.request(path, { method, headers, body }, connection);
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? null : parse(text) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Every call comes from another address unless it says otherwise, so that limits meet only those who test them. */
function randomAddress(): string {
  return `10.${[...randomBytes(3)].join('.')}`;
}

export interface Actor {
  id: string;
  email: string;
  bearer: string;
}

/** Signs a new user up. */
export async function signUp(instance: Instance, name = 'someone'): Promise<Actor> {
  const email = `${name}-${randomBytes(6).toString('hex')}@example.com`;
  const answer = await instance.call('/auth/sign-up/email', { body: { name, email, password: PASSWORD } });
  if (answer.status !== 200)
    throw new Error(`sign-up answered ${answer.status} ${JSON.stringify(answer.body)}`);
  return { id: answer.body.user.id, email, bearer: answer.body.token };
}

/** Creates an organization owned by the actor. */
export async function createOrganization(
  instance: Instance,
  owner: Actor,
  slug = randomBytes(8).toString('hex'),
): Promise<{ id: string; slug: string }> {
  const answer = await instance.call('/auth/organization/create', {
    bearer: owner.bearer,
    body: { name: `Org ${slug}`, slug },
  });
  if (answer.status !== 200)
    throw new Error(`create answered ${answer.status} ${JSON.stringify(answer.body)}`);
  return { id: answer.body.id, slug };
}

/** Invites the guest into the organization, and lets the guest accept; answers the id of the membership. */
export async function join(
  instance: Instance,
  [owner, guest]: [Actor, Actor],
  organizationId: string,
  role: string,
): Promise<string> {
  const invitation = await instance.call('/auth/organization/invite-member', {
    bearer: owner.bearer,
    body: { email: guest.email, role, organizationId },
  });
  const accepted = await instance.call('/auth/organization/accept-invitation', {
    bearer: guest.bearer,
    body: { invitationId: invitation.body.id },
  });
  if (accepted.status !== 200)
    throw new Error(`accept answered ${accepted.status} ${JSON.stringify(accepted.body)}`);
  return accepted.body.member.id;
}

/** Asks for a token. */
export async function issueToken(instance: Instance, actor: { bearer: string }): Promise<string> {
  const answer = await instance.call('/auth/token', { bearer: actor.bearer });
  if (answer.status !== 200)
    throw new Error(`token answered ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body.token;
}

/** Verifies a token as the control plane does: with jose, against the key set that is served. */
export async function verify(
  instance: Instance,
  token: string,
): Promise<{ payload: JWTPayload & { orgs: OrgClaim[] }; kid: string }> {
  const jwks = (await instance.call('/.well-known/jwks.json')).body as JSONWebKeySet;
  const { payload, protectedHeader } = await jwtVerify<{ orgs: OrgClaim[] }>(token, createLocalJWKSet(jwks), {
    issuer: ISSUER,
    audience: AUDIENCE,
    algorithms: ['ES256'],
  });
  return { payload, kid: String(protectedHeader.kid) };
}

/** The key ids that are served. */
export async function servedKids(instance: Instance): Promise<string[]> {
  const { body } = await instance.call('/.well-known/jwks.json');
  return (body as JSONWebKeySet).keys.map((key) => String(key.kid));
}
