import { insert } from '@headgate/db';
import { DEFAULT_SSL_MODE, newId, type CreateReplica, type Replica } from '@headgate/schema';
import type { Answer } from '../answer.ts';
import type { Verb } from '../context.ts';
import { isConfigured } from '../databases/row.ts';
import { conflict } from '../errors.ts';
import { mutate } from '../mutate.ts';
import { checkLimit } from '../organizations/limits.ts';
import { countReplicas } from './count-replicas.ts';
import { lookupParent } from './lookup-parent.ts';
import { replicaEtag, replicaView, type ReplicaRow } from './row.ts';

interface Create {
  readonly databaseId: string;
  readonly replica: CreateReplica;
}

/** Registers a read replica of a database. */
export async function createReplica({ ctx, input }: Verb<Create>): Promise<Answer<Replica>> {
  const action = 'replica.create';
  return await mutate(ctx, action, async (tx) => {
    const { databaseId, replica } = input;
    const [database, replicas] = await Promise.all([
      lookupParent(ctx, tx, { databaseId, action, to: 'fill' }),
      countReplicas(tx, databaseId),
    ]);
    if (!isConfigured(database)) {
      throw conflict(
        'Its database is not configured yet, and a replica is reached with its credentials. PATCH the database with host, port, name, username and password first.',
      );
    }
    checkLimit(ctx, 'replicas_per_database', replicas);
    const now = ctx.clock.now();
    const { org_id: orgId, project_id: projectId } = database;
    const row: ReplicaRow = {
      id: newId('rep'),
      org_id: orgId,
      project_id: projectId,
      database_id: database.id,
      host: replica.host,
      port: replica.port,
      ssl_mode: replica.ssl_mode ?? DEFAULT_SSL_MODE,
      version: 1,
      created_at: now,
      updated_at: now,
      deleted_at: null,
    };
    const view = replicaView(row);
    return {
      on: database,
      writes: [insert('replicas', row)],
      audit: [{ action, orgId, projectId, resource: { kind: 'replica', id: row.id }, after: view }],
      answer: { view, etag: replicaEtag(row) },
    };
  });
}
