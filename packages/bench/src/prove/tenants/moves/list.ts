import { listProblem, newestFirst } from '../compare/lists.ts';
import { KINDS } from '../kinds/index.ts';
import type { Kind } from '../kinds/kind.ts';
import type { Lane } from '../lane.ts';
import { verdictIn, verdictInOrganization, type Actor, type Need } from '../model/actors.ts';
import { isLiving, livingIn, projectOf, seen, type Row, type View } from '../model/rows.ts';
import { isOthersKey } from './change.ts';
import { actorsOf, expectStatus } from './expect.ts';

/** Reads a list page by page, each of a size and from an instance of its own. */
export async function readList(lane: Lane): Promise<boolean> {
  const kind = lane.chance.pick(KINDS);
  // The lists of the whole organization stand still only where nobody else acts for it.
  if (kind.parent === undefined && lane.tenant.laneCount > 1) return false;
  const { rows } = lane.tenant.model;
  const parents = rows.filter((row) => row.kind === kind.parent && row.lane === lane.number);
  if (kind.parent !== undefined && parents.length === 0) return false;
  const parent = kind.parent === undefined ? undefined : lane.chance.pick(parents);
  await checkList(lane, { kind, actor: lane.chance.pick(actorsOf(lane)), parent });
  return true;
}

interface Listed {
  readonly kind: Kind;
  readonly actor: Actor;
  readonly parent: Row | undefined;
}

/** Reads a list as somebody, and holds it against the model. */
export async function checkList(lane: Lane, { kind, actor, parent }: Listed): Promise<void> {
  const { model } = lane.tenant;
  const need: Need = { least: 'viewer', scope: `${kind.scope}:read` };
  const project = projectOf(parent);
  const allowed = project === undefined ? verdictOfWhole(actor, kind, need) : verdictIn(actor, need, project);
  const verdict = parent !== undefined && !isLiving(parent) ? 404 : allowed;
  const isByName = kind.name === 'project' && lane.chance.isLucky(0.5);
  const sorted = isByName ? '&sort_by=name' : '';
  const query = kind.name === 'project' ? `org_id=${model.orgId}${sorted}` : '';
  const path = `${kind.collection(model, parent)}?${query}`;
  if (verdict !== 200)
    return expectStatus(lane, await lane.ask({ actor, method: 'GET', path }), verdict, parent);
  const visible = livingIn(model, kind.name, parent).filter(
    (row) => !isOthersKey(actor, row) && (row.kind !== 'project' || (actor.projectId ?? row.id) === row.id),
  );
  const order = isByName ? byName : newestFirst(kind.timeField, kind.idOf);
  const wanted = visible.map((row) => seen(model, row)).toSorted(order);
  const got = await readPages(lane, { kind, actor, path, total: wanted.length });
  const problem = listProblem({ wanted, got, idOf: kind.idOf, ownerOf: (id) => lane.world.owners.get(id) });
  if (problem !== undefined) lane.fail(`GET ${path} as ${actor.id}: ${problem}`, parent);
}

function verdictOfWhole(actor: Actor, kind: Kind, need: Need): 200 | 403 | 404 {
  // For the key of one project there is a list of that project alone.
  return kind.name === 'project'
    ? verdictInOrganization({ ...actor, projectId: undefined }, need)
    : verdictInOrganization(actor, need);
}

function byName(a: View, b: View): number {
  const keyOf = ({ name, id }: View) => `${String(name)}\0${String(id)}`;
  return keyOf(a) < keyOf(b) ? -1 : 1;
}

interface Pages {
  readonly kind: Kind;
  readonly actor: Actor;
  readonly path: string;
  /** How many there must be, where the list says it. */
  readonly total: number;
}

const MAX_PAGE_SIZE = 6;
const MAX_PAGES = 100;

async function readPages(lane: Lane, { kind, actor, path, total }: Pages): Promise<View[]> {
  const got: View[] = [];
  let token: unknown = '';
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const size = 1 + lane.chance.below(MAX_PAGE_SIZE);
    const asked = await lane.ask({
      ...{ actor, method: 'GET' },
      path: `${path}&page_size=${size}&page_token=${String(token)}`,
    });
    expectStatus(lane, asked, 200);
    const views = (asked.body[kind.listField] ?? []) as View[];
    if (views.length > size) lane.fail(`${asked.requestId} gave ${views.length} on a page of ${size}`);
    if (kind.name === 'project' && asked.body['total'] !== total && actor.projectId === undefined)
      lane.fail(
        `${path} says that there are ${String(asked.body['total'])} in total, and there are ${total}`,
      );
    got.push(...views);
    token = asked.body['next_page_token'];
    if (token === undefined) return got;
  }
  return lane.fail(`${path} has no last page`);
}
