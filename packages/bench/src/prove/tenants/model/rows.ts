/** What a tenant has, as far as its own requests and their answers tell. */

/** The kinds of resources, as the audit log names them. */
export type KindName =
  | 'project'
  | 'database'
  | 'replica'
  | 'certificate'
  | 'custom_domain'
  | 'cache_rule'
  | 'api_key';

export type View = Readonly<Record<string, unknown>>;

/** One resource. */
export interface Row {
  readonly kind: KindName;
  readonly id: string;
  /** What it lies in; undefined for what lies in the organization itself. */
  readonly parent: Row | undefined;
  /** Whose requests are about it: those of one lane come one after the other. */
  readonly lane: number;
  /** As it was told last, without what follows from other rows. */
  view: View;
  isDeleted: boolean;
  /** Whether it was deleted with its project, and comes back with it. */
  wentWithProject: boolean;
  /** A database's password, or an API key. */
  secret?: string;
  /** How often a database has got a password. */
  passwords: number;
  /** For which of the passwords a replica is approved. */
  approvedFor?: number | 'all';
  /** What was sent and is told in no list: the PEM of a certificate, the statement of a cache rule. */
  given?: string;
}

/** One entry that the audit log must have. */
export interface Entry {
  readonly lane: number;
  readonly requestId: string;
  readonly action: string;
  readonly actor: { readonly kind: string; readonly id: string };
  readonly resource: { readonly kind: string; readonly id: string };
  readonly projectId: string | undefined;
  /** Undefined where the model does not say. */
  readonly before?: View | undefined;
  readonly after?: View | undefined;
}

/** One organization with all that it has and all that was done in it. */
export interface Model {
  readonly orgId: string;
  readonly rows: Row[];
  readonly entries: Entry[];
}

/** Whether it can be found: neither it nor what it lies in is deleted. */
export function isLiving(row: Row): boolean {
  return !row.isDeleted && (row.parent === undefined || isLiving(row.parent));
}

/** The project that a row is or lies in; undefined for what lies in the organization. */
export function projectOf(row: Row | undefined): Row | undefined {
  return row === undefined || row.kind === 'project' ? row : projectOf(row.parent);
}

/** What lives of a kind, in one row or, for undefined, in the organization. */
export function livingIn({ rows }: Model, kind: KindName, parent: Row | undefined): Row[] {
  return rows.filter((row) => row.kind === kind && row.parent === parent && isLiving(row));
}

/** A row as it must be read now. */
export function seen(model: Model, row: Row): View {
  if (row.kind === 'project') return { ...row.view, database_count: livingIn(model, 'database', row).length };
  const isApproved = row.approvedFor === 'all' || row.approvedFor === row.parent?.passwords;
  if (row.kind === 'replica' && !isApproved) return { ...row.view, password_required: true };
  return row.view;
}

/** Whether something that lives names this certificate. */
export function isInUse({ rows }: Model, certificate: Row): boolean {
  return rows.some(
    (row) =>
      (row.kind === 'database' || row.kind === 'replica') &&
      isLiving(row) &&
      [row.view['ca_certificate_id'], row.view['client_certificate_id']].includes(certificate.id),
  );
}
