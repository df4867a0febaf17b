import { holds } from '../compare/lists.ts';
import { firstDatabase } from '../kinds/databases.ts';
import { KINDS, kindOf } from '../kinds/index.ts';
import type { Kind, Made } from '../kinds/kind.ts';
import type { Asked, Lane } from '../lane.ts';
import { verdictIn, verdictInOrganization, type Actor, type Need } from '../model/actors.ts';
import { kept } from '../model/reduce.ts';
import { isLiving, livingIn, projectOf, seen, type Row, type View } from '../model/rows.ts';
import { actorsOf, askOnce, expectStatus } from './expect.ts';

/** Makes something where there is room for it, as whoever it may be. */
export async function create(lane: Lane): Promise<boolean> {
  const { chance, tenant } = lane;
  const free = KINDS.flatMap((kind) => placesFor(lane, kind).map((parent) => ({ kind, parent })));
  if (free.length === 0) return false;
  const { kind, parent } = chance.pick(free);
  const actor = chance.pick(kind.name === 'api_key' ? tenant.people : actorsOf(lane));
  const made = kind.make(lane.making(actor), parent);
  if (made === undefined) return false;
  if (kind.name === 'project') await createProject(lane, actor, made);
  else await createOne(lane, { kind, actor, made, parent });
  return true;
}

/** Where a lane may make one more of a kind; undefined stands for the organization. */
function placesFor({ tenant: { model }, number }: Lane, kind: Kind): readonly (Row | undefined)[] {
  // Keys belong to the organization and so to all lanes: the first one alone makes them.
  if (kind.name === 'api_key' && number > 0) return [];
  const parents =
    kind.parent === undefined
      ? [undefined]
      : model.rows.filter((row) => row.kind === kind.parent && row.lane === number && isLiving(row));
  return parents.filter((parent) => livingIn(model, kind.name, parent).length < kind.most);
}

interface Creation {
  readonly kind: Kind;
  readonly actor: Actor;
  readonly made: Made;
  readonly parent: Row | undefined;
}

async function createOne(lane: Lane, creation: Creation): Promise<void> {
  const { kind, actor, made, parent } = creation;
  const need: Need = { least: 'member', scope: `${kind.scope}:write` };
  const project = projectOf(parent);
  const verdict =
    project === undefined ? verdictInOrganization(actor, need) : verdictIn(actor, need, project);
  const path = kind.collection(lane.tenant.model, parent);
  const asked = await askOnce(lane, { actor, method: 'POST', path, body: made.body });
  expectStatus(lane, asked, verdict === 200 ? 201 : verdict, parent);
  if (verdict === 200) enter(lane, asked, creation, kind.unwrap(asked.body));
}

/** A project, now and then with its first database. */
async function createProject(lane: Lane, actor: Actor, made: Made): Promise<void> {
  const verdict = verdictInOrganization(actor, { least: 'member', scope: 'projects:write' });
  const first = lane.chance.isLucky(0.4) ? firstDatabase(lane.making(actor)) : undefined;
  const body = { ...made.body, ...(first !== undefined && { database: first.body }) };
  const asked = await askOnce(lane, { actor, method: 'POST', path: '/v1/projects', body });
  expectStatus(lane, asked, verdict === 200 ? 201 : verdict);
  if (verdict !== 200) return;
  const kind = kindOf('project');
  const project = enter(lane, asked, { kind, actor, made, parent: undefined }, kind.unwrap(asked.body));
  if (first !== undefined) {
    const database = { kind: kindOf('database'), actor, made: first, parent: project };
    enter(lane, asked, database, (asked.body['database'] ?? {}) as View);
  }
  // In the entry of the project it has its database already.
  const entry = lane.tenant.model.entries.find(({ resource }) => resource.id === project.id);
  if (entry !== undefined) Object.assign(entry, { after: seen(lane.tenant.model, project) });
}

/** What was made is in the model from now on, and in the log. */
function enter(lane: Lane, asked: Asked, { kind, actor, made, parent }: Creation, view: View): Row {
  const { model } = lane.tenant;
  const id = kind.name === 'cache_rule' ? `${parent?.id}/${kind.idOf(view)}` : kind.idOf(view);
  if (!holds(view, made.sent))
    lane.fail(
      `${asked.requestId} answered ${asked.text} and was to make ${JSON.stringify(made.sent)}`,
      parent,
    );
  // Rules are named by their statements: one that was deleted comes back under its name, and nothing else does.
  const former = model.rows.findIndex((row) => row.kind === 'cache_rule' && row.id === id && row.isDeleted);
  if (former >= 0) model.rows.splice(former, 1);
  const other = former >= 0 ? undefined : lane.world.owners.get(id);
  if (other !== undefined) lane.fail(`${asked.requestId} was given ${id}, which ${other}`);
  lane.world.owners.set(id, `is of ${model.orgId}`);
  const apiKey = view['api_key'];
  if (typeof apiKey === 'string') lane.world.evidence.know(apiKey);
  const row: Row = {
    ...{ kind: kind.name, id, parent, lane: lane.number, view: kept(view) },
    ...{ isDeleted: false, wentWithProject: false, passwords: 0 },
    ...(typeof apiKey === 'string' && { secret: apiKey }),
    ...made.keeps,
  };
  model.rows.push(row);
  lane.log(asked, actor, {
    ...{ action: `${kind.action}.create`, resource: { kind: kind.name, id } },
    project: kind.name === 'api_key' ? projectOfKey(lane, row) : projectOf(row),
    after: logged(seen(model, row)),
  });
  return row;
}

/** A view as the log keeps it. The records of a domain are told again whenever it is read. */
export function logged(view: View): View {
  const { dns_instructions: _records, ...rest } = view;
  return rest;
}

/** The project that a key is confined to. */
export function projectOfKey({ tenant }: Lane, { view }: Row): Row | undefined {
  return tenant.model.rows.find(({ id }) => id === view['project_id']);
}
