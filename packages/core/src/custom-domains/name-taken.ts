import { isTaken } from '@headgate/db';
import { conflict } from '../errors.ts';

/** A name is verified for one project, and claimed once in each. */
const INDEXES = ['custom_domains_verified', 'custom_domains_of_project'];

/**
 * Says in these words that another row has the name: only the unique indexes of the table can tell, since the row may
 * be another tenant's, or be written at this moment.
 *
 * @throws HeadgateError CONFLICT
 */
export async function orNameTaken<T>(message: string, work: Promise<T>): Promise<T> {
  return await work.catch((error: unknown) => {
    throw INDEXES.some((index) => isTaken(error, index)) ? conflict(message) : error;
  });
}
