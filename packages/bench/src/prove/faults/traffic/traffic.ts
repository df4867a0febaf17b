/** Steady mixed traffic of several tenants, each with a token and an API key, through the client. */
import { setTimeout } from 'node:timers/promises';
import type { HeadgateOptions } from '@headgate/sdk';
import type { Chance } from '../../chance.ts';
import type { Evidence } from '../../evidence.ts';
import type { Stand, Tenant } from '../../stand/stand.ts';
import type { Attempts } from '../attempts.ts';
import type { Ledger } from '../ledger.ts';
import { createAccount, type Account } from './account.ts';
import type { Hand } from './hand.ts';
import { startForgetfulWorker, startWorker, type Worker } from './worker.ts';

/** What the traffic goes through, and where it is written down. */
export interface TrafficOptions {
  readonly stand: Pick<Stand, 'tenant' | 'issuer'>;
  readonly evidence: Pick<Evidence, 'secret' | 'know'>;
  /** The origin of an instance that should serve now. */
  readonly route: () => string;
  readonly attempts: Attempts;
  readonly ledger: Ledger;
  readonly chance: Chance;
}

export interface Traffic {
  readonly orgIds: () => readonly string[];
  /** Who may read what each organization has. */
  readonly readers: () => readonly { readonly account: Account; readonly orgId: string }[];
  /** Resolves when all outcomes are known and nothing is under way. */
  readonly pause: () => Promise<void>;
  readonly resume: () => void;
}

/** Half of them repeat by themselves, half leave it to the client. */
const WORKERS = 5;
const CLIENT_RETRIES = 5;
/** Each does some ten things a second, so that the machine has time for the rest. */
const PACE_MS = 80;
/** A request is answered within 20 s; what takes longer hangs. The rest is for a machine that does other things too. */
const TIMEOUT_MS = 25_000;
/** Each new token makes its roles be written down; between two of them it is remembered. */
const TOKEN_AGE_MS = 3_000;
/** Tokens outlive the hour by which clocks are moved. */
const TOKEN_TTL_SECONDS = 24 * 3600;

/** An account of a tenant's owner, with tokens or with a key. */
export function openAccount(
  { stand, route, attempts }: TrafficOptions,
  tenant: Tenant,
  { apiKey, maxRetries = 0 }: { readonly apiKey?: string; readonly maxRetries?: number } = {},
): Account {
  const credential = apiKey === undefined ? { token: tokens(stand, tenant) } : { apiKey };
  const options = { maxRetries, timeoutMs: TIMEOUT_MS, ...credential } as Partial<HeadgateOptions>;
  // Where it really goes is decided for each try.
  const connect = (fetch: NonNullable<HeadgateOptions['fetch']>) =>
    tenant.client({ url: 'http://headgate.invalid' }, { ...options, fetch });
  return createAccount({ connect, route, attempts });
}

function tokens({ issuer }: Pick<Stand, 'issuer'>, { orgId, userId }: Tenant): () => Promise<string> {
  const organizations = [{ id: orgId, role: 'owner' }];
  let made: { token: Promise<string>; at: number; kid: unknown } | undefined;
  return async () => {
    const { kid } = issuer.publicJwk();
    // A key that was rotated may have been withdrawn, and its tokens with it.
    if (made === undefined || made.kid !== kid || performance.now() - made.at > TOKEN_AGE_MS) {
      const token = issuer.token({ subject: userId, organizations, expiresInSeconds: TOKEN_TTL_SECONDS });
      made = { token, at: performance.now(), kid };
    }
    return await made.token;
  };
}

export async function startTraffic(options: TrafficOptions): Promise<Traffic> {
  const { stand, evidence, attempts, ledger, chance } = options;
  const hands: Hand[] = [];
  const newHand = (maxRetries: number): { hand: Hand; tenant: Tenant } => {
    const tenant = stand.tenant();
    const account = openAccount(options, tenant, { maxRetries });
    const { secret, know } = evidence;
    const { complain } = attempts;
    const { orgId } = tenant;
    const hand = { account, ledger, orgId, chance: chance.fork(), secret, know, complain };
    hands.push(hand);
    return { tenant, hand };
  };
  const starting = Array.from({ length: WORKERS }, async (_, index) => {
    const maxRetries = index % 2 === 0 ? CLIENT_RETRIES : 0;
    const { hand, tenant } = newHand(maxRetries);
    return await startWorker({
      hand,
      withKey: (apiKey) => openAccount(options, tenant, { apiKey, maxRetries }),
    });
  });
  const forgetful = startForgetfulWorker(newHand(0).hand);
  const workers = [...(await Promise.all(starting)), forgetful];
  return {
    orgIds: () => hands.map(({ orgId }) => orgId),
    readers: () => hands,
    ...run(workers, attempts.complain),
  };
}

function run(
  workers: readonly Worker[],
  complain: (what: string) => void,
): Pick<Traffic, 'pause' | 'resume'> {
  let pausing = new AbortController();
  let underWay: Promise<unknown> = Promise.resolve();
  const work = async (worker: Worker, { signal }: AbortController) => {
    while (!signal.aborted) {
      await worker.step();
      await setTimeout(PACE_MS);
    }
  };
  return {
    pause: async () => {
      pausing.abort();
      await underWay;
    },
    resume: () => {
      pausing = new AbortController();
      // Whoever gives up is heard of, and does no more until the next beginning.
      const working = workers.map(async (worker) => {
        await work(worker, pausing).catch((error: unknown) => complain(String(error)));
      });
      underWay = Promise.all(working);
    },
  };
}
