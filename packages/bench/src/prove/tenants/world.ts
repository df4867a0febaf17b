/** What all tenants share: the instances that they ask, the certificates that they use, and who has which id. */
import type { Evidence } from '../evidence.ts';
import type { Instance } from '../stand/instance.ts';
import type { CertificateInputs } from './kinds/certificate-inputs.ts';
import type { Actor } from './model/actors.ts';
import type { Model } from './model/rows.ts';

export interface World {
  readonly instances: readonly Instance[];
  readonly evidence: Evidence;
  readonly certificates: CertificateInputs;
  /** Whose each id is, over all tenants: no two may have the same. */
  readonly owners: Map<string, string>;
  /** How often each kind of request was made, by the method and what it was about. */
  readonly counts: Map<string, number>;
  readonly tenants: readonly Tenant[];
}

/** An organization with the people who act in it, and what it must look like. */
export interface Tenant {
  readonly model: Model;
  /** One in each role, and perhaps one who is in another organization too. */
  readonly people: readonly Actor[];
  readonly owner: Actor;
  /** How many do something for it at a time, each on projects of its own. */
  readonly laneCount: number;
}

export function count({ counts }: Pick<World, 'counts'>, what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}
