import { holds } from '../compare/lists.ts';
import { KINDS, kindOf } from '../kinds/index.ts';
import type { Changed } from '../kinds/kind.ts';
import type { Lane } from '../lane.ts';
import { verdictIn, verdictInOrganization, type Actor, type Need } from '../model/actors.ts';
import { deleteRow, kept, restoreRow } from '../model/reduce.ts';
import { isInUse, isLiving, livingIn, projectOf, seen, type KindName, type Row } from '../model/rows.ts';
import { logged, projectOfKey } from './create.ts';
import { actorsOf, askOnce, expectStatus } from './expect.ts';

const CHANGEABLE = KINDS.filter(({ change }) => change !== undefined).map(({ name }) => name);
const RESTORABLE = KINDS.filter(({ isRestorable }) => isRestorable).map(({ name }) => name);
const WRONG_ETAG = '"0"';

/** One of the lane's own rows of some kinds; keys are those of the first lane. */
function someRow(
  { tenant, number, chance }: Lane,
  kinds: readonly KindName[],
  suits: (row: Row) => boolean,
): Row | undefined {
  const rows = tenant.model.rows.filter(
    (row) => kinds.includes(row.kind) && row.lane === number && suits(row),
  );
  return rows.length === 0 ? undefined : chance.pick(rows);
}

function verdictOn(actor: Actor, need: Need, row: Row): 200 | 403 | 404 {
  const project = projectOf(row);
  return row.kind === 'api_key' || project === undefined
    ? verdictInOrganization(actor, need)
    : verdictIn(actor, need, project);
}

/** Changes something, now and then on the condition that it has a version that it does not have. */
export async function change(lane: Lane): Promise<boolean> {
  const row = someRow(lane, CHANGEABLE, isLiving);
  if (row === undefined) return false;
  const kind = kindOf(row.kind);
  const actor = lane.chance.pick(actorsOf(lane));
  const changed = kind.change?.(lane.making(actor), row);
  if (changed === undefined) return false;
  const verdict = verdictOn(actor, { least: 'member', scope: `${kind.scope}:write` }, row);
  const isStale = lane.chance.isLucky(0.1);
  const request = {
    ...{ actor, method: kind.changeMethod, path: kind.path(lane.tenant.model, row), body: changed.body },
    ...(isStale && { headers: { 'if-match': WRONG_ETAG } }),
  };
  const asked = await (kind.changeMethod === 'PUT' ? lane.ask(request) : askOnce(lane, request));
  expectStatus(lane, asked, verdict === 200 && isStale ? 412 : verdict, row);
  if (asked.status !== 200) return true;
  const hasChanged = isChange(row, changed);
  const view = kept(kind.unwrap(asked.body));
  checkChange(lane, row, changed, view);
  Object.assign(row, { view }, changed.keeps);
  if (hasChanged) {
    const resource = { kind: row.kind, id: row.id };
    lane.log(asked, actor, { action: `${kind.action}.update`, resource, project: projectOf(row) });
  }
  return true;
}

/** What changes nothing leaves no trace. A secret that is given is always another one. */
function isChange(row: Row, { sent, keeps }: Changed): boolean {
  return keeps !== undefined || !holds(row.view, sent);
}

function checkChange(lane: Lane, row: Row, { sent, derived = [] }: Changed, view: Row['view']): void {
  const mayChange = ['updated_at', ...derived, ...Object.keys(sent)];
  const keys = new Set([...Object.keys(view), ...Object.keys(row.view)]);
  const touched = [...keys].find((key) => !mayChange.includes(key) && !holds(view[key], row.view[key]));
  if (touched !== undefined) lane.fail(`${touched} of ${row.id} was changed unasked`, row);
  if (!holds(view, sent)) lane.fail(`${row.id} was to have ${JSON.stringify(sent)}`, row);
}

/** Deletes or revokes something; a certificate that is in use stays. */
export async function remove(lane: Lane): Promise<boolean> {
  const row = someRow(
    lane,
    KINDS.map(({ name }) => name),
    isLiving,
  );
  // Without projects there is nothing to do: they are deleted less often.
  if (row === undefined || (row.kind === 'project' && lane.chance.isLucky(0.6))) return false;
  const { model } = lane.tenant;
  const kind = kindOf(row.kind);
  const actor = lane.chance.pick(row.kind === 'api_key' ? lane.tenant.people : actorsOf(lane));
  const allowed = verdictOn(actor, { least: kind.leastToEnd, scope: `${kind.scope}:write` }, row);
  const isRefused = row.kind === 'certificate' && isInUse(model, row);
  const verdict = isOthersKey(actor, row) ? 404 : allowed === 200 && isRefused ? 409 : allowed;
  const before = logged(seen(model, row));
  const asked = await lane.ask({ actor, method: 'DELETE', path: kind.path(model, row) });
  expectStatus(lane, asked, verdict === 200 ? 204 : verdict, row);
  if (verdict !== 200) return true;
  const project = row.kind === 'api_key' ? projectOfKey(lane, row) : projectOf(row);
  deleteRow(model, row);
  const resource = { kind: row.kind, id: row.id };
  lane.log(asked, actor, { action: `${kind.action}.${kind.end}`, resource, project, before });
  return true;
}

/** To those who do not answer for the organization only their own keys exist. */
export function isOthersKey({ role, userId }: Actor, { kind, view }: Row): boolean {
  return kind === 'api_key' && !['owner', 'admin'].includes(role) && view['owner_id'] !== userId;
}

/** Brings something back, or tries to bring back what is there. */
export async function restore(lane: Lane): Promise<boolean> {
  const { model } = lane.tenant;
  const isReachable = ({ parent }: Row) => parent === undefined || isLiving(parent);
  const wants = lane.chance.isLucky(0.9);
  const row = someRow(lane, RESTORABLE, (each) => each.isDeleted === wants && isReachable(each));
  if (row === undefined) return false;
  const kind = kindOf(row.kind);
  if (livingIn(model, row.kind, row.parent).length >= kind.most) return false;
  const actor = lane.chance.pick(actorsOf(lane));
  const allowed = verdictOn(actor, { least: kind.leastToEnd, scope: `${kind.scope}:write` }, row);
  const verdict = allowed === 200 && (!row.isDeleted || lacksCertificate(model.rows, row)) ? 409 : allowed;
  const path = `${kind.path(model, row)}/restore`;
  const asked = await askOnce(lane, { actor, method: 'POST', path });
  expectStatus(lane, asked, verdict, row);
  if (verdict !== 200) return true;
  const times = ['updated_at', 'password_required', 'database_count', 'warnings'];
  const before = Object.fromEntries(Object.entries(row.view).filter(([key]) => !times.includes(key)));
  if (!holds(asked.body, before)) lane.fail(`${row.id} came back as ${asked.text}`, row);
  restoreRow(model, row, asked.body);
  lane.log(asked, actor, {
    ...{ action: `${kind.action}.restore`, resource: { kind: row.kind, id: row.id } },
    ...{ project: projectOf(row), after: logged(seen(model, row)) },
  });
  return true;
}

/** Whether a certificate that it names was deleted meanwhile. */
function lacksCertificate(rows: readonly Row[], { view }: Row): boolean {
  const named = [view['ca_certificate_id'], view['client_certificate_id']];
  return rows.some((each) => named.includes(each.id) && each.isDeleted);
}
