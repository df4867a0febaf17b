import type { CreateDatabase, Database } from '@headgate/schema';
import type { Verb } from '../context.ts';
import { mutate, type Answer } from '../mutate.ts';
import { lookupOwner } from '../projects/lookup-owner.ts';
import { newDatabase } from './new-database.ts';

interface Create {
  readonly projectId: string;
  readonly database: CreateDatabase;
}

/** Registers a database in a project. */
export async function createDatabase({ ctx, input }: Verb<Create>): Promise<Answer<Database>> {
  return await mutate(ctx, 'database.create', async (tx) => {
    const project = await lookupOwner(ctx, tx, { id: input.projectId, action: 'database.create', to: 'add' });
    const { write, audit, answer } = await newDatabase(ctx, project, input.database);
    return { on: project, writes: [write], audit: [audit], answer };
  });
}
