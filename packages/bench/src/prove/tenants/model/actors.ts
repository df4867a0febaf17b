/** Who acts for a tenant, and what each may do. */
import type { Role, Scope } from '@headgate/schema';
import type { Row } from './rows.ts';

export interface Actor {
  readonly kind: 'user' | 'api_key';
  readonly id: string;
  /** In the organization in which it acts; a key has that of its owner. */
  readonly role: Role;
  /** Of a key. */
  readonly scopes?: readonly Scope[];
  /** The one project that exists for a key. */
  readonly projectId?: string | undefined;
  /** The user for whom a key acts, or the user. */
  readonly userId: string;
  /** All organizations of whoever it is, as they are listed. */
  readonly organizations: readonly object[];
  /** The header that says who it is. */
  readonly credential: () => Promise<readonly [name: string, value: string]>;
}

/** What somebody has to be for something. */
export interface Need {
  readonly least: Role;
  readonly scope: Scope;
}

const RANKS: readonly Role[] = ['viewer', 'member', 'admin', 'owner'];

/** Who is at least this may do what it may. */
function isAtLeast(role: Role, least: Role): boolean {
  return RANKS.indexOf(role) >= RANKS.indexOf(least);
}

/** Whether an actor may do something, its project aside. */
function permits({ role, scopes }: Actor, { least, scope }: Need): boolean {
  return isAtLeast(role, least) && (scopes === undefined || scopes.includes(scope));
}

/** What is answered to who asks for something in a project: 200 stands for whatever is right. */
export function verdictIn(actor: Actor, need: Need, project: Row): 200 | 403 | 404 {
  if (actor.projectId !== undefined && actor.projectId !== project.id) return 404;
  return permits(actor, need) ? 200 : 403;
}

/** The same for the whole organization, where the key of one project may do nothing. */
export function verdictInOrganization(actor: Actor, need: Need): 200 | 403 {
  return actor.projectId === undefined && permits(actor, need) ? 200 : 403;
}

const REVEALING: Need = { least: 'admin', scope: 'secrets:read' };

/** Whether somebody may read passwords, and so need not give them again. */
export function mayReveal(actor: Actor): boolean {
  return permits(actor, REVEALING);
}

/** What the scopes of a key may be, made by somebody of this role. */
export function scopesOf(role: Role, all: readonly Scope[]): Scope[] {
  return isAtLeast(role, 'admin') ? [...all] : all.filter((scope) => !/^(?:secrets|audit):/.test(scope));
}
