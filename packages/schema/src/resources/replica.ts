import { z } from '@hono/zod-openapi';
import { body, ignored, integer, timestamp } from '../fields.ts';
import { MAX_PORT, MIN_PORT } from '../limits.ts';
import { DEFAULT_SSL_MODE, SslMode, SslModeChange, certificates, connection } from './connection.ts';
import { host } from './host.ts';
import { Warning } from './warning.ts';

const address = {
  host: host().openapi({ example: 'replica.example.com' }),
  port: integer(MIN_PORT, MAX_PORT).openapi({ example: 5432 }),
};

const password = connection.password.openapi({
  description:
    'The password of its database. Needed where the stored one would be sent to another host or port or over weaker TLS than it was stored for, and you do not hold `secrets:read`; and to approve again a replica that says `password_required`.',
});

/** The request of `createReplica`, and of `testReplicaRegistration`. */
export const CreateReplica = body({
  ...address,
  ssl_mode: SslMode.optional(),
  ca_certificate_id: certificates.ca_certificate_id.optional(),
  client_certificate_id: certificates.client_certificate_id.optional(),
  password: password.optional(),
}).openapi('CreateReplicaRequest', { example: { host: 'replica.example.com', port: 5432 } });
export type CreateReplica = z.infer<typeof CreateReplica>;

const changes = { ...address, ssl_mode: SslModeChange, ...certificates, password };

/** The request of `updateReplica`: what is left out stays as it is. */
export const UpdateReplica = body({
  ...changes,
  id: ignored,
  database_id: ignored,
  created_at: ignored,
  updated_at: ignored,
  password_required: ignored,
  warnings: ignored,
})
  .partial()
  .openapi('UpdateReplicaRequest', { example: { port: 5433 } });
export type UpdateReplica = z.infer<typeof UpdateReplica>;

/** The request of `testReplicaConnection`: a change that is not made. */
export const TestReplicaConnection = body(changes)
  .partial()
  .openapi('TestReplicaConnectionRequest', { example: { port: 5433 } });
export type TestReplicaConnection = z.infer<typeof TestReplicaConnection>;

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
    ca_certificate_id: z.string().optional(),
    client_certificate_id: z.string().optional(),
    password_required: z.boolean().optional().openapi({
      readOnly: true,
      description:
        'True when the database has another password than the one that this replica was approved for: nobody but a caller who holds `secrets:read` has it sent there, until `updateReplica` is given the password. Absent otherwise.',
    }),
    created_at: timestamp(),
    updated_at: timestamp(),
    warnings: z.array(Warning).optional().openapi({
      readOnly: true,
      description: 'What its owner should know of it; only where it was just made or changed.',
    }),
  })
  .openapi('Replica', { example: REPLICA_EXAMPLE });
export type Replica = z.infer<typeof Replica>;

export const ReplicaList = z
  .object({ replicas: z.array(Replica), next_page_token: z.string().optional() })
  .openapi('ListReplicasResponse', { example: { replicas: [REPLICA_EXAMPLE] } });
export type ReplicaList = z.infer<typeof ReplicaList>;
