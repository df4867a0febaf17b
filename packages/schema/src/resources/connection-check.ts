import { z } from '@hono/zod-openapi';
import { Warning } from './warning.ts';

/** The steps of a check, in their order; the last one for replicas alone. */
export const CHECK_NAMES = ['name', 'address', 'reach', 'tls', 'login', 'server', 'replica'] as const;
/** What a replication slot needs, after these. */
export const SLOT_CHECK_NAMES = [
  'role',
  'wal_level',
  'replication_slots',
  'primary',
  'publication',
  'slot',
  'publication_before_slot',
] as const;
export const CHECK_OUTCOMES = ['passed', 'warned', 'failed', 'skipped'] as const;
/** What may answer in place of the server. */
export const POOLERS = ['pgbouncer', 'supavisor', 'neon', 'rds_proxy', 'unknown'] as const;
export const BUDGET_STATES = ['fits', 'tight', 'exceeds'] as const;

const count = () => z.int().min(0);

/** One step of a check. */
export const CheckStep = z
  .object({
    name: z.enum([...CHECK_NAMES, ...SLOT_CHECK_NAMES]),
    outcome: z.enum(CHECK_OUTCOMES).openapi({
      description:
        '`skipped` for what was not looked at: what comes after a failure, `tls` of a connection without encryption, `primary` where the database is no standby, and what `create_if_missing` is to make.',
    }),
    duration_ms: z.number().min(0).openapi({
      description:
        '0 for what was not measured by itself. One answer tells all that a replication slot needs: the first of these has its duration.',
    }),
    code: z.string().optional().openapi({
      description:
        'What is wrong; stable, branch on it. Like the next two, only of a step that failed or warned.',
      example: 'refused',
    }),
    message: z.string().optional().openapi({ description: 'What is wrong, for people.' }),
    hint: z.string().optional().openapi({ description: 'What to do about it.' }),
  })
  .openapi('CheckStep');
export type CheckStep = z.infer<typeof CheckStep>;

const ServerFacts = z
  .object({
    version: z.string().optional(),
    version_number: z.int().optional().openapi({ description: 'As `server_version_num` says it.' }),
    in_recovery: z.boolean().optional().openapi({ description: 'Whether it is a standby.' }),
    tls: z.string().optional().openapi({ description: 'Such as `TLSv1.3`; absent without encryption.' }),
    max_connections: count().optional(),
    reserved_connections: count().optional(),
    used_connections: count().optional().openapi({ description: 'By others, at that moment.' }),
    wal_level: z.string().optional(),
    wal_position: z.string().optional().openapi({ description: 'Of a primary, such as `0/3000148`.' }),
    max_replication_slots: count().optional(),
    time_zone: z.string().optional(),
    extensions: z
      .array(z.object({ name: z.string(), version: z.string() }))
      .optional()
      .openapi({ description: 'Those that matter to pooling and caching.' }),
    pooler: z.enum(POOLERS).optional().openapi({ description: 'What answers in place of the server.' }),
    system_identifier: z.string().optional().openapi({
      description: 'The same for a primary and all that follows it.',
    }),
    replication_lag_bytes: count().optional().openapi({
      description: 'Of a replica: what it lacks of its primary, or has received and not replayed.',
    }),
    replication_lag_seconds: z.number().min(0).nullable().optional().openapi({
      description: 'Of a replica: the age of what it replayed last; null when nothing is left to replay.',
    }),
  })
  .openapi('ServerFacts', {
    description: 'What the server tells of itself. What it does not tell this role is left out.',
  });

const ConnectionBudget = z
  .object({
    max_connections: count(),
    reserved: count(),
    used: count().openapi({ description: 'By others than Headgate, at that moment.' }),
    role_limit: count().optional(),
    database_limit: count().optional(),
    available: count().openapi({ description: 'What is left for pools, by the narrowest of these limits.' }),
    wanted: count().openapi({
      description:
        'What the pools of the project may take of this server together. Servers are told apart by host and port as they are written: `localhost` and `127.0.0.1` count as two.',
    }),
    state: z.enum(BUDGET_STATES),
  })
  .openapi('ConnectionBudget', {
    description: 'What the server allows against what pools may take. All are numbers of connections.',
  });

/** What came of a check. */
export const ConnectionCheck = z
  .object({
    ok: z.boolean(),
    latency_ms: z.number().min(0).nullable().openapi({
      description: 'From the first step to readiness; null when it never was.',
    }),
    error: z.string().optional().openapi({ description: 'What is wrong, in a sentence; only when not ok.' }),
    server_version: z.string().optional(),
    checks: z.array(CheckStep).openapi({ description: 'Every step, in order.' }),
    server: ServerFacts.optional(),
    connection_budget: ConnectionBudget.optional(),
    warnings: z.array(Warning),
  })
  .openapi('TestConnectionResult', {
    example: {
      ok: true,
      latency_ms: 14,
      server_version: '15.18',
      checks: [
        { name: 'name', outcome: 'passed', duration_ms: 1 },
        { name: 'address', outcome: 'passed', duration_ms: 0 },
        { name: 'reach', outcome: 'passed', duration_ms: 1 },
        { name: 'tls', outcome: 'passed', duration_ms: 5 },
        { name: 'login', outcome: 'passed', duration_ms: 7 },
        { name: 'server', outcome: 'passed', duration_ms: 12 },
      ],
      server: {
        version: '15.18',
        version_number: 150_018,
        in_recovery: false,
        tls: 'TLSv1.3',
        max_connections: 100,
        reserved_connections: 3,
        used_connections: 0,
        wal_level: 'logical',
        wal_position: '0/19256B8',
        max_replication_slots: 10,
        time_zone: 'Etc/UTC',
        extensions: [],
        system_identifier: '7710660281039001407',
      },
      connection_budget: {
        ...{ max_connections: 100, reserved: 3, used: 0 },
        ...{ available: 97, wanted: 10, state: 'fits' },
      },
      warnings: [],
    },
  });
export type ConnectionCheck = z.infer<typeof ConnectionCheck>;
