/** What is asked of a whole organization. */
import { isDeepStrictEqual } from 'node:util';
import type { Lane } from '../lane.ts';
import { verdictInOrganization, type Actor, type Need } from '../model/actors.ts';
import { livingIn } from '../model/rows.ts';
import { actorsOf, expectStatus } from './expect.ts';

const READING: Need = { least: 'viewer', scope: 'projects:read' };

/** Which organizations somebody is in, and which regions there are: the same for everyone. */
export async function readOwnPlaces(lane: Lane): Promise<boolean> {
  const actor = lane.chance.pick(actorsOf(lane));
  const asked = await lane.ask({ actor, method: 'GET', path: '/v1/organizations' });
  expectStatus(lane, asked, 200);
  if (!isDeepStrictEqual(asked.body['organizations'], actor.organizations))
    lane.fail(`${actor.id} was told to be in ${asked.text}`);
  const regions = await lane.ask({ actor, method: 'GET', path: '/v1/regions' });
  expectStatus(lane, regions, 200);
  if (regions.text.includes(lane.tenant.model.orgId)) lane.fail('the regions name an organization');
  return true;
}

/** What an organization uses of its limits. */
export async function readLimits(lane: Lane): Promise<boolean> {
  if (lane.tenant.laneCount > 1) return false;
  await checkLimits(lane, lane.chance.pick(actorsOf(lane)));
  return true;
}

export async function checkLimits(lane: Lane, actor: Actor): Promise<void> {
  const { model } = lane.tenant;
  const asked = await lane.ask({ actor, method: 'GET', path: `/v1/organizations/${model.orgId}/limits` });
  const verdict = verdictInOrganization(actor, READING);
  expectStatus(lane, asked, verdict);
  if (verdict !== 200) return;
  const projects = livingIn(model, 'project', undefined);
  const databases = projects.map((row) => livingIn(model, 'database', row));
  const most = (counts: readonly number[]) => Math.max(0, ...counts);
  const wanted = {
    projects: projects.length,
    databases_per_project: most(databases.map((rows) => rows.length)),
    replicas_per_database: most(databases.flat().map((row) => livingIn(model, 'replica', row).length)),
    custom_domains: projects.flatMap((row) => livingIn(model, 'custom_domain', row)).length,
    api_keys: livingIn(model, 'api_key', undefined).length,
  };
  const limits = asked.body['limits'] as Record<string, { readonly used?: number }>;
  for (const [name, used] of Object.entries(wanted)) {
    if (limits[name]?.used !== used)
      lane.fail(`the limit ${name} says that ${limits[name]?.used} are used, and there are ${used}`);
  }
}
