/** Tries to reach what is another tenant's. Whatever is tried must be answered as if it were not there. */
import { tellTale } from '../compare/answers.ts';
import type { Lane } from '../lane.ts';
import type { KindName, Row } from '../model/rows.ts';
import { actorsOf } from '../moves/expect.ts';
import { count, type Tenant } from '../world.ts';
import { OPERATIONS, unknownIds, type Ids, type Place } from './operations.ts';

let unknown = 0;

/** Asks for something with another tenant's ids in some places, and with unknown ones in the same. */
export async function probe(lane: Lane): Promise<boolean> {
  const { chance, tenant, world } = lane;
  const actor = chance.pick(actorsOf(lane));
  const strangers = world.tenants.filter((each) => isStranger(each, tenant));
  const victim = chance.pick(strangers);
  const operation = chance.pick(OPERATIONS);
  const foreign = idsOf(lane, victim.model.orgId, victim.model.rows);
  // What other lanes do to theirs in between would make a difference too.
  const ownRows = tenant.model.rows.filter((row) => row.lane === lane.number);
  const own = idsOf(lane, tenant.model.orgId, ownRows);
  const missing = unknownIds((unknown += 1));
  const places = someOf(lane, operation.places);
  // A cache rule is named after its statement, and the same in many databases: it goes with its database.
  const isForeign = (place: Place) => places.includes(place === 'cache_rule' ? 'database' : place);
  const idsWith = (others: Ids) =>
    Object.fromEntries(
      Object.entries(own).map(([place, id]) => [
        place,
        isForeign(place as Place) ? others[place as Place] : id,
      ]),
    ) as unknown as Ids;
  const headers = {
    ...(chance.isLucky(0.3) && { 'if-match': '"1"', 'if-none-match': '"1"' }),
  };
  const { method } = operation;
  const ask = async (others: Ids) => {
    // The same keys are used by all tenants; of the two requests each has one of its own.
    const key =
      method === 'GET' || method === 'DELETE' ? {} : { 'idempotency-key': lane.idempotencyKey(actor) };
    return await lane.ask({
      actor,
      method,
      ...operation.request(idsWith(others)),
      headers: { ...headers, ...key },
    });
  };
  const instead = await ask(missing);
  const asked = await ask(foreign);
  count(world, 'probes');
  const tale = tellTale(plain(asked), plain(instead));
  if (tale !== undefined)
    lane.fail(`${asked.requestId} tells what is another's from what is not there: ${tale}`);
  if (asked.status >= 500) lane.fail(`${asked.requestId} was answered with ${asked.status}`);
  if (isForeign('org') || method !== 'GET') requireRefusal(lane, asked);
  return true;
}

function requireRefusal(
  lane: Lane,
  { status, requestId }: { readonly status: number; readonly requestId: string },
): void {
  if (status < 400) lane.fail(`${requestId} was carried out with what is another's`);
}

function plain({ status, headers, text }: { status: number; headers: Headers; text: string }) {
  return { status, headers: [...headers], text };
}

/** Whether nobody of one tenant belongs to the other. */
function isStranger(one: Tenant, other: Tenant): boolean {
  return !one.people.some(({ id }) => other.people.some((each) => each.id === id));
}

const PLACES: Readonly<Record<Exclude<Place, 'org' | 'slot' | 'snapshot'>, KindName>> = {
  ...{ project: 'project', database: 'database', replica: 'replica', certificate: 'certificate' },
  ...{ custom_domain: 'custom_domain', cache_rule: 'cache_rule', api_key: 'api_key' },
};

/** One row of each kind of a tenant, deleted ones too; where it has none, an id that names nothing. */
function idsOf({ chance }: Lane, orgId: string, rows: readonly Row[]): Ids {
  const found = Object.entries(PLACES).flatMap(([place, kind]): [string, string][] => {
    const ofKind = rows.filter((row) => row.kind === kind);
    return ofKind.length === 0 ? [] : [[place, lastPart(chance.pick(ofKind))]];
  });
  return { ...unknownIds((unknown += 1)), org: orgId, ...Object.fromEntries(found) };
}

/** The name of a cache rule is that of its statement, and the same in many databases. */
function lastPart({ kind, id, view }: Row): string {
  return kind === 'cache_rule' ? String(view['query_hash']) : id;
}

/** Some of these, and one at least. */
function someOf({ chance }: Lane, places: readonly Place[]): readonly Place[] {
  const some = places.filter(() => chance.isLucky(0.5));
  return some.length > 0 ? some : [chance.pick(places)];
}

/** Goes on in a list of one's own with the place where another tenant's list went on. */
export async function probePages(lane: Lane): Promise<boolean> {
  const { chance, tenant, world } = lane;
  const victim = chance.pick(world.tenants.filter((each) => isStranger(each, tenant)));
  const list = (orgId: string) => `/v1/projects?org_id=${orgId}&page_size=1`;
  const theirs = await lane.ask({ actor: victim.owner, method: 'GET', path: list(victim.model.orgId) });
  const token = theirs.body['next_page_token'];
  if (typeof token !== 'string') return false;
  const made = Buffer.from('["2026-01-01T00:00:00.000Z","prj_01h455vb4pex5vsknk084sn02q","x"]').toString(
    'base64url',
  );
  const go = async (from: string) =>
    await lane.ask({
      ...{ actor: tenant.owner, method: 'GET' },
      path: `${list(tenant.model.orgId)}&page_token=${from}`,
    });
  const [asked, instead] = [await go(token), await go(made)];
  count(world, 'probes');
  const tale = tellTale(plain(asked), plain(instead));
  if (tale !== undefined)
    lane.fail(`${asked.requestId} tells another's page token from one that nobody gave: ${tale}`);
  if (asked.status !== 400) lane.fail(`${asked.requestId} took another's page token`);
  return true;
}
