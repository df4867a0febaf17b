/**
 * `pnpm bench`: Headgate beside the barest program that does the same, in turn and on the same PostgreSQL. What counts
 * are the ratios: machines differ, and a machine differs from one minute to the next.
 */
import { parseArgs } from 'node:util';
import { startTemporaryPostgres } from '@headgate/testing/postgres';
import { startTestIssuer } from '@headgate/testing/issuer';
import { measureGrowth } from './growth.ts';
import { measureIntrospection } from './introspection.ts';
import { report, reportGrowth, reportIntrospection, type Round } from './report.ts';
import { measure } from './load.ts';
import { readRequests, writeRequests } from './requests.ts';
import { seed } from './seed.ts';
import { startBareServer, startHeadgate } from './servers.ts';
import { measureWarmStart } from './warm-start.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '9' },
    connections: { type: 'string', default: '32' },
    /** `introspection` for that alone. */
    only: { type: 'string' },
  },
});
const load = { seconds: Number(values.seconds), connections: Number(values.connections) };
const WARM_UP_SECONDS = 2;

const isServiceKept = values.only === 'introspection' || (await benchService());
const isIntrospectionKept = await benchIntrospection();
const isKept = isServiceKept && isIntrospectionKept;
console.log(isKept ? 'Every goal is met.' : 'A goal is missed.');
process.exitCode = isKept ? 0 : 1;

/** Headgate beside the bare program. */
async function benchService(): Promise<boolean> {
  const warmStartMs = await measureWarmStart();
  // As in service: what is acknowledged is on the disk.
  const postgres = await startTemporaryPostgres({
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
  });
  const issuer = await startTestIssuer();
  const closing: (() => Promise<void>)[] = [issuer.close, postgres.stop];
  try {
    const headgate = await startHeadgate(postgres.url(), issuer);
    closing.unshift(headgate.stop);
    const tenants = await seed(postgres.url(), issuer);
    const bare = await startBareServer(postgres.url());
    closing.unshift(bare.stop);

    const targets = [
      { name: 'bare read', server: bare, requests: readRequests(tenants) },
      { name: 'Headgate read', server: headgate, requests: readRequests(tenants) },
      { name: 'bare write', server: bare, requests: writeRequests(tenants) },
      { name: 'Headgate write', server: headgate, requests: writeRequests(tenants) },
    ] as const;
    for (const { server, requests } of targets)
      await measure(server.url, requests, { ...load, seconds: WARM_UP_SECONDS });
    const rounds: Round[] = [];
    for (let round = 1; round <= Number(values.rounds); round += 1) {
      for (const { name, server, requests } of targets) {
        const result = await measure(server.url, requests, load);
        rounds.push({ name, ...result });
        console.log(
          `round ${round}  ${name.padEnd(15)} ${result.requestsPerSecond.toFixed(0).padStart(6)} requests/s`,
        );
      }
    }
    const peaks = {
      headgateBytes: await headgate.peakMemoryBytes(),
      bareBytes: await bare.peakMemoryBytes(),
    };
    const { text, isKept: isFast } = report(rounds, peaks, warmStartMs);
    console.log(`\n${text}\n`);
    for (const close of [bare.stop, headgate.stop]) {
      closing.shift();
      await close();
    }
    const growth = await measureGrowth({
      issuer,
      databaseUrl: async (name) => {
        await postgres.ensureDatabase(name);
        return postgres.url(name);
      },
    });
    const { text: growthText, isKept: isSteady } = reportGrowth(growth);
    console.log(`${growthText}\n`);
    return isFast && isSteady;
  } finally {
    for (const close of closing) await close();
  }
}

/** A server's catalogs, on a server that is a customer's. */
async function benchIntrospection(): Promise<boolean> {
  const server = await startTemporaryPostgres({ max_locks_per_transaction: '1024' });
  try {
    const results = await measureIntrospection(async (name) => {
      await server.ensureDatabase(name);
      return server.url(name);
    });
    const { text, isKept: isQuick } = reportIntrospection(results);
    console.log(`${text}\n`);
    return isQuick;
  } finally {
    await server.stop();
  }
}
