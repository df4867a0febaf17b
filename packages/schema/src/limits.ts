/** Every bound of the contract, each with its unit last and the reason beside it. */

/** A request body beyond this is refused unread; the largest valid one is far below. */
export const MAX_BODY_BYTES = 1024 * 1024;

/** A page is one query and one answer held in memory. */
export const MAX_PAGE_SIZE = 100;
export const DEFAULT_PAGE_SIZE = 20;
/** Clients read the replicas of a database in one answer; an operator who allows more than this has them paged. */
export const MAX_UNPAGED_REPLICAS = 1000;
/** A token holds a sort key (a project's name at most) and an id, in base64url. */
export const MAX_PAGE_TOKEN_CHARS = 1024;

/** An id is about 30 characters; the rest is refused before it reaches a query. */
export const MAX_ID_CHARS = 128;
/** Organization ids belong to the issuer and are opaque. */
export const MAX_ORGANIZATION_ID_CHARS = 255;

export const MAX_PROJECT_NAME_CHARS = 100;
export const MAX_PROJECT_DESCRIPTION_CHARS = 500;
export const MAX_TAGS = 10;
export const MAX_TAG_CHARS = 50;
/** A list that a proxy holds against each new connection, and that a person can still read. */
export const MAX_ALLOWED_CIDRS = 50;
export const MAX_CIDR_LABEL_CHARS = 100;
/** The longest IPv6 address, with an IPv4 address at its end (RFC 4291, section 2.2), and a prefix length of three digits. */
export const MAX_CIDR_CHARS = 49;

/** A DNS name has at most 253 characters (RFC 1035 section 2.3.4), a trailing dot adds one. */
export const MAX_HOST_CHARS = 254;
export const MIN_PORT = 1;
export const MAX_PORT = 65_535;
/** PostgreSQL cuts identifiers at 63 bytes (manual, section 4.1.1), but poolers in front of it take longer user names. */
export const MAX_DATABASE_NAME_CHARS = 255;
export const MAX_USERNAME_CHARS = 255;
/** Longer than any provider hands out, short enough to be sealed without thought. */
export const MAX_PASSWORD_CHARS = 2048;
/** A password of ordinary letters at its longest, a few parameters, and every other part percent-encoded. */
export const MAX_CONNECTION_URI_CHARS = 4096;
/** PostgreSQL cuts identifiers at 63 bytes (manual, section 4.1.1). */
export const MAX_SCHEMA_NAME_BYTES = 63;
/** More than anyone keeps apart by hand. */
export const MAX_EXCLUDED_SCHEMAS = 100;
/** Of those that introspection is asked for by name. */
export const MAX_INTROSPECTED_SCHEMAS = 100;
/** Of a database: enough to see when it changed, each of 8 MiB at most. */
export const MAX_SNAPSHOTS_PER_DATABASE = 10;
export const MAX_REGION_ID_CHARS = 64;
/** The operator's own words for a region, its continent and its country: each fits on a line. */
export const MAX_REGION_NAME_CHARS = 100;
export const MAX_PLACE_NAME_CHARS = 100;

/** A DNS name without its trailing dot (RFC 1035, section 2.3.4). */
export const MAX_DOMAIN_CHARS = 253;
/** Of what DNS answers, so much is shown: enough to recognize a record, whatever else the name carries. */
export const MAX_DNS_VALUES = 10;
export const MAX_DNS_VALUE_CHARS = 255;

/** Credentials that were replaced can be put back for a day, or for as long as deleted resources can. */
export const DEFAULT_CREDENTIALS_GRACE_SECONDS = 86_400;
export const MAX_CREDENTIALS_GRACE_SECONDS = 30 * 86_400;

export const MAX_CERTIFICATE_NAME_CHARS = 100;
/** The bundles that providers hand out for all their regions are smaller; Amazon's is the largest known, of 165 KB. */
export const MAX_CERTIFICATE_PEM_CHARS = 256 * 1024;
/** The largest bundles of providers hold about 110, and what all browsers trust about 150. */
export const MAX_CERTIFICATES_IN_BUNDLE = 500;
/** The key of 16,384 bits, which is the largest that TLS libraries take, has 13,000. */
export const MAX_PRIVATE_KEY_PEM_CHARS = 16 * 1024;
/** Signing with a key of 4096 bits takes some milliseconds; one of 16,384, which OpenSSL takes too, seconds. */
export const MAX_CLIENT_RSA_BITS = 4096;
/** No public authority has a longer one. */
export const MAX_AUTHORITY_RSA_BITS = 8192;
/** One for each database of a project, with room for their successors. */
export const MAX_CERTIFICATES_PER_PROJECT = 100;
/** Of a bundle, so many are shown where many bundles are, or one beside other things. */
export const MAX_CERTIFICATES_SHOWN = 10;
/** Names within certificates are their issuers' words: most have less than 100 characters. */
export const MAX_DISTINGUISHED_NAME_CHARS = 500;

/** Five minutes; zero means no limit. */
export const MAX_QUERY_TIMEOUT_MS = 300_000;

/** One day. */
export const MAX_CACHE_TTL_SECONDS = 86_400;
export const MAX_CACHE_SWR_SECONDS = 86_400;
export const MAX_CACHE_ENTRIES = 1_000_000;

/** Every instance of the data plane holds the rules of its databases, and looks one up for each statement. */
export const MAX_CACHE_RULES_PER_DATABASE = 1000;
/**
 * Of a statement that a rule is made for: more than people write. The worst of that length keeps the parser busy for
 * some tenths of a second, in a thread of its own: other requests are served meanwhile, other statements wait.
 */
export const MAX_SQL_CHARS = 10_000;

export const MAX_POOL_CONNECTIONS = 10_000;

/** Clients send a UUID; other keys are taken as they are. */
export const MAX_IDEMPOTENCY_KEY_CHARS = 255;
/** How long the first answer to a key is given again. */
export const IDEMPOTENCY_TTL_HOURS = 24;

export const MAX_API_KEY_NAME_CHARS = 100;

/** Of an actor or a resource by which entries are asked for: an organization's id is the longest of them. */
export const MAX_AUDIT_SUBJECT_CHARS = 255;
/** The longest action is half as long. */
export const MAX_AUDIT_ACTION_CHARS = 64;
/** One request verifies no more than it can well within its time; the next goes on from there. */
export const MAX_AUDIT_ENTRIES_VERIFIED = 50_000;
/** A chain that was tampered with is told from one that was not by the first of them. */
export const MAX_AUDIT_FINDINGS = 100;

/** How long a deleted resource can be restored; then it is purged with its secrets. */
export const RESTORE_WINDOW_DAYS = 30;

/** A caller's request id is kept when it is of this form, and replaced otherwise. */
export const REQUEST_ID_PATTERN = /^[A-Za-z0-9_.-]{1,128}$/;

/** Each keeps WAL on its server, which has few of them; the list of a database is read at a glance. */
export const MAX_REPLICATION_SLOTS_PER_DATABASE = 50;
/** In the request that creates a database, all of which are verified while its caller waits. */
export const MAX_REPLICATION_SLOTS_AT_CREATION = 10;
/** PostgreSQL cuts identifiers at 63 bytes (manual, section 4.1.1). */
export const MAX_SLOT_NAME_CHARS = 63;
export const MAX_PUBLICATION_NAME_BYTES = 63;
/** More than a person lists; a publication of all tables needs no list. */
export const MAX_PUBLISHED_TABLES = 100;
/** Two identifiers in double quotes, with every character of them doubled, and the dot. */
export const MAX_TABLE_NAME_CHARS = 257;
