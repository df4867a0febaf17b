import { query, type Store } from '@headgate/db';
import { sql } from 'kysely';
import type { Clock } from '../context.ts';

/** Remembers when keys were used, and writes it down now and then instead of once a request. */
export interface KeyUse {
  readonly touch: (keyId: string) => void;
  /** Writes down what was remembered since the last time. What cannot be written is remembered further. */
  readonly flush: () => Promise<void>;
  /** How many keys' uses are remembered and not written down yet, and how many may be. */
  readonly state: () => { readonly waiting: number; readonly max: number };
}

/** Beyond it the use of further keys goes unremembered until the next flush: it is no reason to run out of memory. */
const MAX_REMEMBERED = 100_000;

export function createKeyUse({ store, clock }: { readonly store: Store; readonly clock: Clock }): KeyUse {
  let used = new Map<string, Date>();
  const touch = (keyId: string) => {
    if (used.has(keyId) || used.size < MAX_REMEMBERED) used.set(keyId, clock.now());
  };
  return {
    touch,
    state: () => ({ waiting: used.size, max: MAX_REMEMBERED }),
    flush: async () => {
      if (used.size === 0) return;
      const flushed = used;
      used = new Map();
      try {
        await store.maintain(writeUse(flushed));
      } catch (error) {
        used = new Map([...flushed, ...used]);
        throw error;
      }
    },
  };
}

function writeUse(used: ReadonlyMap<string, Date>) {
  const times = [...used.values()].map((time) => time.toISOString());
  const seen = sql<{ id: string; at: Date }>`unnest(${[...used.keys()]}::text[], ${times}::timestamptz[])`;
  return query
    .updateTable('api_keys')
    .from(seen.as<'seen'>(sql`seen (id, at)`))
    .whereRef('api_keys.id', '=', 'seen.id')
    .where((eb) =>
      eb('api_keys.last_used_at', 'is', null).or('api_keys.last_used_at', '<', eb.ref('seen.at')),
    )
    .set((eb) => ({ last_used_at: eb.ref('seen.at') }));
}
