/** The time of day is not what it was. */
import type { Fault } from '../fault.ts';
import type { Scene } from '../scene.ts';

const HOUR_MS = 3_600_000;
const SHORT = { short: 1_000, long: 10_000 };

export const CLOCK_FAULTS: readonly Fault[] = [moved('forward', HOUR_MS), moved('back', -HOUR_MS)];

/** By an hour and, when all is well, to the right time again, which is a leap the other way. */
function moved(direction: string, ms: number): Fault {
  return {
    name: `the clock moved ${direction} by an hour`,
    lastsMs: SHORT,
    inflict: async (scene) => {
      const { issuer } = scene.stand;
      const minutes = await issuer.token();
      await expectStatus(scene, minutes, 200);
      await scene.clock.set(scene.instances(), ms);
      // What is good for a quarter of an hour has expired an hour later, and has not yet an hour before.
      await expectStatus(scene, minutes, ms > 0 ? 401 : 200);
      return {
        end: async () => {},
        after: async () => {
          await scene.clock.set(scene.instances(), 0);
          await expectStatus(scene, minutes, 200);
        },
      };
    },
    mayFail: () => false,
  };
}

async function expectStatus(scene: Scene, token: string, expected: number): Promise<void> {
  for (const { url } of scene.instances()) {
    const { status } = await fetch(`${url}/v1/regions`, { headers: { authorization: `Bearer ${token}` } });
    if (status !== expected)
      scene.attempts.complain(`a token was answered ${status} in place of ${expected}`);
  }
}
