/** What is asked behind a request that was accepted: whether it is there, and what becomes of it when it is repeated. */
import type { Contract } from '../contract/contract.ts';
import type { Case } from '../generate/case.ts';
import { showsPassword, withHeader } from '../generate/request.ts';
import { isObject } from '../generate/sites.ts';
import type { Breach } from '../judge/judge.ts';
import { namedFields } from '../judge/refusal.ts';
import type { Sent } from '../send/connection.ts';
import type { Exchange } from '../send/exchange.ts';
import { readBackOf, unwrap } from './places.ts';
import { changedFields, differingFields } from './read-back.ts';

export interface Following {
  readonly contract: Contract;
  /** Sends a request of the same caller, whose answer is judged as every other one. */
  readonly send: (sent: Sent) => Promise<Exchange>;
}

const trip = (what: string): Breach => ({ promised: 'round trip', what });

/** Reads back what was made or changed, by itself and in its list, and once more. */
export async function followWrite(
  { contract, send }: Following,
  { operation, request, body: sent }: Case,
  { answer, body }: Exchange,
): Promise<Breach[]> {
  if (operation === undefined || !['POST', 'PATCH', 'PUT'].includes(operation.method)) return [];
  const place =
    answer?.headers.get('location') ?? request.target.replace(/\/(?:restore|rotate-credentials.*)$/, '');
  const written = unwrap(body);
  const breaches: Breach[] = [];
  for (const { target, find } of readBackOf(contract, place, written)) {
    const get = { method: 'GET', target, headers: authorizationOf(request) };
    const read = find((await send(get)).body);
    const isList = target.includes('page_size');
    const of = `${operation.id}, read back ${isList ? 'in its list' : 'by itself'}`;
    if (!isObject(read)) {
      breaches.push(trip(`${of}: it is not there`));
      continue;
    }
    const shown = isList ? pick(toKept(sent), read) : toKept(sent);
    const changed = [
      ...(operation.body ? changedFields({ sent: shown, read, schema: operation.body.schema }) : []),
      ...differingFields(pick(written, read), read),
    ];
    for (const field of new Set(changed)) breaches.push(trip(`${of}: ${field} is another`));
  }
  breaches.push(
    ...(await followDatabase({ contract, send }, { operation, request, body: sent } as Case, body)),
  );
  return breaches;
}

/** A project may come with a database, which is read where databases are. */
async function followDatabase(
  { send }: Following,
  { operation, request, body: sent }: Case,
  body: unknown,
): Promise<Breach[]> {
  if (operation?.id !== 'createProject' || !isObject(body) || !isObject(body['database'])) return [];
  const { id, project_id: projectId } = body['database'];
  const target = `/v1/projects/${String(projectId)}/databases/${String(id)}`;
  const { body: read } = await send({ method: 'GET', target, headers: authorizationOf(request) });
  const given = isObject(sent) ? sent['database'] : undefined;
  const schema = operation.body?.schema.properties?.['database']?.anyOf?.[0];
  if (!isObject(read) || !isObject(given) || schema === undefined)
    return [trip('createProject: its database is not there')];
  return [...changedFields({ sent: given, read, schema }), ...differingFields(body['database'], read)].map(
    (field) => trip(`createProject: ${field} of its database is another`),
  );
}

/** Without what stands elsewhere in the answer. */
function toKept(sent: unknown): Readonly<Record<string, unknown>> {
  if (!isObject(sent)) return {};
  const { database: _database, ...kept } = sent;
  return kept;
}

/** What both know of: a reader may be told more, such as how a slot stands upstream now. */
function pick(fields: Readonly<Record<string, unknown>>, known: Readonly<Record<string, unknown>>) {
  return Object.fromEntries(
    Object.entries(fields).filter(([name]) => Object.hasOwn(known, name) || name === 'id'),
  );
}

/** The password that a database was given, as whoever may see it is shown it. */
export async function followPassword(
  { send }: Following,
  { request, body: sent }: Case,
  { body, answer }: Exchange,
): Promise<Breach[]> {
  const password = isObject(sent) ? sent['password'] : undefined;
  const place = answer?.headers.get('location') ?? request.target.split('?')[0] ?? '';
  if (
    typeof password !== 'string' ||
    !/^\/v1\/projects\/[^/]+\/databases\/[^/]+$/.test(place) ||
    !isObject(body)
  )
    return [];
  const target = `${place}?show_sensitive=true`;
  const { body: read } = await send({ method: 'GET', target, headers: authorizationOf(request) });
  return isObject(read) && read['password'] === password
    ? []
    : [trip('the password of a database is another')];
}

/** The same version is not sent again to whoever holds it. */
export async function followRead(
  { send }: Following,
  { operation, request }: Case,
  { answer }: Exchange,
): Promise<Breach[]> {
  const etag = answer?.headers.get('etag');
  if (operation?.parameters.some(({ name }) => name === 'If-None-Match') !== true) return [];
  if (request.method !== 'GET' || etag === undefined || answer?.status !== 200) return [];
  if (showsPassword(request.target)) return [];
  const again = await send({ ...request, headers: withHeader(request.headers, 'If-None-Match', etag) });
  const status = again.answer?.status;
  if (status === 304 && again.answer?.headers.get('etag') === etag) return [];
  return [
    { promised: 'repetition', what: `a GET with the ETag of the present version is answered with ${status}` },
  ];
}

/** The next page is there, and shows nothing again; a token that nobody has given leads nowhere. */
export async function followPage(
  { send }: Following,
  { request }: Case,
  { body }: Exchange,
): Promise<Breach[]> {
  const token = isObject(body) ? body['next_page_token'] : undefined;
  if (request.method !== 'GET' || typeof token !== 'string' || !request.target.includes('?')) return [];
  const others = request.target
    .split(/[?&]/)
    .filter((part) => !decodeURIComponent(part).startsWith('page_token='));
  const at = (pageToken: string): Sent => ({
    ...request,
    target: `${others[0]}?${[...others.slice(1), `page_token=${encodeURIComponent(pageToken)}`].join('&')}`,
  });
  const next = await send(at(token));
  const known = new Set(itemsOf(body).map((item) => JSON.stringify(item)));
  const breaches: Breach[] = [];
  if (next.answer?.status !== 200)
    breaches.push(trip(`the next page is answered with ${next.answer?.status}`));
  else if (itemsOf(next.body).some((item) => known.has(JSON.stringify(item))))
    breaches.push(trip('the next page shows again what the one before has shown'));
  const forged = await send(at(`${token.slice(0, -4)}AAAA`));
  if (forged.answer?.status !== 400 || !namedFields(forged.body).includes('page_token'))
    breaches.push({
      promised: 'acceptance',
      what: `a forged page_token is answered with ${forged.answer?.status}`,
    });
  return breaches;
}

function itemsOf(body: unknown): unknown[] {
  return isObject(body) ? Object.values(body).filter(Array.isArray).flat() : [];
}

function authorizationOf({ headers }: Sent): Sent['headers'] {
  return headers.filter(([name]) => ['authorization', 'x-api-key'].includes(name.toLowerCase()));
}
