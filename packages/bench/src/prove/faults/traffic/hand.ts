/** Who does something, and where it is written down. */
import type { Chance } from '../../chance.ts';
import { quote, type Answer } from '../judge.ts';
import type { Kept, Ledger, View } from '../ledger.ts';
import type { Account } from './account.ts';
import type { Making } from './kinds.ts';

export interface Hand {
  readonly account: Account;
  readonly ledger: Ledger;
  readonly orgId: string;
  readonly chance: Chance;
  /** Makes a password with the mark of the evidence. */
  readonly secret: () => string;
  /** Tells the evidence of a secret that Headgate has made. */
  readonly know: (secret: string) => void;
  readonly complain: (what: string) => void;
}

export function making({ ledger, orgId, secret }: Pick<Hand, 'ledger' | 'orgId' | 'secret'>): Making {
  return { orgId, serial: ledger.serial(), secret };
}

export function pathOf({ kind, orgId, parent, id }: Kept): string {
  return `${kind.collection(orgId, parent)}/${id}`;
}

/** What is shown once, or tells of the moment, and is no part of a resource's state. */
const PASSING = ['warnings', 'last_used_at', 'replication_slots', 'password', 'api_key'];

export function stateOf(view: View): View {
  return without(view, PASSING);
}

export function without(view: object, fields: readonly string[]): View {
  return Object.fromEntries(Object.entries(view).filter(([field]) => !fields.includes(field)));
}

/** What is wrong with an answer that should have this status and be like this. */
export function expectAnswer(
  answer: Answer,
  status: number,
  isRight: (body: View) => boolean,
): string | undefined {
  if (answer.status !== status) return quote(answer);
  return isRight(answer.body as View) ? undefined : `not what is there: ${quote(answer)}`;
}
