import { z } from '@hono/zod-openapi';
import { body, boolean, ignored, integer, list, oneOf, text, timestamp } from '../fields.ts';
import {
  MAX_PORT,
  MAX_PUBLICATION_NAME_BYTES,
  MAX_PUBLISHED_TABLES,
  MAX_REPLICATION_SLOTS_AT_CREATION,
  MAX_SLOT_NAME_CHARS,
  MAX_TABLE_NAME_CHARS,
  MIN_PORT,
} from '../limits.ts';
import { CheckStep } from './connection-check.ts';
import { DEFAULT_SSL_MODE, SslMode, connection } from './connection.ts';
import { Warning } from './warning.ts';

/** Whether the data plane reads a slot. */
export const SLOT_STATUSES = ['active', 'disabled'] as const;
/** How a slot stands on its upstream; `unreachable` also when the database is another server now. */
const SLOT_STATES = ['present', 'missing', 'unreachable'] as const;
/** What may be made on an upstream for a slot. */
export const SLOT_PARTS = ['publication', 'slot'] as const;

const SlotStatus = oneOf(SLOT_STATUSES).openapi('ReplicationSlotStatus', {
  description: 'Whether the data plane reads the slot. One that nobody reads keeps WAL on its server.',
});

/** PostgreSQL manual, section 26.2.6.1. */
const SLOT_NAME = /^[a-z0-9_]*$/;
/** `schema.table`: each bare, or in double quotes with those in it doubled (PostgreSQL manual, section 4.1.1). */
const IDENTIFIER = String.raw`(?:[\p{L}_][\p{L}\p{N}_$]*|"(?:[^"\x00-\x1f\x7f-\x9f]|"")+")`;
const TABLE_NAME = new RegExp(`^${IDENTIFIER}\\.${IDENTIFIER}$`, 'u');

const names = {
  slot_name: text({ min: 1, max: MAX_SLOT_NAME_CHARS })
    .regex(SLOT_NAME, { error: 'must hold only lower-case letters, digits and underscores' })
    .openapi({
      pattern: SLOT_NAME.source,
      description: 'The slot on the upstream.',
      example: 'headgate_mydb',
    }),
  publication_name: text({ min: 1, max: MAX_PUBLICATION_NAME_BYTES })
    .refine((value) => new TextEncoder().encode(value).byteLength <= MAX_PUBLICATION_NAME_BYTES, {
      error: `must have at most ${MAX_PUBLICATION_NAME_BYTES} bytes`,
    })
    .openapi({ description: 'The publication whose changes are read.', example: 'headgate' }),
};

const { host, port, name: database, username, password } = connection;

/** The primary of a standby, in requests. */
const PrimaryInput = body({ host, port, database, username, password, ssl_mode: SslMode.optional() }).openapi(
  'ReplicationPrimaryRequest',
  {
    description:
      'The primary of a database that is a standby: publications are made there. It is reached with the certificates of the database.',
    example: {
      ...{
        host: 'primary.example.com',
        port: 5432,
        database: 'mydb',
        username: 'myuser',
        password: 'pa$$word',
      },
    },
  },
);

/** The request of `createReplicationSlot`. */
export const CreateReplicationSlot = body({
  ...names,
  status: SlotStatus.optional(),
  create_if_missing: boolean().optional().openapi({
    description:
      'Whether to make what the upstream lacks: first the publication, then the slot. What cannot be used together in the end is undone. False unless given.',
  }),
  tables: list(
    text({ min: 1, max: MAX_TABLE_NAME_CHARS })
      .regex(TABLE_NAME, {
        error: 'must be a table with its schema, as SQL writes it, such as public.orders or public."Orders"',
      })
      .openapi({ pattern: TABLE_NAME.source }),
    MAX_PUBLISHED_TABLES,
  )
    .min(1, { error: 'must have at least one table; leave it out for all tables' })
    .optional()
    .openapi({
      description:
        'With `create_if_missing`: what the publication is made for. Left out, it is for all tables, which needs a superuser. A publication that is there must have these tables, and is never changed.',
      example: ['public.orders'],
    }),
  primary: PrimaryInput.optional(),
})
  .superRefine(
    ({ tables, create_if_missing: create }, ctx) => {
      if (tables === undefined || create === true) return;
      const message = 'is for a publication that is made: set create_if_missing too, or leave it out';
      ctx.addIssue({ code: 'custom', path: ['tables'], message });
    },
    { when: ({ issues }) => issues.length === 0 },
  )
  .openapi('CreateReplicationSlotRequest', {
    example: { slot_name: 'headgate_mydb', publication_name: 'headgate', create_if_missing: true },
  });
export type CreateReplicationSlot = z.infer<typeof CreateReplicationSlot>;

/** Slots that are registered with their database. */
export const ReplicationSlotsInput = list(CreateReplicationSlot, MAX_REPLICATION_SLOTS_AT_CREATION)
  .superRefine((slots, ctx) => {
    slots.forEach(({ slot_name: name }, index) => {
      if (slots.findIndex((other) => other.slot_name === name) === index) return;
      ctx.addIssue({ code: 'custom', path: [index, 'slot_name'], message: 'must not be named twice' });
    });
  })
  .openapi({
    description:
      'Replication slots to register with the database, verified as `createReplicationSlot` does: all is made, or nothing.',
  });

const asRead = { description: 'Cannot be changed: what was read may be sent back.' };

