import type { Store } from '@headgate/db';
import type { Region } from '@headgate/schema';
import type { Vault } from '@headgate/vault';
import type { Role } from './policy.ts';

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

/** Who acts. */
export interface Actor {
  readonly kind: 'user';
  readonly id: string;
  readonly organizations: readonly Organization[];
}

/** What the operator decided. */
export interface Settings {
  /** The domain and port of the data plane, as they stand in connection strings. */
  readonly proxyDomain: string;
  readonly proxyPort: number;
  readonly regions: readonly Region[];
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
