/** The bounds of the HTTP server. Those of the contract stand in the schema package. */

/**
 * Requests that are worked on at once, for each connection to the database. A statement takes the smallest part of what a
 * request takes: with fewer places connections lie idle, and with more everybody waits longer, for nothing.
 */
export const PLACES_PER_CONNECTION = 4;
/** Requests under way at once, those included that wait for their callers or for customers' servers. */
export const MAX_REQUESTS_UNDER_WAY = 512;
/** Requests that wait for a place, of callers who are known and of others each; each holds its headers in memory. */
export const MAX_REQUESTS_WAITING = 512;
/**
 * How long they do before they are answered 503. Together with the work itself it stays below the second in which an
 * answer is worth waiting for; a shorter time would refuse what comes at once while an instance is still cold.
 */
export const PATIENCE_MS = 500;
/**
 * Of supervisors, which are let through whatever the load is, and of those at one address: each asks every few seconds.
 * Whoever asks for nothing but health, and that without end, takes turns with everybody else.
 */
export const HEALTH_REQUESTS_PER_SECOND = 500;
export const HEALTH_REQUESTS_PER_SECOND_OF_ADDRESS = 50;
/** Requests of one actor under way at once; beyond it comes 429, so that nobody takes all places. */
export const MAX_REQUESTS_PER_ACTOR = 100;
/** When a request that is still not answered is answered 503. A check of an upstream takes 15 s at most. */
export const REQUEST_TIMEOUT_MS = 20_000;
/** How long requests under way may take to finish after SIGTERM. */
export const DRAIN_TIMEOUT_MS = 10_000;

/** Exports under way at once, and of one actor: each reads the database for as long as its reader takes. */
export const EXPORT_PLACES = { what: 'exports', bound: 'exports', all: 4, perActor: 2 } as const;
/** Snapshots being sent or compared at once: each is held compressed, 8 MiB at most. */
export const SCHEMA_PLACES = {
  what: 'readings of schemas',
  bound: 'schema_readings',
  all: 8,
  perActor: 4,
} as const;
/** Verifications of audit logs at once: each hashes for seconds in the one thread that answers everybody. */
export const VERIFICATION_PLACES = {
  what: 'verifications',
  bound: 'verifications',
  all: 4,
  perActor: 2,
} as const;
/** A reader that takes nothing for this long is not coming back. */
export const STREAM_STALL_TIMEOUT_MS = 60_000;

/** Bytes of bodies that are held at once, and those of one actor. Most bodies have less than one KiB. */
export const MAX_BODY_BYTES_UNDER_WAY = 64 * 1024 * 1024;
export const MAX_BODY_BYTES_PER_ACTOR = 16 * 1024 * 1024;
/** Bodies that are waited for at once. It is half of what may be under way, and those who send theirs wait for nobody. */
export const MAX_BODIES_AWAITED = 256;

/** A caller has this long to send its headers, and its whole request. */
export const HEADERS_TIMEOUT_MS = 10_000;
export const RECEIVE_TIMEOUT_MS = 30_000;
/** How often that is looked at: node's own half a minute would make the former 40 s. */
export const TIMEOUTS_CHECK_INTERVAL_MS = 500;
/** Longer than the idle time of usual load balancers (60 s), so that they are the ones to close. */
export const KEEP_ALIVE_TIMEOUT_MS = 65_000;
/**
 * A connection over which nothing moved for this long is closed, whatever is under way on it: its caller takes nothing of
 * its answers. Longer than a request may take, than a stream may stall, and than the idle time above.
 */
export const SILENCE_TIMEOUT_MS = 90_000;
/** Each takes a file descriptor, and memory as long as it lasts: some 10 KiB while nothing is sent over it. */
export const MAX_CONNECTIONS = 10_000;
/** Connections that were made and not looked at yet. Node's 511 are made in less time than one request may take. */
export const MAX_PENDING_CONNECTIONS = 4096;
/** A token with a few hundred organizations fits. */
export const MAX_HEADER_BYTES = 32 * 1024;

/** Credentials of which it is remembered whose they were, for the turns of requests when there are too many. */
export const MAX_REMEMBERED_SENDERS = 10_000;
/** API keys of which it is remembered, by their hash, that they were good. */
export const MAX_REMEMBERED_KEYS = 10_000;
/** Verified tokens that are remembered, and how long they may be together: one may list hundreds of organizations. */
export const MAX_REMEMBERED_TOKENS = 10_000;
export const MAX_REMEMBERED_TOKEN_CHARS = 16 * 1024 * 1024;

/**
 * Requests per second of one address, whoever sends them, unless the environment says otherwise. Five times what one
 * actor may send: an address may be a whole office or a farm of runners.
 */
export const ADDRESS_REQUESTS_PER_SECOND = 500;
/**
 * Of these, requests per second whose credentials are refused. A program whose token has expired stays below it; a
 * flood is refused from then on before a signature is looked at or a key is looked up.
 */
export const ADDRESS_FAILURES_PER_SECOND = 5;
/** Organizations whose own limits of requests are remembered; a token names a few hundred at most. */
export const MAX_REMEMBERED_ORGANIZATIONS = 50_000;
