/** PostgreSQL goes on, and does not serve: it ends sessions, has no place for more, only reads, or waits for locks. */
import { setTimeout } from 'node:timers/promises';
import postgres, { type Sql } from 'postgres';
import { asSuperuser } from '../checks/superuser.ts';
import { isWrite, type Fault } from '../fault.ts';
import type { Scene } from '../scene.ts';

const CUT_INTERVAL_MS = 50;
const SHORT = { short: 1_500, long: 5_000 };

const cutAll = async (sql: Sql) => {
  await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'headgate'`;
};

const cutOne = async (sql: Sql) => {
  await sql`
    select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'headgate'
    order by random() limit 1`;
};

export const SESSION_FAULTS: readonly Fault[] = [
  {
    name: 'sessions ended one by one',
    lastsMs: SHORT,
    inflict: async ({ stand }) => {
      const over = new AbortController();
      const cutting = asSuperuser(stand, async (sql) => {
        while (!over.signal.aborted) {
          // Another fault beside it may have ended the session that cuts.
          await cutOne(sql).catch(() => {});
          await setTimeout(CUT_INTERVAL_MS);
        }
      });
      return {
        end: async () => {
          over.abort();
          await cutting;
        },
      };
    },
  },
  {
    name: 'all sessions ended at once',
    lastsMs: { short: 200, long: 500 },
    inflict: async ({ stand }) => {
      await asSuperuser(stand, cutAll);
      return { end: async () => {} };
    },
  },
  {
    name: 'no place for another session',
    lastsMs: SHORT,
    inflict: async (scene) => {
      const others = await takeAllPlaces(scene);
      return {
        end: async () => void (await Promise.all(others.map(async (sql) => await sql.end({ timeout: 1 })))),
      };
    },
  },
  {
    // As while its disk is made read-only, or after it has become a standby (SQLSTATE 25006).
    name: 'PostgreSQL only reads',
    lastsMs: SHORT,
    inflict: async ({ stand }) => {
      await setReadOnly(stand, 'on');
      return { end: async () => await setReadOnly(stand, 'off') };
    },
    mayFail: isWrite,
  },
  {
    name: 'a lock held on all databases',
    // Longer than a statement waits for a lock.
    lastsMs: { short: 4_000, long: 10_000 },
    inflict: async ({ stand }) => await lock(stand, 'databases'),
  },
  {
    name: 'a lock held on the audit log',
    lastsMs: { short: 1_000, long: 10_000 },
    inflict: async ({ stand }) => await lock(stand, 'audit_entries'),
  },
];

type Where = Pick<Scene['stand'], 'postgres'>;

async function setReadOnly(stand: Where, value: 'on' | 'off'): Promise<void> {
  await asSuperuser(stand, async (sql) => {
    await sql`set default_transaction_read_only = off`;
    await sql.unsafe(`alter system set default_transaction_read_only = ${value}`);
    await sql`select pg_reload_conf()`;
  });
}

async function lock(stand: Where, table: string) {
  const held = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const holding = asSuperuser(stand, async (sql) => {
    await sql.begin(async (transaction) => {
      await transaction`lock table ${transaction(table)} in access exclusive mode`;
      held.resolve();
      await released.promise;
    });
  });
  holding.catch(held.reject);
  await held.promise;
  return {
    end: async () => {
      released.resolve();
      // The session that held it may have ended by another fault beside it, and the lock with it.
      await holding.catch(() => {});
    },
  };
}

/** Takes all the places that there are, and those of Headgate's sessions too, which are ended. */
async function takeAllPlaces({ stand }: Scene): Promise<Sql[]> {
  const first = postgres(stand.postgres.url(), { max: 1, onnotice: () => {} });
  const [row] = await first<{ places: number }[]>`select current_setting('max_connections')::int as places`;
  const taken = [first];
  const take = async () => {
    const sql = postgres(stand.postgres.url(), { max: 1, onnotice: () => {}, max_lifetime: null });
    await sql`select 1`;
    taken.push(sql);
  };
  const takeSome = async () => {
    const free = (row?.places ?? 0) - taken.length;
    await Promise.allSettled(Array.from({ length: free }, take));
  };
  await takeSome();
  await cutAll(first);
  await takeSome();
  return taken;
}
