/** Who may do what: the one place. The matrix in policy-matrix.md is generated from here and committed. */
import { ROLES, type Role, type Scope } from '@headgate/schema';

const EVERYONE: readonly Role[] = ROLES;
/** Those who run things day to day. */
const WRITERS: readonly Role[] = ['owner', 'admin', 'member'];
/** Those who answer for the organization, and for what takes many databases along. */
export const ADMINS: readonly Role[] = ['owner', 'admin'];
/** What only the operator does, at a terminal of the service's own. */
const NOBODY: readonly Role[] = [];

/** Who may do something: people by their role, and of their keys those that hold the scope. */
interface Rule {
  readonly roles: readonly Role[];
  /** Undefined where no key is enough. */
  readonly scope?: Scope;
}

/** Each action, named as in the audit log. */
export const POLICY = {
  'project.create': { roles: WRITERS, scope: 'projects:write' },
  'project.list': { roles: EVERYONE, scope: 'projects:read' },
  'project.get': { roles: EVERYONE, scope: 'projects:read' },
  'project.update': { roles: WRITERS, scope: 'projects:write' },
  'project.delete': { roles: ADMINS, scope: 'projects:write' },
  'project.restore': { roles: ADMINS, scope: 'projects:write' },
  'database.create': { roles: WRITERS, scope: 'databases:write' },
  'database.list': { roles: EVERYONE, scope: 'databases:read' },
  'database.get': { roles: EVERYONE, scope: 'databases:read' },
  'database.reveal': { roles: ADMINS, scope: 'secrets:read' },
  'database.update': { roles: WRITERS, scope: 'databases:write' },
  'database.delete': { roles: WRITERS, scope: 'databases:write' },
  'database.restore': { roles: WRITERS, scope: 'databases:write' },
  'databaseCredentials.rotate': { roles: WRITERS, scope: 'databases:write' },
  'databaseCredentialsRotation.undo': { roles: WRITERS, scope: 'databases:write' },
  'databaseConnection.test': { roles: WRITERS, scope: 'databases:write' },
  'databaseRegistration.test': { roles: WRITERS, scope: 'databases:write' },
  'database.introspect': { roles: WRITERS, scope: 'databases:write' },
  'databaseSchema.get': { roles: EVERYONE, scope: 'databases:read' },
  'databaseSchema.diff': { roles: EVERYONE, scope: 'databases:read' },
  'schemaSnapshot.list': { roles: EVERYONE, scope: 'databases:read' },
  'schemaCatalog.get': { roles: EVERYONE, scope: 'databases:read' },
  'replica.create': { roles: WRITERS, scope: 'databases:write' },
  'replica.list': { roles: EVERYONE, scope: 'databases:read' },
  'replica.get': { roles: EVERYONE, scope: 'databases:read' },
  'replica.update': { roles: WRITERS, scope: 'databases:write' },
  'replica.delete': { roles: WRITERS, scope: 'databases:write' },
  'replica.restore': { roles: WRITERS, scope: 'databases:write' },
  'certificate.create': { roles: WRITERS, scope: 'databases:write' },
  'certificate.list': { roles: EVERYONE, scope: 'databases:read' },
  'certificate.get': { roles: EVERYONE, scope: 'databases:read' },
  'certificate.delete': { roles: WRITERS, scope: 'databases:write' },
  'certificate.restore': { roles: WRITERS, scope: 'databases:write' },
  'replicaConnection.test': { roles: WRITERS, scope: 'databases:write' },
  'replicaRegistration.test': { roles: WRITERS, scope: 'databases:write' },
  'replicationSlot.create': { roles: WRITERS, scope: 'databases:write' },
  'replicationSlot.list': { roles: EVERYONE, scope: 'databases:read' },
  'replicationSlot.get': { roles: EVERYONE, scope: 'databases:read' },
  'replicationSlot.update': { roles: WRITERS, scope: 'databases:write' },
  'replicationSlot.delete': { roles: WRITERS, scope: 'databases:write' },
  'replicationSlot.restore': { roles: WRITERS, scope: 'databases:write' },
  'cacheRule.create': { roles: WRITERS, scope: 'databases:write' },
  'cacheRule.list': { roles: EVERYONE, scope: 'databases:read' },
  'cacheRule.update': { roles: WRITERS, scope: 'databases:write' },
  'cacheRule.delete': { roles: WRITERS, scope: 'databases:write' },
  'customDomain.create': { roles: WRITERS, scope: 'domains:write' },
  'customDomain.list': { roles: EVERYONE, scope: 'domains:read' },
  'customDomain.get': { roles: EVERYONE, scope: 'domains:read' },
  'customDomain.verify': { roles: WRITERS, scope: 'domains:write' },
  'customDomain.delete': { roles: WRITERS, scope: 'domains:write' },
  'customDomain.restore': { roles: WRITERS, scope: 'domains:write' },
  'apiKey.create': { roles: WRITERS, scope: 'keys:write' },
  'apiKey.list': { roles: EVERYONE, scope: 'keys:read' },
  'apiKey.get': { roles: EVERYONE, scope: 'keys:read' },
  'apiKey.revoke': { roles: EVERYONE, scope: 'keys:write' },
  'organizationLimits.get': { roles: EVERYONE, scope: 'projects:read' },
  'organizationLimits.set': { roles: NOBODY },
  'projectAuditLog.get': { roles: ADMINS, scope: 'audit:read' },
  'projectAuditLog.export': { roles: ADMINS, scope: 'audit:read' },
  'organizationAuditLog.get': { roles: ADMINS, scope: 'audit:read' },
  'organizationAuditLog.export': { roles: ADMINS, scope: 'audit:read' },
  'organizationAuditLog.verify': { roles: ADMINS, scope: 'audit:read' },
} as const satisfies Record<string, Rule>;

export type Action = keyof typeof POLICY;

/** What the audit log tells on the way to `databaseCredentials.rotate`, of what is done before the last step. */
export type ActionStep = 'databaseCredentials.test' | 'databaseCredentials.stage';

const RULES: Readonly<Record<Action, Rule>> = POLICY;

/** Whether a role may do this. */
export function permits(role: Role, action: Action): boolean {
  return RULES[action].roles.includes(role);
}

/** The scope that a key needs for this; undefined when no key may do it. */
export function scopeOf(action: Action): Scope | undefined {
  return RULES[action].scope;
}

/** Whether a scope gives a role anything that it may do: a key is not given more than its owner has. */
export function isScopeOf(role: Role, scope: Scope): boolean {
  return Object.values(RULES).some((rule) => rule.scope === scope && rule.roles.includes(role));
}

/** Whether this, which comes from a token, is the name of a role. */
export function isRole(text: unknown): text is Role {
  return (ROLES as readonly unknown[]).includes(text);
}

/** The matrix as a Markdown table. */
export function policyMatrix(): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const actions = Object.keys(POLICY) as Action[];
  const scopeCell = (action: Action) => {
    const scope = scopeOf(action);
    return scope === undefined ? '' : `\`${scope}\``;
  };
  return [
    '# Who may do what',
    '',
    'Generated from `src/policy.ts` by `pnpm generate`. Do not edit. A key needs the scope, and its owner the role. What',
    'nobody may do is done by the operator, at a terminal.',
    '',
    row(['action', ...ROLES, 'scope of a key']),
    row(['---', ...ROLES.map(() => ':-:'), '---']),
    ...actions.map((action) =>
      row([`\`${action}\``, ...ROLES.map((role) => (permits(role, action) ? 'yes' : '')), scopeCell(action)]),
    ),
    '',
  ].join('\n');
}
