import { failed, passed, skipped, type SlotCheck, type SlotWarning } from './slot-check.ts';
import type { SlotFacts } from './slot-facts.ts';

/** Slots of standbys came with PostgreSQL 16. */
const MIN_STANDBY_VERSION = 160_000;

/** What is known of the servers that a slot has to do with. */
export interface SlotServers {
  readonly server: SlotFacts;
  /** Of the primary that was given for a standby. */
  readonly primary: SlotFacts | undefined;
  /** Whether the slot is to be made. */
  readonly isToBeMade: boolean;
}

/** Holds the servers against what any slot needs, whichever it is. */
export function judgeServers(servers: SlotServers): readonly [SlotCheck, ...SlotCheck[]] {
  return [judgeRole(servers), judgeWalLevel(servers), judgeRoom(servers), judgePrimary(servers)];
}

function judgeRole({ server }: SlotServers): SlotCheck {
  return server.mayReplicate
    ? passed('role')
    : failed('role', 'not_replication_role', 'The role may not use replication slots.');
}

function judgeWalLevel({ server, primary }: SlotServers): SlotCheck {
  if (!server.isWalLogical)
    return failed('wal_level', 'wal_level_not_logical', 'The server does not write a logical WAL.');
  if (primary?.isWalLogical === false)
    return failed('wal_level', 'wal_level_not_logical', 'The primary does not write a logical WAL.');
  return passed('wal_level');
}

function judgeRoom({ server, isToBeMade }: SlotServers): SlotCheck {
  const { maxReplicationSlots: max, usedReplicationSlots: used } = server;
  const name = 'replication_slots';
  if (max === 0) return failed(name, 'no_replication_slots', 'The server has no replication slots.');
  if (isToBeMade && used >= max)
    return failed(name, 'slots_exhausted', `The server has ${max} replication slots, and all are taken.`);
  return server.maxWalSenders === 0
    ? failed(name, 'no_wal_senders', 'The server sends its WAL to nobody.')
    : passed(name);
}

function judgePrimary({ server, primary }: SlotServers): SlotCheck {
  const name = 'primary';
  if (!server.inRecovery) {
    return primary === undefined
      ? skipped(name)
      : failed(name, 'primary_not_needed', 'A primary was given for a server that is one itself.');
  }
  if (server.versionNumber < MIN_STANDBY_VERSION)
    return failed(name, 'standby_too_old', 'The standby is older than PostgreSQL 16.');
  if (primary === undefined)
    return failed(name, 'standby_needs_primary', 'The server is a standby, and no primary was given.');
  if (primary.inRecovery)
    return failed(name, 'primary_is_not_primary', 'What was given as the primary is in recovery itself.');
  const [own, others] = [server.systemIdentifier, primary.systemIdentifier];
  if (own !== undefined && others !== undefined && own !== others)
    return failed(name, 'other_cluster', 'The standby does not follow the primary that was given.');
  return server.databaseOid === primary.databaseOid
    ? passed(name)
    : failed(name, 'primary_other_database', 'The database on the primary is not that of the standby.');
}

/** What may go wrong later, although nothing is wrong now. */
export function warningsOfServer(server: SlotFacts): SlotWarning[] {
  return server.inRecovery && !server.sendsFeedback
    ? [
        {
          code: 'no_hot_standby_feedback',
          message:
            'The standby does not tell its primary what its slots still need, and may lose them at any vacuum there. Set hot_standby_feedback = on, and let it stream through a physical slot.',
        },
      ]
    : [];
}
