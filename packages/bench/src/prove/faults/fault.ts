import type { Reason } from './attempts.ts';
import type { Scene } from './scene.ts';

/** What mends a fault. */
export interface Inflicted {
  /** Mends it: from when this resolves on, the time to recover is counted. */
  readonly end: () => Promise<void>;
  /** Puts back what is no part of the fault, after the recovery, such as a clock. */
  readonly after?: () => Promise<void>;
}

/** Something that breaks while Headgate serves. */
export interface Fault extends Reason {
  /** How long it lasts in the short form and in the long one, in milliseconds. */
  readonly lastsMs: { readonly short: number; readonly long: number };
  readonly inflict: (scene: Scene) => Promise<Inflicted>;
}

/** Those that write, as far as their kinds tell: what shows a password writes that it did. */
export function isWrite(kind: string): boolean {
  return !/\.(get|list)$/.test(kind);
}
