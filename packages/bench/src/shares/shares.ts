/**
 * Where the time of a request goes: what the service computes and on what, what PostgreSQL computes, and how long both
 * wait. The bare program beside it is the yardstick. No code of the product is there for this: node's own profiler looks
 * into the running process, in a load of its own, since whoever is looked into is slower.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Request } from 'autocannon';
import type { Bench, Benchmark, Verdict } from '../benchmark.ts';
import { freePort } from '../free-port.ts';
import { measure, type Load } from '../load.ts';
import { readRequests, writeRequests } from '../requests.ts';
import { seed } from '../seed.ts';
import { startBareServer, startHeadgate, type ServerUnderLoad } from '../servers.ts';
import { onStage, type Stage } from '../stage.ts';
import { attribute } from './attribute.ts';
import { childrenCpuUs, processCpuUs } from '../process-figures.ts';
import { attachProfiler, profilable, type Profile, type Profiler } from './profiler.ts';
import { reportShares, type Spent } from './report.ts';

const WARM_UP_SECONDS = 2;
const PROFILE_SECONDS = 3;
/** Often enough for a share of a hundredth, seldom enough not to slow the process by much. */
const SAMPLE_INTERVAL_US = 250;
/** One caller alone waits for nothing but its own request: for the service, for PostgreSQL, and for the disk. */
const ALONE = { connections: 1, seconds: 2 };
const US_PER_SECOND = 1_000_000;

export const shares: Benchmark = {
  name: 'shares',
  run: async (bench) => await onStage(async (stage) => await divide(stage, bench)),
};

interface Target {
  readonly name: string;
  readonly server: ServerUnderLoad;
  readonly profiler: Profiler;
  readonly requests: Request[];
}

async function divide({ postgres, issuer, keep }: Stage, { load }: Bench): Promise<Verdict> {
  const [port, barePort] = [await freePort(), await freePort()];
  const headgate = keep(await startHeadgate(postgres.url(), issuer, { flags: profilable(port) }));
  const tenants = await seed(postgres.url(), issuer);
  const bare = keep(await startBareServer(postgres.url(), { flags: profilable(barePort) }));
  const postmaster = await postmasterOf(postgres.clusterDir);
  const profiler = await attachProfiler(port, SAMPLE_INTERVAL_US);
  const bareProfiler = await attachProfiler(barePort, SAMPLE_INTERVAL_US);
  const targets: Target[] = [
    { name: 'bare read', server: bare, profiler: bareProfiler, requests: readRequests(tenants) },
    { name: 'Headgate read', server: headgate, profiler, requests: readRequests(tenants) },
    { name: 'bare write', server: bare, profiler: bareProfiler, requests: writeRequests(tenants) },
    { name: 'Headgate write', server: headgate, profiler, requests: writeRequests(tenants) },
  ];
  try {
    const spent: Spent[] = [];
    for (const target of targets) {
      await measure(target.server.url, target.requests, { ...load, seconds: WARM_UP_SECONDS });
      spent.push({
        name: target.name,
        parts: attribute(await profileUnder(target, { ...load, seconds: PROFILE_SECONDS })),
        together: await spend(target, postmaster, load),
        alone: await spend(target, postmaster, ALONE),
      });
    }
    return reportShares(spent);
  } finally {
    // A process does not end while somebody looks into it.
    profiler.close();
    bareProfiler.close();
  }
}

async function profileUnder({ server, profiler, requests }: Target, load: Load): Promise<Profile> {
  await profiler.start();
  await measure(server.url, requests, load);
  return await profiler.stop();
}

/** What a request takes of everybody on average, in µs. */
async function spend({ server, requests }: Target, postmaster: number, load: Load): Promise<Spent['alone']> {
  const used = async () => {
    const [service, database] = await Promise.all([processCpuUs(server.pid), childrenCpuUs(postmaster)]);
    const { user, system } = process.cpuUsage();
    return { ...service, database, caller: user + system };
  };
  const before = await used();
  const { requests: count, requestsPerSecond } = await measure(server.url, requests, load);
  const after = await used();
  return {
    wallUs: US_PER_SECOND / requestsPerSecond,
    mainUs: (after.main - before.main) / count,
    processUs: (after.all - before.all) / count,
    databaseUs: (after.database - before.database) / count,
    callerUs: (after.caller - before.caller) / count,
  };
}

/** The process that starts PostgreSQL's others: the first line of postmaster.pid names it. */
async function postmasterOf(clusterDir: string): Promise<number> {
  return Number((await readFile(join(clusterDir, 'postmaster.pid'), 'utf8')).split('\n', 1)[0]);
}
