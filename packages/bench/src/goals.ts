/** What `pnpm bench` holds Headgate to. A goal that is missed makes it fail. */

/** What Headgate keeps of the bare program's throughput, at least. */
export const READ_GOAL = 0.6;
export const WRITE_GOAL = 0.6;
/** The most memory that the service may ever hold under load. */
export const MEMORY_GOAL_BYTES = 200_000_000;
/** From the start of the embedded mode until it is ready, when it has been started before. */
export const WARM_START_GOAL_MS = 5_000;

/** How much longer a request may take among more databases than among the fewest, and deep in a list than at its top. */
export const GROWTH_GOAL = 1.3;
/** How much longer the slowest hundredth may wait while the service keeps house beside the traffic. */
export const UPKEEP_GOAL = 2;

/** A database of this size is introspected in less than this. */
export const INTROSPECTION_GOAL_TABLES = 500;
export const INTROSPECTION_GOAL_MS = 1_000;
/** However large a database is, others wait no longer than this for their turn. */
export const DELAY_GOAL_MS = 50;

/** How much of the time may go where the rules do not know. */
export const UNATTRIBUTED_GOAL = 0.1;
