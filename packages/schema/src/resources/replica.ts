import { z } from '@hono/zod-openapi';
import { body, ignored, integer, oneOf, timestamp } from '../fields.ts';
import { MAX_PORT, MIN_PORT } from '../limits.ts';
import { DEFAULT_SSL_MODE, SSL_MODES, SslMode } from './database.ts';
import { host } from './host.ts';

const address = {
  host: host().openapi({ example: 'replica.example.com' }),
  port: integer(MIN_PORT, MAX_PORT).openapi({ example: 5432 }),
};

/** The request of `createReplica`. */
export const CreateReplica = body({
  ...address,
  ssl_mode: SslMode.optional().openapi({ description: `${DEFAULT_SSL_MODE} unless given.` }),
}).openapi('CreateReplicaRequest', { example: { host: 'replica.example.com', port: 5432 } });
export type CreateReplica = z.infer<typeof CreateReplica>;

/** The request of `updateReplica`: what is left out stays as it is. */
export const UpdateReplica = body({
  ...address,
  ssl_mode: oneOf([...SSL_MODES, '']).openapi({ description: 'An SSLMode; `""` changes nothing.' }),
  id: ignored,
  database_id: ignored,
  created_at: ignored,
  updated_at: ignored,
})
  .partial()
  .openapi('UpdateReplicaRequest', { example: { port: 5433 } });
export type UpdateReplica = z.infer<typeof UpdateReplica>;

const REPLICA_EXAMPLE = {
  id: 'rep_01h455vb4pex5vsknk084sn02s',
  database_id: 'db_01h455vb4pex5vsknk084sn02q',
  host: 'replica.example.com',
  port: 5432,
  ssl_mode: DEFAULT_SSL_MODE,
  created_at: '2026-11-21T08:30:00.000Z',
  updated_at: '2026-11-21T08:30:00.000Z',
};

/** A read replica in answers. It is reached with the name, user and password of its database. */
export const Replica = z
  .object({
    id: z.string(),
    database_id: z.string(),
    host: z.string(),
    port: integer(MIN_PORT, MAX_PORT),
    ssl_mode: SslMode,
    created_at: timestamp(),
    updated_at: timestamp(),
  })
  .openapi('Replica', { example: REPLICA_EXAMPLE });
export type Replica = z.infer<typeof Replica>;

export const ReplicaList = z
  .object({ replicas: z.array(Replica), next_page_token: z.string().optional() })
  .openapi('ListReplicasResponse', { example: { replicas: [REPLICA_EXAMPLE] } });
export type ReplicaList = z.infer<typeof ReplicaList>;