/** The request of `updateReplicationSlot`: all but its status is what the upstream was verified with. */
export const UpdateReplicationSlot = body({
  status: oneOf([...SLOT_STATUSES, '']).openapi({
    description: 'A ReplicationSlotStatus; `""` changes nothing.',
  }),
  slot_name: text({ max: MAX_SLOT_NAME_CHARS }).openapi(asRead),
  publication_name: text({ max: MAX_PUBLICATION_NAME_BYTES }).openapi(asRead),
  primary: body({ host, port, database, username, password, ssl_mode: SslMode }).partial().openapi(asRead),
  id: ignored,
  project_id: ignored,
  database_id: ignored,
  upstream: ignored,
  created: ignored,
  warnings: ignored,
  created_at: ignored,
  updated_at: ignored,
})
  .partial()
  .openapi('UpdateReplicationSlotRequest', { example: { status: 'disabled' } });
export type UpdateReplicationSlot = z.infer<typeof UpdateReplicationSlot>;

const SLOT_EXAMPLE = {
  id: 'slot_01h455vb4pex5vsknk084sn02s',
  project_id: 'prj_01h455vb4pex5vsknk084sn02r',
  database_id: 'db_01h455vb4pex5vsknk084sn02q',
  slot_name: 'headgate_mydb',
  publication_name: 'headgate',
  status: 'active' as const,
  created_at: '2026-11-21T08:30:00.000Z',
  updated_at: '2026-11-21T08:30:00.000Z',
};

const slot = {
  id: z.string(),
  project_id: z.string(),
  database_id: z.string(),
  ...names,
  status: SlotStatus,
  primary: z
    .object({ host, port: integer(MIN_PORT, MAX_PORT), database, username, ssl_mode: SslMode })
    .optional()
    .openapi({ description: `Of a standby. Its ssl_mode is ${DEFAULT_SSL_MODE} unless it was given.` }),
  created_at: timestamp(),
  updated_at: timestamp(),
};

/** A registered slot in answers. */
export const ReplicationSlot = z.object(slot).openapi('ReplicationSlot', { example: SLOT_EXAMPLE });
export type ReplicationSlot = z.infer<typeof ReplicationSlot>;

/** The answer of `createReplicationSlot`. */
export const CreatedReplicationSlot = z
  .object({
    ...slot,
    created: z.array(oneOf(SLOT_PARTS)).openapi({ description: 'What was made on the upstream for it.' }),
    warnings: z
      .array(Warning)
      .optional()
      .openapi({ description: 'What its owner should know; left out when nothing.' }),
  })
  .openapi('CreatedReplicationSlot', { example: { ...SLOT_EXAMPLE, created: ['publication', 'slot'] } });
export type CreatedReplicationSlot = z.infer<typeof CreatedReplicationSlot>;

const lsn = (description: string) => z.string().optional().openapi({ description, example: '0/16B3748' });
const bytes = (description: string) => z.int().min(0).optional().openapi({ description });

const SlotState = z
  .object({
    state: oneOf(SLOT_STATES).openapi({
      description:
        'Whether the upstream has the slot. `unreachable` when it cannot be said: `error` tells why. What is not known is left out.',
    }),
    active: boolean().optional().openapi({ description: 'Whether something reads it now.' }),
    active_pid: z.int().optional().openapi({ description: "The server's process that reads it." }),
    restart_lsn: lsn('From here on the server keeps WAL for it.'),
    confirmed_flush_lsn: lsn('Up to here its reader has confirmed to have everything.'),
    lag_bytes: bytes(
      'How much WAL comes after what its reader has confirmed; on a standby, of what is replayed there.',
    ),
    wal_status: oneOf(['reserved', 'extended', 'unreserved', 'lost']).optional().openapi({
      description: 'Whether the WAL that it needs is there (PostgreSQL manual, `pg_replication_slots`).',
    }),
    safe_wal_size: z.int().optional().openapi({
      description:
        'How many bytes may still be written before it may be lost; left out where there is no limit.',
    }),
    invalidation_reason: oneOf(['wal_removed', 'rows_removed', 'wal_level_insufficient', 'idle_timeout'])
      .optional()
      .openapi({ description: 'Why it cannot be used any more.' }),
    checked_at: timestamp(),
    warnings: z.array(Warning).optional(),
    error: CheckStep.pick({ code: true, message: true, hint: true })
      .optional()
      .openapi('ReplicationSlotError', { description: 'Why it is not known how the slot stands.' }),
  })
  .openapi('ReplicationSlotState');
export type SlotState = z.infer<typeof SlotState>;

/** The answer of `getReplicationSlot`. */
export const LiveReplicationSlot = z.object({ ...slot, upstream: SlotState }).openapi('LiveReplicationSlot', {
  example: {
    ...SLOT_EXAMPLE,
    upstream: {
      ...{ state: 'present', active: true, active_pid: 4711, restart_lsn: '0/16B3710' },
      ...{ confirmed_flush_lsn: '0/16B3748', lag_bytes: 1024, wal_status: 'reserved' },
      checked_at: '2026-11-21T08:30:00.000Z',
    },
  },
});
export type LiveReplicationSlot = z.infer<typeof LiveReplicationSlot>;

export const ReplicationSlotList = z
  .object({ replication_slots: z.array(ReplicationSlot), next_page_token: z.string().optional() })
  .openapi('ListReplicationSlotsResponse', { example: { replication_slots: [SLOT_EXAMPLE] } });
export type ReplicationSlotList = z.infer<typeof ReplicationSlotList>;
