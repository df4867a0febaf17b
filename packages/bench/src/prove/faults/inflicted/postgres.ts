/** PostgreSQL itself ends, and comes back. */
import type { Fault } from '../fault.ts';
import { asSuperuser } from '../checks/superuser.ts';

export const POSTGRES_FAULTS: readonly Fault[] = [
  {
    name: 'PostgreSQL restarted',
    lastsMs: { short: 500, long: 3_000 },
    inflict: async ({ stand: { postgres } }) => {
      await postgres.halt('fast');
      return { end: postgres.start };
    },
  },
  {
    // As when its machine fails: what was acknowledged is in its log and nowhere else.
    name: 'PostgreSQL crashed',
    lastsMs: { short: 500, long: 3_000 },
    inflict: async ({ stand: { postgres } }) => {
      await postgres.halt('immediate');
      return { end: postgres.start };
    },
  },
  {
    // All others end with it, and whoever connects is told that it recovers (PostgreSQL manual, section 18.5, and 57P03).
    name: 'a backend of PostgreSQL killed',
    lastsMs: { short: 200, long: 500 },
    inflict: async ({ stand }) => {
      const pid = await asSuperuser(stand, async (sql) => {
        const [row] = await sql<{ pid: number }[]>`
          select pid from pg_stat_activity where application_name = 'headgate' limit 1`;
        return row?.pid;
      });
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
      return { end: async () => {} };
    },
  },
];
