/** Resolves with the work, or rejects when it takes longer. Whatever becomes of it then, nobody waits for it any more. */
export async function withinTime<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      work.catch(() => {});
      reject(new Error(`no answer within ${timeoutMs} ms`));
    }, timeoutMs);
  });
  return await Promise.race([work, timeout]).finally(() => clearTimeout(timer));
}
