import type { Store } from '@headgate/db';
import type { Id, Limits, Region, Role, Scope } from '@headgate/schema';
import type { Upstream } from '@headgate/upstream';
import type { Vault } from '@headgate/vault';
import type { Dns } from './custom-domains/resolver.ts';
import type { UpstreamPlaces } from './upstream/places.ts';

/** The time of day, injected so that tests can set it. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

/** An organization that the actor belongs to, as the issuer of its token says. */
export interface Organization {
  readonly id: string;
  readonly name?: string | null | undefined;
  readonly slug?: string | null | undefined;
  readonly role: Role;
}

/** A person, with a token. */
export interface User {
  readonly kind: 'user';
  readonly id: string;
  readonly organizations: readonly Organization[];
  /** When the issuer said all this. */
  readonly toldAt: Date;
}

/** A program, with a key. It acts in one organization, with the role of the key's owner there, within its scopes. */
export interface ApiKeyBearer {
  readonly kind: 'api_key';
  readonly id: Id<'key'>;
  readonly organizations: readonly [Organization];
  readonly ownerId: string;
  readonly scopes: readonly Scope[];
  /** The one project that exists for it, unless it is a key of the whole organization. */
  readonly projectId: string | null;
  /** When the issuer last told its owner's role. */
  readonly toldAt: Date;
  readonly expiresAt: Date | null;
}

/** Whoever runs Headgate, at a terminal of the service's own, for one organization. */
export interface Operator {
  readonly kind: 'operator';
  readonly id: 'operator';
  readonly organizations: readonly [Organization];
}

/** Who acts. */
export type Actor = User | ApiKeyBearer | Operator;

/** What the operator decided. */
export interface Settings {
  /** The domain and port of the data plane, as they stand in connection strings. */
  readonly proxyDomain: string;
  readonly proxyPort: number;
  readonly regions: readonly Region[];
  /** What an organization may have unless it was given limits of its own. */
  readonly limits: Limits;
}

/** An idempotency key, and the whole of the request that it came with. */
export interface Idempotency {
  readonly key: string;
  readonly request: string;
}

/** What every verb is given. Nothing reads a global or the environment. */
export interface Context {
  readonly actor: Actor;
  readonly requestId: string;
  /** The caller's address, for the audit log. */
  readonly address: string | undefined;
  readonly clock: Clock;
  readonly store: Store;
  readonly vault: Vault;
  readonly dns: Dns;
  readonly upstream: Upstream;
  readonly upstreamPlaces: UpstreamPlaces;
  /** Aborted when the request has been busy with customers' servers for as long as it may, all of its uses together. */
  readonly timeOver?: (() => AbortSignal) | undefined;
  /** Aborted when nobody waits for the answer any more. */
  readonly callerGone?: (() => AbortSignal) | undefined;
  /** Does what waits for somebody else, such as a customer's server: others are served in the request's place meanwhile. */
  readonly whileElsewhere?: (<T>(work: () => Promise<T>) => Promise<T>) | undefined;
  /** Resolves when the answer was sent, or cannot be any more. */
  readonly untilAnswered?: (() => Promise<void>) | undefined;
  readonly settings: Settings;
  readonly idempotency?: Idempotency | undefined;
}

/** The one argument of every verb. */
export interface Verb<I> {
  readonly ctx: Context;
  readonly input: I;
}

/** The organizations whose rows exist for this caller. */
export function tenantsOf(ctx: Context): string[] {
  return ctx.actor.organizations.map((organization) => organization.id);
}
