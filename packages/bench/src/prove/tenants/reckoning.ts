/** At the end, when all is still: everything of every tenant is read and held against the model. */
import { KINDS, kindOf } from './kinds/index.ts';
import { Violation, type Lane } from './lane.ts';
import { isLiving, livingIn, type Row } from './model/rows.ts';
import { checkList } from './moves/list.ts';
import { checkChain, checkLog } from './moves/logs.ts';
import { checkLimits } from './moves/organization.ts';
import { checkOne } from './moves/read.ts';

const CLIENTS = 12;
/** An instance verifies so many chains at a time and no more. */
const VERIFYING = 3;

interface Reckoning {
  /** One of each tenant. */
  readonly lanes: readonly Lane[];
  /** Whether each resource is read by itself too, and not in its list alone. */
  readonly isThorough: boolean;
}

/** @returns what was found wrong */
export async function reckon({ lanes, isThorough }: Reckoning): Promise<readonly string[]> {
  const inLists = await withEach(lanes, CLIENTS, async (lane) => await checkTenant(lane, isThorough));
  const inChains = await withEach(
    lanes,
    VERIFYING,
    async (lane) => await checkChain(lane, lane.tenant.owner),
  );
  return [...inLists, ...inChains];
}

async function checkTenant(lane: Lane, isThorough: boolean): Promise<void> {
  const { owner: actor, model } = lane.tenant;
  for (const kind of KINDS) {
    const parents = kind.parent === undefined ? [undefined] : livingOf(model.rows, kind.parent);
    for (const parent of parents) await checkList(lane, { kind, actor, parent });
  }
  const single = model.rows.filter(({ kind }) => kindOf(kind).isReadAlone);
  for (const row of single) if (isThorough) await checkOne(lane, actor, row);
  await checkLimits(lane, actor);
  await checkLog(lane, { actor, of: `organizations/${model.orgId}`, wanted: model.entries });
  for (const project of livingIn(model, 'project', undefined)) {
    const wanted = model.entries.filter(({ projectId }) => projectId === project.id);
    if (isThorough) await checkLog(lane, { actor, of: `projects/${project.id}`, project, wanted });
  }
}

function livingOf(rows: readonly Row[], kind: Row['kind']): Row[] {
  return rows.filter((row) => row.kind === kind && isLiving(row));
}

/** So many at a time; what is found wrong with one keeps nobody from looking at the others. */
async function withEach(
  lanes: readonly Lane[],
  workers: number,
  check: (lane: Lane) => Promise<void>,
): Promise<string[]> {
  const waiting = [...lanes];
  const found: string[] = [];
  const work = async () => {
    for (let lane = waiting.shift(); lane !== undefined; lane = waiting.shift()) {
      await check(lane).catch((error: unknown) => {
        if (!(error instanceof Violation)) throw error;
        found.push(error.message);
      });
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  return found;
}
