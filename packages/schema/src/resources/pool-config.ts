import { z } from '@hono/zod-openapi';
import type { FieldError } from '../envelope.ts';
import { body, integer, oneOf } from '../fields.ts';
import { MAX_POOL_CONNECTIONS } from '../limits.ts';

export const POOL_MODES = ['session', 'transaction', 'statement'] as const;

/** Session mode breaks no client; the others are chosen by those who know that theirs can take it. */
export const DEFAULT_POOL_CONFIG = {
  pool_size: 10,
  min_pool_size: 1,
  pool_mode: 'session',
  max_active: 200,
} as const;

const sizes = {
  pool_size: integer(1, MAX_POOL_CONNECTIONS).openapi({
    description: 'Upstream connections that the pool opens at most.',
  }),
  min_pool_size: integer(1, MAX_POOL_CONNECTIONS).openapi({
    description: 'Upstream connections kept open when idle.',
  }),
  pool_mode: oneOf(POOL_MODES).openapi({ description: 'When an upstream connection goes back to the pool.' }),
};
const MAX_ACTIVE = 'Client connections served at once, at most.';

/** How connections to a database are pooled: `min_pool_size` <= `pool_size` <= `max_active`. */
export const PoolConfig = z
  .object({ ...sizes, max_active: integer(1, MAX_POOL_CONNECTIONS).openapi({ description: MAX_ACTIVE }) })
  .openapi('PoolConfig', { example: DEFAULT_POOL_CONFIG });
export type PoolConfig = z.infer<typeof PoolConfig>;

/** The same in a request, where what is left out keeps its value or takes its default. */
export const PoolConfigInput = body({
  ...sizes,
  max_active: integer(0, MAX_POOL_CONNECTIONS).openapi({
    description: `${MAX_ACTIVE} Zero means the default, ${DEFAULT_POOL_CONFIG.max_active}, or pool_size where that is more.`,
  }),
})
  .partial()
  .openapi('PoolConfigInput', {
    description:
      'What is left out keeps its value, or takes its default at creation; a max_active that is left out is raised to pool_size where it is less. The result must have min_pool_size <= pool_size <= max_active.',
  });
export type PoolConfigInput = z.infer<typeof PoolConfigInput>;

/** What a pool configuration breaks of `min_pool_size` <= `pool_size` <= `max_active`, after defaults are filled in. */
export function poolConfigErrors(config: PoolConfig): FieldError[] {
  const errors: FieldError[] = [];
  if (config.min_pool_size > config.pool_size) {
    errors.push({
      field: 'pool_config.min_pool_size',
      message: `must not be above pool_size, which is ${config.pool_size}; lower it or raise pool_size`,
    });
  }
  if (config.pool_size > config.max_active) {
    errors.push({
      field: 'pool_config.pool_size',
      message: `must not be above max_active, which is ${config.max_active}; lower it or raise max_active`,
    });
  }
  return errors;
}
