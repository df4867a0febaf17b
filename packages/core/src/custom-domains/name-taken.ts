import { classifyFailure } from '@headgate/db';
import { conflict } from '../errors.ts';

/**
 * Says in these words that another row has the name: only the unique indexes of the table can tell, since the row may
 * be another tenant's, or be written at this moment. Nothing else that a custom domain's verbs write can be twice.
 *
 * @throws HeadgateError CONFLICT
 */
export async function orNameTaken<T>(message: string, work: Promise<T>): Promise<T> {
  return await work.catch((error: unknown) => {
    throw classifyFailure(error) === 'conflict' ? conflict(message) : error;
  });
}
