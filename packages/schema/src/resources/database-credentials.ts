import type { z } from '@hono/zod-openapi';
import { body, integer, timestamp } from '../fields.ts';
import { DEFAULT_CREDENTIALS_GRACE_SECONDS, MAX_CREDENTIALS_GRACE_SECONDS } from '../limits.ts';
import { Connection } from './connection.ts';
import { DATABASE_EXAMPLE, Database } from './database.ts';

/** The request of `rotateDatabaseCredentials`. */
export const RotateDatabaseCredentials = body({
  username: Connection.shape.username.optional(),
  password: Connection.shape.password,
  grace_seconds: integer(0, MAX_CREDENTIALS_GRACE_SECONDS)
    .openapi({
      description: `How long the credentials before can be put back, in seconds; ${DEFAULT_CREDENTIALS_GRACE_SECONDS} when it is left out. With 0 they are forgotten at once.`,
    })
    .optional(),
}).openapi('RotateDatabaseCredentialsRequest', {
  example: { username: 'myuser_2', password: 'pa$$word', grace_seconds: DEFAULT_CREDENTIALS_GRACE_SECONDS },
});
export type RotateDatabaseCredentials = z.infer<typeof RotateDatabaseCredentials>;

/** What `rotateDatabaseCredentials` answers: the database with the credentials that are in force now. */
export const RotatedDatabaseCredentials = Database.extend({
  previous_until: timestamp().nullable().openapi({
    description: 'Until when the credentials before can be put back; null when they were forgotten.',
  }),
}).openapi('RotatedDatabaseCredentials', {
  example: { ...DATABASE_EXAMPLE, previous_until: '2026-11-22T08:30:00.000Z' },
});
export type RotatedDatabaseCredentials = z.infer<typeof RotatedDatabaseCredentials>;
