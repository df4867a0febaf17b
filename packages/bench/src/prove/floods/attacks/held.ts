/** Connections that are held as long as they can be, and used as little. */
import { connect, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { request } from '../traffic.ts';
import type { Target } from './exchange.ts';
import type { Attacker } from './shots.ts';
import { openAccount, type AttackReport } from './volley.ts';

interface HoldOptions {
  readonly target: Target;
  readonly count: number;
  readonly durationMs: number;
  /** What the connection of this number begins with. */
  readonly opening: (n: number) => string;
  /** What is sent over each again and again; nothing for connections that lie idle. */
  readonly drip: string;
}

const DRIP_INTERVAL_MS = 1_000;
/** So many are opened a second, so that it takes a part of the time only. */
const OPENED_PER_SECOND = 1_500;

/** Opens so many connections and holds them until the server closes them, or the time is over. */
export async function hold({ target, count, durationMs, opening, drip }: HoldOptions): Promise<AttackReport> {
  const account = openAccount();
  const open = new Set<Socket>();
  const until = performance.now() + durationMs;
  const begin = (n: number) => {
    account.sent();
    const socket = connect({ ...target, noDelay: true });
    open.add(socket);
    socket.setEncoding('latin1');
    socket.on('connect', () => socket.write(opening(n), 'latin1'));
    socket.on('data', (text: string) => {
      account.outcome(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 'answered');
      const [, body] = text.split('\r\n\r\n');
      if (body?.startsWith('{"error"') === true) account.refusal(body);
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      open.delete(socket);
      if (performance.now() < until) account.outcome('ended by the server');
    });
  };
  for (let n = 0; n < count && performance.now() < until; n += 1) {
    begin(n);
    if (n % (OPENED_PER_SECOND / 100) === 0) await setTimeout(10);
  }
  while (open.size > 0 && performance.now() < until) {
    if (drip !== '') for (const socket of open) socket.write(drip);
    await setTimeout(Math.min(DRIP_INTERVAL_MS, Math.max(until - performance.now(), 1)));
  }
  for (const _ of open) account.outcome('held to the end');
  for (const socket of open) socket.destroy();
  return account.report();
}

/** Requests whose headers never come to an end. */
export function slowHeaders(): Pick<HoldOptions, 'opening' | 'drip'> {
  return { opening: () => 'GET /v1/regions HTTP/1.1\r\nHost: headgate.test\r\nX-A: a', drip: 'a' };
}

/** Requests of people with good tokens, whose bodies never come to an end. */
export function slowBodies(attackers: readonly Attacker[]): Pick<HoldOptions, 'opening' | 'drip'> {
  const opening = (n: number) => {
    const attacker = attackers[n % attackers.length];
    if (attacker === undefined) return '';
    const headers = { 'Content-Type': 'application/json', 'Content-Length': '100000' };
    return request('POST', `/v1/projects/${attacker.projectId}/databases`, {
      token: attacker.token,
      headers,
    });
  };
  return { opening, drip: ' ' };
}

/** Connections over which nothing comes. */
export function nothingAtAll(): Pick<HoldOptions, 'opening' | 'drip'> {
  return { opening: () => '', drip: '' };
}
