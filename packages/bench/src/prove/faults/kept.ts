/** What the traffic makes and keeps: resources, and their kinds with where they lie and what is sent to make and change them. */

/** A view of the contract, by its fields. */
export type View = Readonly<Record<string, unknown>>;

/** A resource as the last acknowledged answer leaves it. */
export interface Kept {
  readonly kind: Kind;
  readonly id: string;
  readonly orgId: string;
  /** What it lies in; undefined for what lies in the organization. */
  readonly parent: Kept | undefined;
  view: View;
  isGone: boolean;
  /** The password that was acknowledged last, of a database; the key itself, of an API key. */
  secret: string | undefined;
  /** How often each action on it was acknowledged, by the action's name in the audit log. */
  readonly done: Map<string, number>;
}

export type KindName = 'project' | 'database' | 'replica' | 'cache_rule' | 'api_key';

/** What inputs are made of. */
export interface Making {
  readonly orgId: string;
  /** Part of every name, so that each is there once. */
  readonly serial: number;
  /** A new password, with the mark of the evidence. */
  readonly secret: () => string;
}

interface Change {
  readonly body: object;
  /** The fields that its answer has anew. */
  readonly view: View;
  readonly secret?: string;
}

export interface Kind {
  /** As the audit log has it. */
  readonly name: KindName;
  /** The first half of its actions' names. */
  readonly action: string;
  /** The field of a list's answer. */
  readonly list: string;
  /** Where those of a parent lie; undefined stands for the organization. */
  readonly collection: (orgId: string, parent: Kept | undefined) => string;
  /** What to make one of: the password among it is given by itself too. */
  readonly input: (making: Making) => { readonly body: object; readonly secret?: string };
  /** A change that is one, whatever it was before. Undefined where nothing can be changed. */
  readonly change?: (view: View, making: Making) => Change;
  readonly changeMethod: 'PATCH' | 'PUT';
  /** The view in an answer that wraps it. */
  readonly unwrap: (body: View) => View;
  readonly idOf: (view: View) => string;
  /** Its id in the audit log. */
  readonly auditId: (id: string, parent: Kept | undefined) => string;
  readonly isRestored: boolean;
  /** What takes it away. */
  readonly end: 'delete' | 'revoke';
  /** Whether one of it is read by itself, not in the list alone. */
  readonly isReadAlone: boolean;
}
