import { prepare, query, type TenantTransaction } from '@headgate/db';
import { comparable } from '../host-name.ts';

interface Server {
  readonly host: string;
  readonly port: number;
}

interface Asked extends Server {
  readonly projectId: string;
  /** The database or replica that is looked at, which may be about to change: it is counted as it would be. */
  readonly id: string;
  readonly poolSize: number;
}

/** The pools of a project's databases, and of their replicas, which are as large. */
const poolSizes = prepare((projectId: string, id: string) =>
  query
    .selectFrom('databases')
    .select(['host', 'port', 'pool_size'])
    .where('project_id', '=', projectId)
    .where('deleted_at', 'is', null)
    .where('id', '<>', id)
    .unionAll(
      query
        .selectFrom('replicas')
        .innerJoin('databases', 'databases.id', 'replicas.database_id')
        .select(['replicas.host', 'replicas.port', 'databases.pool_size'])
        .where('databases.project_id', '=', projectId)
        .where('databases.deleted_at', 'is', null)
        .where('replicas.deleted_at', 'is', null)
        .where('replicas.id', '<>', id),
    ),
);

/** How many connections the pools of a project may open to one server together. */
export async function wantedConnections(
  { run }: Pick<TenantTransaction, 'run'>,
  { projectId, id, poolSize, ...server }: Asked,
): Promise<number> {
  const others = await run(poolSizes(projectId, id));
  return others
    .filter((other) => isSame(other, server))
    .reduce((sum, { pool_size: size }) => sum + size, poolSize);
}

function isSame(one: Server, other: Server): boolean {
  return one.port === other.port && comparable(one.host) === comparable(other.host);
}
