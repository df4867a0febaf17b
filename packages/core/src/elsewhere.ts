import type { Context } from './context.ts';

/** Does what waits for somebody else; where nobody is served meanwhile, it is just done. */
export async function elsewhere<T>(
  whileElsewhere: Context['whileElsewhere'],
  work: () => Promise<T>,
): Promise<T> {
  return await (whileElsewhere === undefined ? work() : whileElsewhere(work));
}
