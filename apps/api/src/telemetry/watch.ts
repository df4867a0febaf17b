/** How the parts of the service are looked on at: from outside, so that they know nothing of it. */

/**
 * What a part does, by names of ours: each becomes a label of a metric and the name of a span, and there must not be
 * more of them than are written here.
 */
export type OperationName =
  | 'authenticate'
  | 'database.read'
  | 'database.transact'
  | 'database.maintain'
  | 'dns.ask'
  | 'issuer.fetch_keys'
  | 'upstream.connect'
  | 'upstream.check'
  | 'upstream.introspection';

export interface Operation {
  readonly name: OperationName;
  /** What else may be told of it, made only where it is: no secret, no parameter of a statement, no word of a caller. */
  readonly details?: () => Readonly<Record<string, string | number>>;
}

/**
 * Does the work, and looks at how long it takes and how it ends. What comes of the work is handed on as it is: nobody
 * who is looked on at notices.
 */
export type Watch = <T>(operation: Operation, work: () => Promise<T>) => Promise<T>;

/** Nobody looks on. */
export const unwatched: Watch = async (_operation, work) => await work();
