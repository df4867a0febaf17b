import type { Operation } from '../contract/contract.ts';
import type { Sent } from '../send/connection.ts';

/** What is to be answered, as far as the request alone decides it. */
export type Wanted =
  /** All of it is as the contract has it; only the state of things may be against it. */
  | {
      readonly kind: 'accepted';
      /** The field that was made odd, though not wrong as far as the contract says, and to what. */
      readonly odd?: { readonly field: string; readonly value: unknown };
    }
  /** One thing is wrong, and the answer is a 400 that names one of these fields, or what they stand in. */
  | { readonly kind: 'refused'; readonly fields: readonly string[] }
  /** One of these statuses, whatever is named. */
  | { readonly kind: 'status'; readonly statuses: readonly number[] }
  /** The contract leaves open whether it is taken; it is answered as the contract says all the same. */
  | { readonly kind: 'open' };

/** One generated request, and what is to be answered. */
export interface Case {
  /** The operation that it is for; none where there is no such operation. */
  readonly operation: Operation | undefined;
  /** What is the matter with it, such as `body: mistyped`. */
  readonly kind: string;
  readonly request: Sent;
  /** The body as it is read; undefined where there is none, or none that can be read. */
  readonly body?: unknown;
  readonly wanted: Wanted;
}
