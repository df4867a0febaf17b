import type { CreateDatabase, Database } from '@headgate/schema';
import type { Verb } from '../context.ts';
import type { Answer } from '../answer.ts';
import { mutate } from '../mutate.ts';
import { checkLimit } from '../organizations/limits.ts';
import { lookupOwner } from '../projects/lookup-owner.ts';
import { countDatabases } from './count-databases.ts';
import { newDatabase } from './new-database.ts';

interface Create {
  readonly projectId: string;
  readonly database: CreateDatabase;
}

/** Registers a database in a project. */
export async function createDatabase({ ctx, input }: Verb<Create>): Promise<Answer<Database>> {
  return await mutate(ctx, 'database.create', async (tx) => {
    const { projectId: id } = input;
    const [project, databases] = await Promise.all([
      lookupOwner(ctx, tx, { id, action: 'database.create', to: 'fill' }),
      countDatabases(tx, id),
    ]);
    checkLimit(ctx, 'databases_per_project', databases);
    const { write, audit, answer } = await newDatabase(ctx, project, input.database);
    return { on: project, writes: [write], audit: [audit], answer };
  });
}
