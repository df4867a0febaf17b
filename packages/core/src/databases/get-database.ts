import type { Database } from '@headgate/schema';
import type { Verb } from '../context.ts';
import type { Answer } from '../answer.ts';
import { reader } from '../reader.ts';
import { lookupDatabase, type DatabasePath } from './lookup-database.ts';
import { databaseEtag, databaseView } from './row.ts';

/** One database, without its password. */
export async function getDatabase({ ctx, input }: Verb<DatabasePath>): Promise<Answer<Database>> {
  const database = await lookupDatabase(ctx, reader(ctx), { ...input, action: 'database.get', to: 'read' });
  return { view: databaseView(database, ctx.settings), etag: databaseEtag(database) };
}
