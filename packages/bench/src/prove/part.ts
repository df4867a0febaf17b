import type { Evidence } from './evidence.ts';
import type { Held } from './promises.ts';
import type { Stand, StandOptions } from './stand/stand.ts';

/** One part of the proof, such as the faults. */
export interface Part {
  readonly name: string;
  /** How much of the whole time is its own, as a share of one. */
  readonly share: number;
  readonly prove: (proof: Proof) => Promise<void>;
}

/** What a part is given. */
export interface Proof {
  /** About how long it may take. */
  readonly budgetMs: number;
  /** Whether this is the short form, which CI runs. */
  readonly isShort: boolean;
  /** The same seed gives the same requests. */
  readonly seed: number;
  readonly evidence: Evidence;
  /** Writes down what was measured of a promise. */
  readonly hold: (held: Held) => void;
  /** Tells whoever waits how far it is. */
  readonly say: (text: string) => void;
  /** Starts what Headgate runs on. It is taken down when the part ends, however it ends. */
  readonly startStand: (options?: StandOptions) => Promise<Stand>;
}
