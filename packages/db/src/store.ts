import type { Compilable } from 'kysely';
import postgres, { type Sql } from 'postgres';
import { StoreTimeoutError } from './failures.ts';
import { pendingMigrations } from './migrate.ts';
import { reconnectSeconds } from './reconnect.ts';
import {
  execute,
  readAsBearer,
  readBehindWall,
  transactBehindWall,
  type TenantTransaction,
  type Tenants,
} from './tenant-wall.ts';

/** All well below 5 s: what was lost, or is held by somebody else, is found out and made anew within that time. */
const CONNECT_TIMEOUT_SECONDS = 4;
const STATEMENT_TIMEOUT_MS = 3_000;
const LOCK_TIMEOUT_MS = 2_500;
/** The server answers each statement in its time: where nothing comes for longer than that, the connection is lost. */
const ANSWER_TIMEOUT_SECONDS = 3.5;
/** A transaction of ours waits for nobody. One whose connection was lost unheard lets go of its rows after this. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 3_000;
/** A connection is replaced in time for a failover or a changed address to be noticed. */
const MAX_LIFETIME_SECONDS = 30 * 60;
const CLOSE_TIMEOUT_SECONDS = 5;
const MAINTENANCE_CONNECTIONS = 1;
/** Longer than any statement may take, with a wait for a connection before it. */
const WAIT_TIMEOUT_MS = 10_000;
const READY_TIMEOUT_MS = 3_000;
/** While statements wait for a connection, an answer to another one that is no older than this stands for the check. */
const READY_FRESH_MS = 100;
/** What has been given up on may still wait in the driver; it and the rest together stay below this. */
const MAX_UNDER_WAY = 2_000;

export interface StoreOptions {
  readonly url: string;
  /** How many connections tenants' requests share. */
  readonly maxConnections: number;
}

/** What the store is busy with, for whoever watches it. Totals count from the start of the process. */
export interface StoreState {
  /** How many connections requests share. */
  readonly maxConnections: number;
  /** Reads and transactions of requests under way, whether they have a connection yet or not. */
  readonly underWay: number;
  /** Connections that had been made and have ended: lost, or replaced in time. */
  readonly closedConnections: number;
  /** Of what was asked of the store: given up on for its time, and refused because too much was under way. */
  readonly timeouts: number;
  readonly refusals: number;
}

/** The metadata database, behind the tenant wall. */
export interface Store {
  /** Runs one read for these tenants; rows of others do not exist for it. */
  read<T>(tenants: Tenants, query: Compilable<T>): Promise<T[]>;
  /** Runs one read for whoever presents the API key with this hash: the key's own row is all that exists for it. */
  readAsBearer<T>(keyHash: string, query: Compilable<T>): Promise<T[]>;
  /**
   * Runs `work` in one transaction for these tenants. Transactions with the same `oneAtATime` wait for each other.
   */
  transact<R>(
    options: { readonly tenants: Tenants; readonly oneAtATime?: string | undefined },
    work: (transaction: TenantTransaction) => Promise<R>,
  ): Promise<R>;
  /** Runs `work` in one transaction for whoever presents a token of this user: for what the token tells of the user. */
  transactAsUser<R>(userId: string, work: (transaction: TenantTransaction) => Promise<R>): Promise<R>;
  /** Runs one statement of upkeep, which belongs to no tenant and sees all of them. */
  maintain<T>(query: Compilable<T>): Promise<T[]>;
  /** Fails unless the database answers and has had all migrations. */
  checkReady(): Promise<void>;
  /** Asks nobody. */
  state(): StoreState;
  close(): Promise<void>;
}

