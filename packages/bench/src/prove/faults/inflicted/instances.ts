/** Instances of Headgate end, in order or not, and others take over. */
import type { Fault } from '../fault.ts';
import type { Scene } from '../scene.ts';

const AT_ONCE = { short: 0, long: 1_000 };

export const INSTANCE_FAULTS: readonly Fault[] = [
  {
    name: 'the only instance killed and started again',
    lastsMs: { short: 300, long: 3_000 },
    inflict: async (scene) => {
      await kill(scene);
      return { end: async () => void (await scene.addInstance()) };
    },
  },
  {
    name: 'one of two instances killed',
    lastsMs: AT_ONCE,
    inflict: async (scene) => {
      await scene.addInstance();
      await kill(scene);
      return { end: async () => {} };
    },
    mayFail: (_kind, failure) => failure === 'closed',
  },
  {
    // Whoever comes back on a closed connection finds the other one, and hears of nothing.
    name: 'one of two instances removed',
    lastsMs: AT_ONCE,
    inflict: async (scene) => {
      await scene.addInstance();
      const [first] = scene.instances();
      first?.signal('SIGTERM');
      const how = await first?.ended;
      if (how !== 0) scene.attempts.complain(`an instance that was told to stop ended with ${how}`);
      if (first !== undefined) scene.dropInstance(first);
      return { end: async () => {} };
    },
    mayFail: (_kind, failure) => failure === 'closed',
  },
];

/** Kills the one that has served longest. */
async function kill(scene: Scene): Promise<void> {
  const [first] = scene.instances();
  if (first === undefined) return;
  first.signal('SIGKILL');
  await first.ended;
  scene.dropInstance(first);
}
