/** The issuer of tokens does not serve its keys as it should, or serves others. */
import type { IssuerMood } from '@headgate/testing/issuer';
import type { Fault } from '../fault.ts';
import type { Scene } from '../scene.ts';

const SHORT = { short: 1_000, long: 10_000 };
const MINUTE_MS = 60_000;
/** Keys that are older are fetched again, behind the requests that use them. */
const NOT_FRESH_MS = 6 * MINUTE_MS;
/** Keys that are older than an hour are used no more; they may have been fetched by a clock some minutes ahead. */
const STALE_MS = 75 * MINUTE_MS;
/** The issuer is asked for unknown keys no more often than this. */
const COOLDOWN_MS = 31_000;

const never = () => false;

/** Moves the clock of all instances, so that what they know of the issuer is older, and has them ask it anew. */
async function age(scene: Scene, ms: number): Promise<() => Promise<void>> {
  await scene.clock.set(scene.instances(), ms);
  return async () => await scene.clock.set(scene.instances(), 0);
}

/** The issuer in this mood, when its keys are asked for. They are known from before: nobody notices. */
const inMood = (name: string, mood: IssuerMood): Fault => ({
  name,
  lastsMs: SHORT,
  inflict: async (scene) => {
    scene.stand.issuer.setMood(mood);
    const after = await age(scene, NOT_FRESH_MS);
    return { end: async () => scene.stand.issuer.setMood('well'), after };
  },
  mayFail: never,
});

export const ISSUER_FAULTS: readonly Fault[] = [
  inMood('the issuer fails', 'failing'),
  inMood('the issuer does not answer', 'silent'),
  inMood('the issuer is slow', 'slow'),
  inMood('the issuer answers nonsense', 'nonsense'),
  inMood('the issuer answers no keys', 'empty'),
  {
    // Whoever has an API key goes on; a token cannot be told from a forged one.
    name: 'the issuer fails for over an hour',
    lastsMs: SHORT,
    inflict: async (scene) => {
      scene.stand.issuer.setMood('failing');
      const after = await age(scene, STALE_MS);
      return { end: async () => scene.stand.issuer.setMood('well'), after };
    },
    mayFail: (_kind, failure) => failure === 'unavailable',
  },
  {
    name: "the issuer's keys rotated, the old one kept",
    lastsMs: SHORT,
    inflict: async (scene) => {
      const after = await age(scene, COOLDOWN_MS);
      await scene.stand.issuer.rotate({ keepOld: true });
      return { end: async () => {}, after };
    },
    mayFail: never,
  },
  {
    name: "the issuer's keys rotated, the old one withdrawn",
    lastsMs: SHORT,
    inflict: async (scene) => {
      // Tokens of the old key are refused as they should be: nobody is to be sent while the key is withdrawn.
      await scene.traffic.pause();
      const after = await age(scene, COOLDOWN_MS);
      const old = await scene.stand.issuer.token();
      await scene.stand.issuer.rotate({ keepOld: false });
      scene.traffic.resume();
      return { end: async () => await expectRefused(scene, old), after };
    },
    mayFail: never,
  },
  {
    name: "the issuer's keys rotated while it fails",
    lastsMs: SHORT,
    inflict: async (scene) => {
      const after = await age(scene, COOLDOWN_MS);
      scene.stand.issuer.setMood('failing');
      await scene.stand.issuer.rotate({ keepOld: true });
      return { end: async () => scene.stand.issuer.setMood('well'), after };
    },
    mayFail: (_kind, failure) => failure === 'unavailable',
  },
];

/** A token of a key that is gone is refused once the keys were fetched, which the traffic has caused by now. */
async function expectRefused(scene: Scene, token: string): Promise<void> {
  for (const { url } of scene.instances()) {
    const { status } = await fetch(`${url}/v1/regions`, { headers: { authorization: `Bearer ${token}` } });
    if (status !== 401) scene.attempts.complain(`a token of a withdrawn key was answered ${status}`);
  }
}
