import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Proof } from '../part.ts';
import type { Instance } from '../stand/instance.ts';
import type { Stand } from '../stand/stand.ts';
import type { StreamPlan, StreamReport } from './load/stream.ts';
import { request, settle, type Settled } from './traffic.ts';

const TENANTS = 30;
const CONTROL = fileURLToPath(new URL('./control-process.ts', import.meta.url));
/** Often enough that no pause of a tenth of a second goes unseen for long. */
const HEALTH_PER_SECOND = 20;
const HEALTH_CONNECTIONS = 8;

/** What is flooded, and what it is held against. */
export interface FloodStand {
  readonly stand: Stand;
  readonly instance: Instance;
  readonly settled: readonly Settled[];
  /** Streams that ask for health, beside one that asks a server which has nothing else to do. */
  readonly health: readonly StreamPlan[];
  /** Where the server is that has nothing else to do. */
  readonly controlOrigin: string;
  readonly close: () => void;
}

/**
 * One instance as in service: it logs what is logged there, and reaches its database by no detour. Nobody is held to a
 * rate, so that only its own bounds stand between it and the flood.
 */
export async function startFloodStand(proof: Proof): Promise<FloodStand> {
  const stand = await proof.startStand({
    env: {
      LOG_LEVEL: 'info',
      LIMITS: '{"requests_per_second":1000000,"databases_per_project":1000000}',
      OTEL_EXPORTER_OTLP_ENDPOINT: '',
    },
  });
  const instance = await stand.startInstance({ env: { DATABASE_URL: stand.postgres.url() } });
  const control = fork(CONTROL);
  const [controlOrigin] = (await once(control, 'message')) as [string];
  const settled: Settled[] = [];
  for (let count = 0; count < TENANTS; count += 1)
    settled.push(await settle(stand, instance, proof.evidence));
  const asks = (name: string, origin: string, path: string): StreamPlan => ({
    ...{ name, origin, requests: [request('GET', path)] },
    ...{ pace: { perSecond: HEALTH_PER_SECOND }, connections: HEALTH_CONNECTIONS },
  });
  const health = [
    asks('/livez', instance.url, '/livez'),
    asks('/readyz', instance.url, '/readyz'),
    asks('the control', controlOrigin, '/'),
  ];
  return { stand, instance, settled, health, controlOrigin, close: () => end(control) };
}

function end(control: ChildProcess): void {
  control.disconnect();
}

/** Keeps what was refused, and tells what was wrong in all of these reports, each with its count. */
export function faultsIn(proof: Proof, reports: readonly StreamReport[]): string[] {
  for (const { refusals } of reports)
    for (const refusal of refusals) proof.evidence.add('refusal', 'floods', `${refusal}\n`);
  return reports.flatMap(({ name, faults, outcomes }) => {
    const unanswered = ['closed', 'nonsense', 'unanswered'].map((how) => [how, outcomes[how] ?? 0] as const);
    return [...Object.entries(faults), ...unanswered]
      .filter(([, count]) => count > 0)
      .map(([what, count]) => `${name}: ${count} × ${what}`);
  });
}

const MAX_TOLD = 3;

/** Faults in a cell of the table. */
export function tell(faults: readonly string[]): string {
  if (faults.length === 0) return 'none';
  const more = faults.length > MAX_TOLD ? `, and ${faults.length - MAX_TOLD} more` : '';
  return `${faults.slice(0, MAX_TOLD).join(', ')}${more}`;
}
