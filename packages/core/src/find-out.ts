/**
 * Waits for what is found out before a transaction, and hands it over in there. A failure waits too: an idempotency key
 * gets its first answer also when the world has changed since.
 */
export async function findOut<T>(work: Promise<T>): Promise<() => T> {
  return await work.then(
    (found) => () => found,
    (error: unknown) => () => {
      throw error;
    },
  );
}
