/** What is looked at when all faults are over. */
import { setTimeout } from 'node:timers/promises';
import type { Scene } from '../scene.ts';
import { GaveUpError } from '../traffic/account.ts';
import { readBack, verifyChain } from './views.ts';
import { asSuperuser } from './superuser.ts';

export interface End {
  /** Organizations whose chain verifies, of how many there are. */
  readonly verified: number;
  readonly organizations: number;
  /** Resources that were read back. */
  readonly read: number;
  /** Sessions that one instance has, and those that are in a transaction which nobody goes on with. */
  readonly sessions: number;
  readonly idleInTransaction: number;
  /** Instances that run which should. */
  readonly running: number;
}

/** As long as a session may stay in a transaction that its client has forgotten. */
const LEFTOVER_MS = 15_000;
const POLL_MS = 250;

/** Brings the traffic to rest, reads back all that was acknowledged, and counts what is left over. */
export async function checkEnd(scene: Scene): Promise<End> {
  const { traffic, ledger, instances } = scene;
  await traffic.pause();
  let verified = 0;
  for (const reader of traffic.readers()) {
    await readBack({ ...reader, ledger }).catch(ignoreGivenUp);
    await verifyChain(reader).then(() => (verified += 1), ignoreGivenUp);
  }
  const idleInTransaction = await untilNoneIdle(scene);
  return {
    ...{ verified, idleInTransaction, organizations: traffic.readers().length, read: ledger.kept.length },
    sessions: await count(scene, ''),
    running: instances().filter((instance) => instance.isRunning()).length,
  };
}

/** What is wrong has been noted where it was answered. */
function ignoreGivenUp(error: unknown): void {
  if (!(error instanceof GaveUpError)) throw error;
}

async function untilNoneIdle(scene: Scene): Promise<number> {
  const until = performance.now() + LEFTOVER_MS;
  for (;;) {
    const idle = await count(scene, `idle in transaction`);
    if (idle === 0 || performance.now() > until) return idle;
    await setTimeout(POLL_MS);
  }
}

/** Sessions of Headgate whose state begins like this. */
async function count({ stand }: Scene, state: string): Promise<number> {
  return await asSuperuser(stand, async (sql) => {
    const [row] = await sql<{ sessions: number }[]>`
      select count(*)::int as sessions from pg_stat_activity
      where application_name = 'headgate' and state like ${`${state}%`}`;
    return row?.sessions ?? 0;
  });
}
