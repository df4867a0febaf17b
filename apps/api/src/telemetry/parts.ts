import type { KeyUse, Store, UpstreamPlaces, Vault } from '@headgate/core';
import type { AuditChainJob } from '../audit-chain-job.ts';
import type { KeySet } from '../auth/jwks.ts';
import type { AdmissionState } from '../http/admission.ts';
import type { HeavyPlaces } from '../http/heavy-places.ts';
import type { SharedStoreState } from '../rate-limit/insured-counter.ts';

/** The parts of the service that tell of themselves. Each answers from memory: nobody is asked for a scrape. */
export interface Parts {
  readonly store: Pick<Store, 'state'>;
  readonly keySet: Pick<KeySet, 'state'>;
  readonly vault: Pick<Vault, 'sealingKeyId' | 'keyIds'>;
  readonly keyUse: Pick<KeyUse, 'state'>;
  readonly upstreamPlaces: Pick<UpstreamPlaces, 'state'>;
  readonly heavyPlaces: HeavyPlaces;
  readonly admission: () => AdmissionState;
  readonly auditChains: Pick<AuditChainJob, 'state'>;
  /** Undefined where requests are counted in memory alone. */
  readonly rateLimitStore: () => SharedStoreState | undefined;
}
