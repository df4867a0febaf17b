/** Who may do what: the one place. The matrix in policy-matrix.md is generated from here and committed. */

export const ROLES = ['owner', 'admin', 'member', 'viewer'] as const;
export type Role = (typeof ROLES)[number];

const EVERYONE: readonly Role[] = ROLES;
/** Those who run things day to day. */
const WRITERS: readonly Role[] = ['owner', 'admin', 'member'];
/** Those who answer for what takes many databases along. */
const ADMINS: readonly Role[] = ['owner', 'admin'];

/** Each action, named as in the audit log, and the roles that may do it. */
export const POLICY = {
  'project.create': WRITERS,
  'project.list': EVERYONE,
  'project.get': EVERYONE,
  'project.update': WRITERS,
  'project.delete': ADMINS,
  'project.restore': ADMINS,
  'database.create': WRITERS,
  'database.list': EVERYONE,
  'database.get': EVERYONE,
  'database.update': WRITERS,
  'database.delete': WRITERS,
  'database.restore': WRITERS,
} as const satisfies Record<string, readonly Role[]>;

export type Action = keyof typeof POLICY;

/** Whether a role may do this. */
export function permits(role: Role, action: Action): boolean {
  return POLICY[action].includes(role);
}

/** Whether this, which comes from a token, is the name of a role. */
export function isRole(text: unknown): text is Role {
  return (ROLES as readonly unknown[]).includes(text);
}

/** The matrix as a Markdown table. */
export function policyMatrix(): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const actions = Object.keys(POLICY) as Action[];
  return [
    '# Who may do what',
    '',
    'Generated from `src/policy.ts` by `pnpm generate`. Do not edit.',
    '',
    row(['action', ...ROLES]),
    row(['---', ...ROLES.map(() => ':-:')]),
    ...actions.map((action) =>
      row([`\`${action}\``, ...ROLES.map((role) => (permits(role, action) ? 'yes' : ''))]),
    ),
    '',
  ].join('\n');
}
