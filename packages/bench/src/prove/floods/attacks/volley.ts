import { faultOf } from '../load/judge.ts';
import { exchange, type Shot, type Target } from './exchange.ts';

/** What became of an attack. */
export interface AttackReport {
  readonly sent: number;
  /** By status, or `closed` or `hung`. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** What was wrong, and how often. */
  readonly faults: Readonly<Record<string, number>>;
  /** Bodies of failures, one of each shape. */
  readonly refusals: readonly string[];
}

/** Counts what becomes of an attack. */
export interface Account {
  readonly sent: () => void;
  readonly outcome: (outcome: string) => void;
  readonly fault: (fault: string) => void;
  readonly refusal: (body: string) => void;
  readonly report: () => AttackReport;
}

const MAX_REFUSALS = 200;

export function openAccount(): Account {
  let sent = 0;
  const [outcomes, faults] = [new Map<string, number>(), new Map<string, number>()];
  const refusals = new Map<string, string>();
  const count = (counts: Map<string, number>, key: string) =>
    void counts.set(key, (counts.get(key) ?? 0) + 1);
  return {
    sent: () => void (sent += 1),
    outcome: (outcome) => count(outcomes, outcome),
    fault: (fault) => count(faults, fault),
    refusal: (body) => {
      const shape = body.replace(/"request_id":"[^"]*"/, '');
      if (refusals.size < MAX_REFUSALS && !refusals.has(shape)) refusals.set(shape, body);
    },
    report: () => ({
      ...{ sent, outcomes: Object.fromEntries(outcomes), faults: Object.fromEntries(faults) },
      refusals: [...refusals.values()],
    }),
  };
}

interface VolleyOptions {
  readonly target: Target;
  readonly shots: readonly Shot[];
  /** How many are fired at the same time. */
  readonly lines: number;
  readonly durationMs: number;
}

/** Nothing that is asked takes longer, even of an instance that others flood. */
const SHOT_TIMEOUT_MS = 25_000;
const FIRST_FAILURE = 400;

/** Fires shots in turn over several lines until the time is over, each at least once. */
export async function volley({ target, shots, lines, durationMs }: VolleyOptions): Promise<AttackReport> {
  const account = openAccount();
  const until = performance.now() + durationMs;
  let next = 0;
  const line = async () => {
    while (next < shots.length || performance.now() < until) {
      const shot = shots[next++ % shots.length];
      if (shot !== undefined) await fire(target, shot, account);
    }
  };
  await Promise.all(Array.from({ length: lines }, line));
  return account.report();
}

async function fire(target: Target, shot: Shot, account: Account): Promise<void> {
  account.sent();
  const { answers, end } = await exchange(target, shot, SHOT_TIMEOUT_MS);
  if (end === 'hung') account.fault(`${shot.what} hangs`);
  if (end !== 'answered') account.outcome(end);
  for (const [index, answer] of answers.entries()) {
    account.outcome(String(answer.status));
    if (answer.status >= FIRST_FAILURE) account.refusal(answer.body);
    const fault = shot.isHead === true ? undefined : faultOf(answer, shot.allowed);
    if (fault !== undefined) account.fault(`${fault} to ${shot.what}`);
    if ((shot.answers ?? 1) > 1 && !isInOrder(answer.head, index))
      account.fault(`an answer to ${shot.what} out of order`);
  }
}

/** Several requests in one shot have their numbers for ids, from 0, which their answers have to give back. */
function isInOrder(head: string, index: number): boolean {
  return head.toLowerCase().includes(`\r\nx-request-id: ${index}\r\n`);
}
