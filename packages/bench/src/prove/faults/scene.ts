/** What faults are inflicted on: a stand with its instances, and the traffic that goes on meanwhile. */
import type { Chance } from '../chance.ts';
import type { Evidence } from '../evidence.ts';
import type { Instance } from '../stand/instance.ts';
import type { Stand } from '../stand/stand.ts';
import { createAttempts, type Attempts } from './attempts.ts';
import { createMovableClock, type MovableClock } from './clock.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { startProbes, type Probes } from './recovery.ts';
import { startTraffic, type Traffic, type TrafficOptions } from './traffic/traffic.ts';

export interface Scene {
  readonly stand: Stand;
  readonly chance: Chance;
  readonly attempts: Attempts;
  readonly ledger: Ledger;
  readonly traffic: Traffic;
  readonly probes: Probes;
  readonly clock: MovableClock;
  /** What the clients talk to, each of them to all. */
  readonly instances: () => readonly Instance[];
  /** Starts one more. */
  readonly addInstance: () => Promise<Instance>;
  /** Clients talk to it no more. */
  readonly dropInstance: (instance: Instance) => void;
  /** For accounts of one's own. */
  readonly options: TrafficOptions;
}

interface SceneOptions {
  readonly stand: Stand;
  readonly evidence: Evidence;
  readonly chance: Chance;
  readonly say: (text: string) => void;
}

/** Starts an instance and the traffic, which is at rest until it is resumed. */
export async function openScene({ stand, evidence, chance, say }: SceneOptions): Promise<Scene> {
  const clock = createMovableClock(evidence.dir);
  const attempts = createAttempts(say);
  const ledger = createLedger();
  let instances: Instance[] = [];
  let origin = '';
  let turn = 0;
  const addInstance = async () => {
    const instance = await stand.startInstance({ flags: clock.flags });
    instances.push(instance);
    return instance;
  };
  const route = () => {
    turn += 1;
    // While there is none, its clients go on asking for the last one.
    origin = instances[turn % Math.max(instances.length, 1)]?.url ?? origin;
    return origin;
  };
  await addInstance();
  const options: TrafficOptions = { stand, evidence, route, attempts, ledger, chance };
  const [traffic, probes] = await Promise.all([startTraffic(options), startProbes(options)]);
  return {
    ...{ stand, chance, attempts, ledger, traffic, probes, clock, addInstance, options },
    instances: () => instances,
    dropInstance: (gone) => {
      instances = instances.filter((instance) => instance !== gone);
    },
  };
}
