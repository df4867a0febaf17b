/** A clock that stands still until the test moves it. */
export interface TestClock {
  now(): Date;
  advance(ms: number): void;
  /** Lets every reading be a little later than the one before, as in life. */
  tick(ms: number): void;
}

/** A clock that begins now, so that real tokens and real databases agree with it. */
export function createTestClock(start = new Date()): TestClock {
  let now = start.getTime();
  let step = 0;
  return {
    now: () => new Date((now += step)),
    advance: (ms) => (now += ms),
    tick: (ms) => (step = ms),
  };
}
