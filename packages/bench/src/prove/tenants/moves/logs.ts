/** What is asked of audit logs: to be read, to be exported, and to be verified. */
import { logProblem, type LoggedEntry } from '../compare/audit.ts';
import type { Asked, Lane } from '../lane.ts';
import { verdictIn, verdictInOrganization, type Actor, type Need } from '../model/actors.ts';
import type { Entry, Row } from '../model/rows.ts';
import { actorsOf, expectStatus } from './expect.ts';

const READING_LOG: Need = { least: 'admin', scope: 'audit:read' };

/** The log of the organization or of a project, whole or filtered. */
export async function readLog(lane: Lane): Promise<boolean> {
  const { tenant, chance, number } = lane;
  const { orgId, rows, entries } = tenant.model;
  const actor = chance.pick(actorsOf(lane));
  const projects = rows.filter((row) => row.kind === 'project' && row.lane === number);
  if (projects.length > 0 && chance.isLucky(0.5)) {
    const project = chance.pick(projects);
    const wanted = entries.filter(({ projectId }) => projectId === project.id);
    await checkLog(lane, { actor, of: `projects/${project.id}`, project, wanted });
    return true;
  }
  if (tenant.laneCount > 1) return false;
  const entry = entries.length > 0 && chance.isLucky(0.6) ? chance.pick(entries) : undefined;
  const filter = entry === undefined ? {} : chance.pick(filtersFor(entry));
  const wanted = entries.filter((each) => passes(each, filter));
  await checkLog(lane, { actor, of: `organizations/${orgId}`, wanted, filter });
  return true;
}

type Filter = Readonly<Partial<Record<'action' | 'actor_id' | 'resource_id' | 'project_id', string>>>;

function filtersFor({ action, actor, resource, projectId }: Entry): Filter[] {
  return [
    { action },
    { actor_id: actor.id },
    { resource_id: resource.id },
    ...(projectId === undefined ? [] : [{ project_id: projectId }]),
  ];
}

function passes(entry: Entry, filter: Filter): boolean {
  const values = {
    ...{ action: entry.action, actor_id: entry.actor.id },
    ...{ resource_id: entry.resource.id, project_id: entry.projectId },
  };
  return Object.entries(filter).every(([name, value]) => values[name as keyof Filter] === value);
}

interface Log {
  readonly actor: Actor;
  readonly of: string;
  readonly project?: Row;
  readonly filter?: Filter;
  readonly wanted: readonly Entry[];
}

const MAX_PAGE_SIZE = 100;

/** Reads a log page by page as somebody, and holds it against the model. */
export async function checkLog(lane: Lane, { actor, of, project, filter = {}, wanted }: Log): Promise<void> {
  const verdict =
    project === undefined
      ? verdictInOrganization(actor, READING_LOG)
      : verdictIn(actor, READING_LOG, project);
  const got: LoggedEntry[] = [];
  let token: string | undefined = '';
  while (token !== undefined) {
    const page = { page_size: String(1 + lane.chance.below(MAX_PAGE_SIZE)), page_token: token };
    const query = new URLSearchParams({ ...filter, ...page });
    const asked = await lane.ask({ actor, method: 'GET', path: `/v1/${of}/audit-log?${query.toString()}` });
    expectStatus(lane, asked, verdict, project);
    if (verdict !== 200) return;
    got.push(...(asked.body['entries'] as LoggedEntry[]));
    token = asked.body['next_page_token'] as string | undefined;
  }
  const problem = logProblem(wanted, got);
  if (problem !== undefined) lane.fail(`the log of ${of}, ${JSON.stringify(filter)}: ${problem}`);
}

/** The whole log as a file, which is written down in it. */
export async function exportLog(lane: Lane): Promise<boolean> {
  const { tenant, chance } = lane;
  if (tenant.laneCount > 1) return false;
  const { orgId, entries } = tenant.model;
  const actor = chance.pick(actorsOf(lane));
  const path = `/v1/organizations/${orgId}/audit-log/export`;
  const asked = await lane.ask({ actor, method: 'GET', path });
  const verdict = verdictInOrganization(actor, READING_LOG);
  expectStatus(lane, asked, verdict);
  if (verdict !== 200) return true;
  const resource = { kind: 'organization', id: orgId };
  lane.log(asked, actor, { action: 'organizationAuditLog.export', resource, project: undefined });
  const problem = logProblem(entries, exported(asked));
  if (problem !== undefined) lane.fail(`the export: ${problem}`);
  return true;
}

/** An export comes oldest first. */
function exported({ text }: Asked): LoggedEntry[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as LoggedEntry).toReversed();
}

/** The chain of the log, by whoever may verify it. */
export async function verifyLog(lane: Lane): Promise<boolean> {
  await checkChain(lane, lane.chance.pick(actorsOf(lane)));
  return true;
}

export async function checkChain(lane: Lane, actor: Actor): Promise<void> {
  const path = `/v1/organizations/${lane.tenant.model.orgId}/audit-log/verify`;
  const asked = await lane.ask({ actor, method: 'POST', path });
  const verdict = verdictInOrganization(actor, READING_LOG);
  expectStatus(lane, asked, verdict);
  if (verdict === 200 && asked.body['verified'] !== true) lane.fail(`the audit chain: ${asked.text}`);
}
