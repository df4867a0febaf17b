/** The bounds of reading a server's catalogs, each with its unit last and the reason beside it. */

/** All of the reading; what uses an upstream may take 14 s in all (see `useUpstream`), connecting among them. */
export const TIMEOUT_MS = 12_000;
/** One statement, or as much less as is left. */
export const STATEMENT_TIMEOUT_MS = 4_000;
/** With less left than a statement usually takes, none is begun. */
export const MIN_STATEMENT_MS = 500;
/** A table that is being altered is passed over rather than waited for, and nobody queues up behind the reader for long. */
export const LOCK_TIMEOUT_MS = 100;

/** Far beyond what people keep in one database, and a list that fits in memory at once. */
export const MAX_SCHEMAS = 10_000;
export const MAX_TYPES = 20_000;
export const MAX_RELATIONS = 30_000;
export const MAX_COLUMNS = 400_000;

/** A batch is in memory as rows and is made into lines before the next is asked for. */
export const MAX_BATCH_RELATIONS = 500;
export const MAX_BATCH_COLUMNS = 5_000;

/** Of a connection that catalogs are read through: more comes only from a server that means harm. */
export const MAX_CONNECTION_BYTES = 256 * 1024 * 1024;
/** Of one statement's rows, which are in memory together (see `rowBytes`): all relations, with a comment each. */
export const MAX_STATEMENT_BYTES = 24 * 1024 * 1024;
/** Of one relation as JSON, which is made at a stretch. As many columns as there can be take a quarter of it. */
export const MAX_RELATION_CHARS = 2 * 1024 * 1024;
/** PostgreSQL has no more columns in a relation (MaxHeapAttributeNumber), dropped ones included. */
export const MAX_RELATION_COLUMNS = 1600;
/** Of the constraints of one relation, and of its indexes, each of which are sorted at a stretch: far beyond what is of use. */
export const MAX_RELATION_PARTS = 2000;

/** PostgreSQL as it is built by default has 63 bytes (NAMEDATALEN); some build it with more. */
export const MAX_NAME_CHARS = 255;
/** Of a snapshot before it is compressed: what its reader has to take. */
export const MAX_BODY_BYTES = 96 * 1024 * 1024;
/** Of a snapshot as it is kept, and held in memory to be stored and sent. */
export const MAX_COMPRESSED_BYTES = 8 * 1024 * 1024;

/** Of a text, such as a definition: a longer one is of a machine's making, and a row of it would be refused as too much. */
export const MAX_TEXT_CHARS = 100_000;

/** What was passed over is told by name for so many; a reader wants the first, and the number of all. */
export const MAX_SKIPPED = 100;

/** What a comparison leaves out is told for so many. */
export const MAX_NOT_COMPARED = 100;

/** The short form is read anew for each request and answered in one piece. */
export const MAX_CATALOG_RELATIONS = 2_000;
export const MAX_CATALOG_COLUMNS = 40_000;
/** Of its names and types. With the most columns that is a hundred for each. */
export const MAX_CATALOG_CHARS = 4 * 1024 * 1024;

/** A comparison is read by people; who is told of a thousand differences compares the snapshots themselves. */
export const MAX_DIFFERENCES = 1_000;
/** Of all that a comparison quotes: definitions may be long. */
export const MAX_DIFFERENCE_CHARS = 4 * 1024 * 1024;
