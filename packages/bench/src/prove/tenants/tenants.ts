/**
 * The tenants: a thousand organizations, in which people and API keys do all that can be done without a customer's
 * server, many at a time and on two instances, and now and then try to reach what is another's. Each request must be
 * answered as a model in memory says, and in the end each tenant must have exactly what its model has.
 */
import { createChance } from '../chance.ts';
import type { Part, Proof } from '../part.ts';
import { letThemAct } from './crowd.ts';
import { makeCertificateInputs } from './kinds/certificate-inputs.ts';
import { createLane, type Lane } from './lane.ts';
import { reckon } from './reckoning.ts';
import { recruit } from './roster.ts';
import { problemsInTables } from './rows-by-sql.ts';
import type { World } from './world.ts';

const TENANTS = 1000;
const TENANTS_OF_SHORT_FORM = 200;
const CLIENTS = 16;
const INSTANCES = 2;
/** Of the time that is left when the stand is there; the rest is for the reckoning. */
const SHARE_OF_ACTING = 0.5;
const MAX_TOLD = 5;

/**
 * PostgreSQL writes down some of the statements, and of those that fail all, with what came with them: passwords that
 * were not sealed would stand there.
 */
const TALKATIVE = {
  ...{ log_min_duration_sample: '0', log_statement_sample_rate: '0.1' },
  log_parameter_max_length_on_error: '-1',
};

export const tenants: Part = { name: 'tenants', share: 0.15, prove };

async function prove(proof: Proof): Promise<void> {
  const { seed, isShort, evidence, budgetMs, say } = proof;
  const startedAt = performance.now();
  const stand = await proof.startStand({ settings: TALKATIVE });
  const instances = [];
  while (instances.length < INSTANCES) instances.push(await stand.startInstance());
  const chance = createChance(seed);
  const world: World = {
    ...{ instances, evidence, certificates: await makeCertificateInputs(evidence) },
    ...{ owners: new Map(), counts: new Map() },
    tenants: recruit(stand, isShort ? TENANTS_OF_SHORT_FORM : TENANTS),
  };
  const lanes = world.tenants.flatMap((tenant) =>
    Array.from({ length: tenant.laneCount }, (_, number) =>
      createLane(world, tenant, { number, chance: chance.fork() }),
    ),
  );
  const now = performance.now();
  const until = now + (startedAt + budgetMs - now) * SHARE_OF_ACTING;
  say(`${world.tenants.length} tenants, ${lanes.length} lanes, ${INSTANCES} instances, ${CLIENTS} clients`);
  const { violations, turns } = await letThemAct({ lanes, chance, clients: CLIENTS, until });
  holdActing(proof, world, { violations, turns, lanes });
  const firstLanes = lanes.filter(({ number }) => number === 0);
  const found = await reckon({ lanes: firstLanes, isThorough: !isShort });
  const models = world.tenants.map(({ model }) => model);
  const inTables = await problemsInTables(stand.postgres.url(), models);
  holdReckoning(proof, world, { found, inTables });
}

interface Acted {
  readonly violations: readonly string[];
  readonly turns: number;
  readonly lanes: readonly Lane[];
}

function holdActing({ hold, say }: Proof, { counts }: World, { violations, turns, lanes }: Acted): void {
  for (const violation of violations.slice(0, MAX_TOLD)) say(violation);
  const kinds = [...counts.keys()].filter((what) => what.includes('/'));
  const requests = kinds.reduce((sum, kind) => sum + (counts.get(kind) ?? 0), 0);
  hold({
    promise: 'every request is answered as a model of its tenant alone says',
    wanted: 'all of them, of every tenant',
    measured: `${violations.length} others of ${requests}, of ${kinds.length} kinds, in ${turns} turns of ${lanes.length} lanes`,
    isKept: violations.length === 0 && turns >= lanes.length,
  });
  const probes = counts.get('probes') ?? 0;
  hold({
    promise: "what is another tenant's is answered as what is not there, byte for byte",
    wanted: 'whoever asks, for whatever, and something was asked',
    measured: `${probes} attempts of ${lanes.length} lanes`,
    isKept: probes > 0 && !violations.some((violation) => violation.includes("another's")),
  });
}

interface Found {
  readonly found: readonly string[];
  readonly inTables: readonly string[];
}

function holdReckoning({ hold, say }: Proof, { tenants: all }: World, { found, inTables }: Found): void {
  for (const problem of [...found, ...inTables].slice(0, MAX_TOLD)) say(problem);
  const rows = all.reduce((sum, { model }) => sum + model.rows.length, 0);
  const entries = all.reduce((sum, { model }) => sum + model.entries.length, 0);
  hold({
    promise: 'in the end each tenant has what its model has, its audit log and its chain too',
    wanted: 'the same, on both instances',
    measured: `${found.length} differ of ${all.length} tenants, ${rows} resources and ${entries} entries`,
    isKept: found.length === 0 && rows > 0 && entries > 0,
  });
  hold({
    promise: 'the tables hold what the models hold, and nothing of anybody else',
    wanted: 'as many rows of every kind',
    measured: `${inTables.length} counts differ`,
    isKept: inTables.length === 0,
  });
}
