import { z } from '@hono/zod-openapi';
import { oneOf, timestamp } from '../fields.ts';

/** The health of the service as its clients see it. */
export const Health = z
  .object({
    status: oneOf(['ok', 'degraded']),
    version: z.string(),
    image_sha: z.string().openapi({ description: 'The image that runs, or `unknown`.' }),
    timestamp: timestamp(),
  })
  .openapi('HealthResponse', {
    example: { status: 'ok', version: '0.1.0', image_sha: 'unknown', timestamp: '2026-11-21T08:30:00.000Z' },
  });
export type Health = z.infer<typeof Health>;

/** Whether the process lives. */
export const Liveness = z
  .object({ status: z.literal('ok') })
  .openapi('Liveness', { example: { status: 'ok' } });
export type Liveness = z.infer<typeof Liveness>;

const check = oneOf(['ok', 'failed']);

/** Whether the instance should be sent requests, and what of it is not ready. */
export const Readiness = z
  .object({
    status: oneOf(['ready', 'not_ready']),
    checks: z.object({
      database: check.openapi({ description: 'The metadata database answers and is migrated.' }),
      keys: check.openapi({ description: "The issuer's keys are at hand." }),
      accepting: check.openapi({ description: 'The instance is not draining.' }),
    }),
  })
  .openapi('Readiness', {
    example: { status: 'ready', checks: { database: 'ok', keys: 'ok', accepting: 'ok' } },
  });
export type Readiness = z.infer<typeof Readiness>;