/** Opens the store. Connections are made when first needed. */
export function openStore({ url, maxConnections }: StoreOptions): Store {
  let closedConnections = 0;
  const onClose = () => {
    closedConnections += 1;
  };
  const app = connect({ url, role: 'headgate_app', max: maxConnections, onClose });
  const maintenance = connect({ url, role: 'headgate_maintenance', max: MAINTENANCE_CONNECTIONS, onClose });
  // Each its own: what upkeep does is no request, and has a connection that no request waits for.
  // Checks have theirs too, since one that did not ask would stand for the next one.
  const [requests, upkeep, checks] = [boundWaits(), boundWaits(), boundWaits()];
  const { bounded } = requests;
  let isMigrated = false;

  async function checkReady(): Promise<void> {
    if (isMigrated) {
      const isQueued = requests.underWay() > maxConnections;
      if (!isQueued || performance.now() - requests.answeredAt() > READY_FRESH_MS) await app`select 1`;
      return;
    }
    await checkWalled(app);
    const pending = await pendingMigrations(maintenance);
    if (pending.length > 0) throw new Error(`migrations are pending: ${pending.join(', ')}`);
    isMigrated = true;
  }

  return {
    read: async (tenants, query) => await bounded(() => readBehindWall(app, tenants, query)),
    readAsBearer: async (keyHash, query) => await bounded(() => readAsBearer(app, keyHash, query)),
    transact: async (options, work) => await bounded(() => transactBehindWall(app, options, work)),
    transactAsUser: async (user, work) =>
      await bounded(() => transactBehindWall(app, { tenants: [], user }, work)),
    maintain: async (query) => {
      const compiled = query.compile();
      return await upkeep.bounded(() => execute(maintenance, compiled.sql, compiled.parameters));
    },
    checkReady: async () => await checks.bounded(checkReady, READY_TIMEOUT_MS),
    state: () => ({
      ...{ maxConnections, closedConnections, underWay: requests.underWay() },
      timeouts: sum(requests.timeouts(), upkeep.timeouts(), checks.timeouts()),
      refusals: sum(requests.refusals(), upkeep.refusals(), checks.refusals()),
    }),
    close: async () => {
      await Promise.all([
        app.end({ timeout: CLOSE_TIMEOUT_SECONDS }),
        maintenance.end({ timeout: CLOSE_TIMEOUT_SECONDS }),
      ]);
    },
  };
}

const sum = (...counts: readonly number[]) => counts.reduce((all, each) => all + each, 0);

/**
 * The role is asked for when a connection is made. A pooler in between that does not pass it on would have every
 * request run as the role of the URL, to whom the wall may not apply.
 */
async function checkWalled(sql: Sql): Promise<void> {
  const [row] = await sql<{ walled: boolean }[]>`
    select current_user = 'headgate_app' and not (rolsuper or rolbypassrls) as walled
    from pg_roles where rolname = current_user
  `;
  if (row?.walled !== true)
    throw new Error('requests do not run as headgate_app; does a pooler drop the role?');
}

interface ConnectOptions {
  readonly url: string;
  readonly role: string;
  readonly max: number;
  readonly onClose: () => void;
}

function connect({ url, role, max, onClose }: ConnectOptions): Sql {
  return postgres(url, {
    max,
    onclose: onClose,
    connect_timeout: CONNECT_TIMEOUT_SECONDS,
    answer_timeout: ANSWER_TIMEOUT_SECONDS,
    backoff: reconnectSeconds,
    max_lifetime: MAX_LIFETIME_SECONDS,
    onnotice: () => {},
    // Counts and positions: all far below 2^53, where a number of ours is still exact.
    types: { bigint: { to: 20, from: [20], serialize: String, parse: Number } },
    connection: {
      role,
      application_name: 'headgate',
      search_path: 'headgate',
      statement_timeout: STATEMENT_TIMEOUT_MS,
      lock_timeout: LOCK_TIMEOUT_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    },
  });
}

/**
 * Bounds how long a caller waits, and how many wait. The driver itself waits for a lost server as long as it takes.
 * A transaction that was given up on may still be carried out: its caller has heard that it is not known.
 */
function boundWaits() {
  let [underWay, timeouts, refusals] = [0, 0, 0];
  let answeredAt = -Infinity;
  const bounded = async <T>(start: () => Promise<T>, timeoutMs = WAIT_TIMEOUT_MS): Promise<T> => {
    if (underWay >= MAX_UNDER_WAY) {
      refusals += 1;
      throw new StoreTimeoutError('too many statements wait for the database');
    }
    underWay += 1;
    const work = start().finally(() => {
      underWay -= 1;
    });
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        // Whatever becomes of it, nobody waits for it any more.
        work.catch(() => {});
        timeouts += 1;
        reject(new StoreTimeoutError(`the database did not answer within ${timeoutMs} ms`));
      }, timeoutMs);
    });
    try {
      const answer = await Promise.race([work, timeout]);
      answeredAt = performance.now();
      return answer;
    } finally {
      clearTimeout(timer);
    }
  };
  return {
    bounded,
    underWay: () => underWay,
    timeouts: () => timeouts,
    refusals: () => refusals,
    /** When something was answered last, by the clock that only goes forward. */
    answeredAt: () => answeredAt,
  };
}
