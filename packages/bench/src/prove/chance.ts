/** What is chosen by chance, and the same again for the same seed. */
export interface Chance {
  /** A whole number from 0 to `n` - 1. */
  readonly below: (n: number) => number;
  /** @throws RangeError for an empty list */
  readonly pick: <T>(list: readonly T[]) => T;
  /** True in this share of all cases, from 0 to 1. */
  readonly isLucky: (share: number) => boolean;
  /** Another chance of its own, so that what one does with it leaves the other as it was. */
  readonly fork: () => Chance;
}

/** The generator is mulberry32: 32 bits of state are enough for choices, and nothing here is a secret. */
export function createChance(seed: number): Chance {
  let state = seed | 0;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (n: number) => Math.floor((next() / 2 ** 32) * n);
  return {
    below,
    pick: (list) => {
      if (list.length === 0) throw new RangeError('nothing to pick from');
      return list[below(list.length)] as never;
    },
    isLucky: (share) => next() / 2 ** 32 < share,
    fork: () => createChance(next()),
  };
}
