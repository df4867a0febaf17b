import type { AsyncLocalStorage } from 'node:async_hooks';
import type { Context } from '@opentelemetry/api';

/** In which span work is done, as far as work is done for a request that is traced. */
export type ActiveSpan = AsyncLocalStorage<Context>;
