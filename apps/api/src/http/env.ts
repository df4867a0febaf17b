import type { Actor, Clock, Dns, Settings, Store, Upstream, UpstreamPlaces, Vault } from '@headgate/core';
import type { CheckStep } from '@headgate/schema';
import type { HttpBindings } from '@hono/node-server';
import type { MiddlewareHandler } from 'hono';
import type { Logger } from 'pino';
import type { KeySet } from '../auth/jwks.ts';
import type { Credentials } from '../auth/credentials.ts';
import type { Documents } from '../documents.ts';
import type { RateLimits } from '../rate-limit/rate-limits.ts';
import type { Place } from './admission.ts';
import type { TrustedProxies } from './caller-address.ts';
import type { HeavyPlaces } from './heavy-places.ts';

/** All that the application is given. It reads nothing else of the world. */
export interface AppDeps {
  readonly store: Store;
  readonly vault: Vault;
  /** What is asked about customers' domains. */
  readonly dns: Dns;
  /** The one way to customers' servers, and who is on it. */
  readonly upstream: Upstream;
  readonly upstreamPlaces: UpstreamPlaces;
  readonly heavyPlaces: HeavyPlaces;
  readonly clock: Clock;
  readonly settings: Settings;
  readonly log: Logger;
  readonly keySet: KeySet;
  readonly credentials: Credentials;
  readonly rateLimits: RateLimits;
  /** Who looks on at requests from outside of everything else, where somebody does. */
  readonly observers?: readonly MiddlewareHandler<AppEnv>[] | undefined;
  /** The load balancers in front, if there are any that are trusted. */
  readonly trustedProxies?: TrustedProxies | undefined;
  /** Origins whose pages may call the API from a browser. */
  readonly corsOrigins: readonly string[];
  /** The image that runs, for getHealth. */
  readonly imageSha: string;
  /** Whether the process has been told to stop. */
  readonly isDraining: () => boolean;
  /** What is served of the description of the API, made when it is first asked for. */
  readonly documents: () => Promise<Documents>;
}

/** What stands in Hono's context: what node gives, and what our middleware finds out. */
export interface AppEnv {
  /** `place` is among the requests that are worked on; supervisors' have none. */
  Bindings: HttpBindings & { readonly place?: Place | undefined };
  Variables: {
    requestId: string;
    /** The caller's, also behind a load balancer. */
    address: string | undefined;
    deps: AppDeps;
    actor: Actor;
    /** Why the answer is an error, for the log line. */
    failure?: unknown;
    /** The steps of a check of an upstream that is answered, for the log line. */
    checks?: readonly CheckStep[];
    /** The trace that the request is part of, where traces are kept, for the log line. */
    traceId?: string;
  };
}
