import {
  DEFAULT_CACHE_CONFIG,
  DEFAULT_POOL_CONFIG,
  poolConfigErrors,
  type CacheConfigInput,
  type FieldError,
  type PoolConfigInput,
} from '@headgate/schema';
import type { Settings } from '../context.ts';
import { invalidInput } from '../errors.ts';
import type { DatabaseRow } from './row.ts';

type PoolColumns = Pick<DatabaseRow, 'pool_size' | 'pool_min_size' | 'pool_mode' | 'pool_max_active'>;
type CacheColumns = Pick<
  DatabaseRow,
  'cache_enabled' | 'cache_ttl_seconds' | 'cache_max_entries' | 'cache_swr_seconds'
>;

export const DEFAULT_COLUMNS: PoolColumns & CacheColumns = {
  pool_size: DEFAULT_POOL_CONFIG.pool_size,
  pool_min_size: DEFAULT_POOL_CONFIG.min_pool_size,
  pool_mode: DEFAULT_POOL_CONFIG.pool_mode,
  pool_max_active: DEFAULT_POOL_CONFIG.max_active,
  cache_enabled: DEFAULT_CACHE_CONFIG.enabled,
  cache_ttl_seconds: DEFAULT_CACHE_CONFIG.ttl_seconds,
  cache_max_entries: DEFAULT_CACHE_CONFIG.max_entries,
  cache_swr_seconds: DEFAULT_CACHE_CONFIG.swr_seconds,
};

/** A configuration that may be given in part. */
interface Given {
  readonly pool_config?: PoolConfigInput | undefined;
  readonly cache_config?: CacheConfigInput | undefined;
  readonly pool_region?: string | undefined;
}

/**
 * The pool and cache columns: what is given, over what there is.
 *
 * @throws HeadgateError INVALID_INPUT when the result breaks a rule between fields, or names a region that is not offered
 */
export function configure(
  current: PoolColumns & CacheColumns,
  given: Given,
  settings: Settings,
): PoolColumns & CacheColumns {
  const { pool_config: pool = {}, cache_config: cache = {} } = given;
  const poolSize = pool.pool_size ?? current.pool_size;
  const columns = {
    pool_size: poolSize,
    pool_min_size: pool.min_pool_size ?? current.pool_min_size,
    pool_mode: pool.pool_mode ?? current.pool_mode,
    pool_max_active: maxActive(pool.max_active, current.pool_max_active, poolSize),
    cache_enabled: cache.enabled ?? current.cache_enabled,
    cache_ttl_seconds: cache.ttl_seconds ?? current.cache_ttl_seconds,
    cache_max_entries: cache.max_entries ?? current.cache_max_entries,
    cache_swr_seconds: cache.swr_seconds ?? current.cache_swr_seconds,
  };
  const [first, ...others] = [...poolErrors(columns), ...regionErrors(given.pool_region, settings)];
  if (first !== undefined) throw invalidInput([first, ...others]);
  return columns;
}

/** Where it is not given, zero or absent, it makes room for the pool that is. */
function maxActive(given: number | undefined, current: number, poolSize: number): number {
  if (given === undefined) return Math.max(current, poolSize);
  return given === 0 ? Math.max(DEFAULT_POOL_CONFIG.max_active, poolSize) : given;
}

function poolErrors(columns: PoolColumns): FieldError[] {
  return poolConfigErrors({
    pool_size: columns.pool_size,
    min_pool_size: columns.pool_min_size,
    pool_mode: columns.pool_mode,
    max_active: columns.pool_max_active,
  });
}

function regionErrors(region: string | undefined, { regions }: Settings): FieldError[] {
  if (
    region === undefined ||
    region === '' ||
    regions.some(({ id, available }) => available && id === region)
  )
    return [];
  const offered = regions.filter(({ available }) => available).map(({ id }) => JSON.stringify(id));
  return [
    { field: 'pool_region', message: `must be one of the regions offered here: ${offered.join(', ')}` },
  ];
}
