/** What lies between Headgate and PostgreSQL breaks. */
import { setInterval } from 'node:timers';
import type { Fault } from '../fault.ts';

const CUT_INTERVAL_MS = 50;
const DELAY_MS = 300;
const SHORT = { short: 1_000, long: 5_000 };

const wireIs: (
  name: string,
  state: 'refusing' | 'hanging up' | 'silent',
  lastsMs: Fault['lastsMs'],
) => Fault = (name, state, lastsMs) => ({
  ...{ name, lastsMs },
  inflict: async ({ stand: { wire } }) => {
    await wire.set(state);
    return { end: async () => await wire.set('well') };
  },
});

export const WIRE_FAULTS: readonly Fault[] = [
  wireIs('nobody listens where PostgreSQL was', 'refusing', SHORT),
  wireIs('connections to PostgreSQL hang up', 'hanging up', SHORT),
  wireIs('connections to PostgreSQL fall silent', 'silent', { short: 2_000, long: 12_000 }),
  {
    // It begins and ends in one moment; what is to be recovered from are connections that nobody says are dead.
    name: 'connections forgotten by a firewall',
    lastsMs: { short: 0, long: 0 },
    inflict: async ({ stand: { wire } }) => {
      const hangUp = wire.forget();
      return { end: async () => {}, after: async () => hangUp() };
    },
  },
  {
    name: 'connections cut one by one on the wire',
    lastsMs: SHORT,
    inflict: async ({ stand: { wire } }) => {
      const timer = setInterval(() => wire.cutOne(), CUT_INTERVAL_MS);
      return { end: async () => clearInterval(timer) };
    },
  },
  {
    name: `statements slowed by ${DELAY_MS} ms`,
    lastsMs: SHORT,
    inflict: async ({ stand: { wire } }) => {
      wire.delay(DELAY_MS);
      return { end: async () => wire.delay(0) };
    },
  },
];
