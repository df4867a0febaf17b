import type { Role } from '@headgate/schema';
import type { Chance } from '../../chance.ts';
import type { Actor } from '../model/actors.ts';
import type { KindName, Model, Row, View } from '../model/rows.ts';
import type { CertificateInputs } from './certificate-inputs.ts';

/** What inputs are made of. */
export interface Making {
  readonly model: Model;
  readonly actor: Actor;
  readonly chance: Chance;
  readonly certificates: CertificateInputs;
  /** A new password, which bears the mark. */
  readonly secret: () => string;
  /** A number that this tenant had not before. */
  readonly serial: () => number;
}

/** A request that makes something. */
export interface Made {
  readonly body: object;
  /** What must stand in the answer. */
  readonly sent: View;
  /** What the model keeps of it beside the view. */
  readonly keeps?: Partial<Pick<Row, 'secret' | 'passwords' | 'approvedFor' | 'given'>>;
}

/** A request that changes something. */
export interface Changed extends Made {
  /** Fields that follow from what was sent, and so change with it. */
  readonly derived?: readonly string[];
}

/** A kind of resource: where it lies, and how one is made and changed. */
export interface Kind {
  readonly name: KindName;
  /** The first half of its actions' names, and the second of what takes it away. */
  readonly action: string;
  readonly end: 'delete' | 'revoke';
  readonly scope: 'projects' | 'databases' | 'domains' | 'keys';
  /** What it lies in; undefined for the organization. */
  readonly parent: KindName | undefined;
  /** So many of them are enough in one place; no limit of Headgate's is reached. */
  readonly most: number;
  readonly leastToEnd: Role;
  readonly isRestorable: boolean;
  readonly isReadAlone: boolean;
  /** The field that holds them in the answer to a list, and the one that orders them. */
  readonly listField: string;
  readonly timeField: string;
  readonly collection: (model: Model, parent: Row | undefined) => string;
  readonly path: (model: Model, row: Row) => string;
  readonly idOf: (view: View) => string;
  /** The resource within an answer. */
  readonly unwrap: (body: View) => View;
  /** Undefined where none can be made now. */
  readonly make: (making: Making, parent: Row | undefined) => Made | undefined;
  readonly change?: (making: Making, row: Row) => Changed;
  readonly changeMethod: 'PATCH' | 'PUT';
}

/** What most kinds have in common. */
export const USUAL = {
  end: 'delete',
  leastToEnd: 'member',
  isRestorable: true,
  isReadAlone: true,
  timeField: 'created_at',
  idOf: (view: View) => String(view['id']),
  unwrap: (body: View) => body,
  changeMethod: 'PATCH',
} as const;
