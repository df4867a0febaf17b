import { setTimeout } from 'node:timers/promises';
import { exchange, type Target } from './exchange.ts';
import { hold, nothingAtAll, slowBodies, slowHeaders } from './held.ts';
import {
  ambiguousRequests,
  awkwardJson,
  enormousHeaders,
  largeBodies,
  oddRequests,
  pipelined,
  type Attacker,
} from './shots.ts';
import { openAccount, volley, type AttackReport } from './volley.ts';

/** What an attack is told. */
export interface AttackOptions {
  readonly target: Target;
  readonly attackers: readonly Attacker[];
  readonly durationMs: number;
  /** How many connections an attack that holds them opens. */
  readonly connections: number;
}

type Attack = (options: AttackOptions) => Promise<AttackReport>;

const LINES = 16;

/** Those that last: each holds connections for as long as it can. */
const HELD = {
  'slow headers': async (order) => await hold({ ...order, ...slowHeaders(), count: order.connections }),
  'slow bodies': async (order) =>
    await hold({ ...order, ...slowBodies(order.attackers), count: order.connections }),
  'idle connections': async (order) => await hold({ ...order, ...nothingAtAll(), count: order.connections }),
} satisfies Record<string, Attack>;

/** Those that strike. */
const STRIKING = {
  '1 MiB bodies': async (order) =>
    await volley({ ...order, lines: LINES, shots: largeBodies(order.attackers) }),
  'deep and long JSON': async (order) =>
    await volley({ ...order, lines: LINES, shots: awkwardJson(order.attackers) }),
  'enormous headers': async (order) =>
    await volley({ ...order, lines: LINES, shots: order.attackers.flatMap(enormousHeaders) }),
  pipelining: async (order) =>
    await volley({ ...order, lines: LINES / 4, shots: pipelined(order.attackers) }),
  'odd methods and protocols': async (order) =>
    await volley({ ...order, lines: LINES, shots: order.attackers.flatMap(oddRequests) }),
  'ambiguous requests': async (order) =>
    await volley({ ...order, lines: LINES, shots: order.attackers.flatMap(ambiguousRequests) }),
  'connects and closes': connectAndClose,
} satisfies Record<string, Attack>;

export const HELD_ATTACKS = Object.keys(HELD) as HeldAttack[];
export const STRIKING_ATTACKS = Object.keys(STRIKING) as (keyof typeof STRIKING)[];
export type HeldAttack = keyof typeof HELD;
export type AttackName = HeldAttack | keyof typeof STRIKING;

/** What a process of attack is sent. */
export interface AttackOrder extends AttackOptions {
  readonly name: AttackName;
}

export async function attack(order: AttackOrder): Promise<AttackReport> {
  return await { ...HELD, ...STRIKING }[order.name](order);
}

const CONNECTS_PER_ROUND = 25;
const ROUND_MS = 25;

/** A thousand connections a second, half of them in the middle of a request. */
async function connectAndClose({ target, durationMs }: AttackOptions): Promise<AttackReport> {
  const account = openAccount();
  const until = performance.now() + durationMs;
  const shot = { what: 'a connection', bytes: '', allowed: [] };
  const halfway = { ...shot, bytes: 'GET /v1/regions HTTP/1.1\r\nHost: headg' };
  while (performance.now() < until) {
    const round = Array.from({ length: CONNECTS_PER_ROUND }, async (_, n) => {
      account.sent();
      await exchange(target, n % 2 === 0 ? shot : halfway, ROUND_MS);
    });
    await Promise.all([...round, setTimeout(ROUND_MS)]);
  }
  return account.report();
}
