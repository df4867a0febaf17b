import type { CreateDatabase, CreateProject } from '@headgate/schema';
import { uniqueName } from './actors.ts';

/** A database as a request describes it, with a password of its own that a test can look for. */
export function databaseInput(over: Partial<CreateDatabase> = {}): CreateDatabase {
  return {
    host: 'db.example.com',
    port: 5432,
    name: 'mydb',
    username: 'myuser',
    password: uniqueName('pa$$word'),
    ...over,
  };
}

/** A project as a request describes it, without a database unless one is given. */
export function projectInput(orgId: string, over: Partial<CreateProject> = {}): CreateProject {
  return { name: uniqueName('project'), org_id: orgId, ...over };
}
