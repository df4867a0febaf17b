/** What a verb answers. */
export interface Answer<V> {
  readonly view: V;
  readonly etag?: string | undefined;
  /** What the view may not hold, since views are kept in the open: shown to this caller once. */
  readonly secret?: string | undefined;
  /** Whether this is the first answer to an idempotency key, given again. */
  readonly replayed?: boolean | undefined;
}
