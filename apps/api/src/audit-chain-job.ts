import { createAuditChainer, type Store, type Vault } from '@headgate/core';
import type { Logger } from 'pino';
import type { Job } from './upkeep.ts';

/**
 * How long an entry may wait for its place in the chain, unless the log is read before: each organization takes a
 * transaction, whether for one entry or for many. When there is none, it costs one look into an index.
 */
const CHAIN_INTERVAL_MS = 5_000;

const STOPPED = 'an audit chain does not end as it was sealed and is not extended; verify it';
const REFUSING =
  'audit entries are not chained: their MACs do not match, or their key is not in the vault; verify the audit log';

interface AuditChainJobOptions {
  readonly store: Store;
  readonly vault: Vault;
  readonly log: Logger;
}

export interface AuditChainJob extends Job {
  /** Since the start: entries chained, and chains that were found not to be extended, or to have entries of no one's. */
  readonly state: () => {
    readonly chained: number;
    readonly stopped: number;
    readonly refusing: number;
  };
}

/**
 * Gives audit entries their places in the chains of their organizations, shortly after they were written. What goes
 * wrong is told when it begins and when it is over, not every time.
 */
export function auditChainJob({ store, vault, log }: AuditChainJobOptions): AuditChainJob {
  const chainer = createAuditChainer({ store, vault });
  const stopped = new Set<string>();
  const refusing = new Set<string>();
  let isFailing = false;
  let chained = 0;
  const tellOnce = (told: Set<string>, orgId: string, message: string) => {
    if (told.has(orgId)) return;
    told.add(orgId);
    log.error({ org_id: orgId }, message);
  };
  const tellFailed = (error: unknown) => {
    if (!isFailing) log.warn({ err: error }, 'audit entries could not be chained; it is tried again');
    isFailing = true;
  };
  return {
    name: 'audit chains',
    intervalMs: CHAIN_INTERVAL_MS,
    isFailing: () => isFailing,
    state: () => ({ chained, stopped: stopped.size, refusing: refusing.size }),
    run: async (signal: AbortSignal): Promise<undefined> => {
      try {
        const round = await chainer.chainPending(signal);
        chained += round.chained;
        for (const orgId of round.stopped) tellOnce(stopped, orgId, STOPPED);
        for (const orgId of round.refusing) tellOnce(refusing, orgId, REFUSING);
        const [failure] = round.failed;
        if (failure !== undefined) throw failure.error;
        if (isFailing) log.info('audit entries are chained again');
        isFailing = false;
      } catch (error) {
        tellFailed(error);
      }
      return undefined;
    },
  };
}
