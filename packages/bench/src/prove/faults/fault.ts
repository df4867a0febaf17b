import type { Verdict } from './judge.ts';
import type { Scene } from './scene.ts';

/** What mends a fault. */
export interface Inflicted {
  /** Mends it: from when this resolves on, the time to recover is counted. */
  readonly end: () => Promise<void>;
  /** Puts back what is no part of the fault, after the recovery, such as a clock. */
  readonly after?: () => Promise<void>;
}

/** A refusal for something that passes, or a connection that closes. */
export type Failure = Extract<Verdict['kind'], 'unavailable' | 'closed'>;

/** Something that breaks while Headgate serves. */
export interface Fault {
  readonly name: string;
  /** How long it lasts in the short form and in the long one, in milliseconds. */
  readonly lastsMs: { readonly short: number; readonly long: number };
  readonly inflict: (scene: Scene) => Promise<Inflicted>;
  /** Which requests may fail by it, and how. Any may, by any failure that passes, unless this says otherwise. */
  readonly mayFail?: (kind: string, failure: Failure) => boolean;
}

/** Those that write, as far as their kinds tell: what shows a password writes that it did. */
export function isWrite(kind: string): boolean {
  return !/\.(get|list)$/.test(kind);
}
