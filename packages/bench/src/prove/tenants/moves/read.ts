import { differenceOf } from '../compare/lists.ts';
import { KINDS, kindOf } from '../kinds/index.ts';
import type { Kind } from '../kinds/kind.ts';
import type { Lane } from '../lane.ts';
import { verdictIn, verdictInOrganization, type Actor, type Need } from '../model/actors.ts';
import { isLiving, projectOf, seen, type Row, type View } from '../model/rows.ts';
import { isOthersKey } from './change.ts';
import { actorsOf, expectStatus } from './expect.ts';

const SINGLE = KINDS.filter(({ isReadAlone }) => isReadAlone).map(({ name }) => name);

/** Reads one resource, which may have been deleted, and then again on the condition that it has changed. */
export async function readOne(lane: Lane): Promise<boolean> {
  const { tenant, number, chance } = lane;
  const rows = tenant.model.rows.filter((row) => SINGLE.includes(row.kind) && row.lane === number);
  if (rows.length === 0) return false;
  await checkOne(lane, chance.pick(actorsOf(lane)), chance.pick(rows));
  return true;
}

/** Reads one resource as somebody, and holds it against the model. */
export async function checkOne(lane: Lane, actor: Actor, row: Row): Promise<void> {
  const { model } = lane.tenant;
  const kind = kindOf(row.kind);
  const verdict = verdictOf(actor, kind, row);
  const request = { actor, method: 'GET', path: kind.path(model, row) };
  const asked = await lane.ask(request);
  expectStatus(lane, asked, verdict, row);
  if (verdict !== 200) return;
  checkView(lane, row, asked.body);
  const etag = asked.headers.get('etag') ?? '';
  const again = await lane.ask({ ...request, headers: { 'if-none-match': etag } });
  if (again.status !== 304) lane.fail(`${row.id} has changed by being read: ${again.text}`, row);
}

function verdictOf(actor: Actor, kind: Kind, row: Row): 200 | 403 | 404 {
  const need: Need = { least: 'viewer', scope: `${kind.scope}:read` };
  if (row.kind === 'api_key') {
    const verdict = verdictInOrganization(actor, need);
    return verdict === 200 && isOthersKey(actor, row) ? 404 : verdict;
  }
  return isLiving(row) ? verdictIn(actor, need, projectOf(row) ?? row) : 404;
}

function checkView(lane: Lane, row: Row, body: View): void {
  const { certificate, revoked_at: revokedAt, ...view } = body;
  const wanted = { ...seen(lane.tenant.model, row) };
  // A key that was revoked is still read by itself, and says since when.
  if (row.kind === 'api_key' && row.isDeleted) wanted['updated_at'] = revokedAt;
  const difference = differenceOf(wanted, view);
  if (difference !== undefined) lane.fail(`${row.id}: ${difference}`, row);
  if ((revokedAt !== undefined) !== (row.kind === 'api_key' && row.isDeleted))
    lane.fail(`${row.id} was revoked at ${String(revokedAt)}`, row);
  const [given, got] = [row.given ?? '', String(certificate)].map((pem) => pem.replaceAll(/\s/g, ''));
  if (certificate !== undefined && given !== got) lane.fail(`${row.id} has another PEM`, row);
}

/** Shows a password, which is written down each time. */
export async function reveal(lane: Lane): Promise<boolean> {
  const { tenant, number, chance } = lane;
  const rows = livingDatabases(tenant.model.rows, number);
  if (rows.length === 0) return false;
  const row = chance.pick(rows);
  const actor = chance.pick(actorsOf(lane));
  const verdict = verdictIn(actor, { least: 'admin', scope: 'secrets:read' }, projectOf(row) ?? row);
  const path = `${kindOf('database').path(tenant.model, row)}?show_sensitive=true`;
  const asked = await lane.ask({ actor, method: 'GET', path });
  expectStatus(lane, asked, verdict, row);
  if (verdict !== 200) return true;
  const { password, ...view } = asked.body;
  checkView(lane, row, view);
  if (password !== row.secret) lane.fail(`${row.id} has another password than was stored`, row);
  const resource = { kind: 'database', id: row.id };
  lane.log(asked, actor, { action: 'database.reveal', resource, project: projectOf(row) });
  return true;
}

function livingDatabases(rows: readonly Row[], lane: number): Row[] {
  return rows.filter((row) => row.kind === 'database' && row.lane === lane && isLiving(row));
}
