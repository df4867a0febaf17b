import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DEFAULT_POOL_CONFIG, PoolConfig, poolConfigErrors } from '../src/resources/pool-config.ts';

const size = fc.integer({ min: 1, max: 10_000 });
const near = fc.integer({ min: 1, max: 4 });
const config = fc.record({
  pool_size: fc.oneof(size, near),
  min_pool_size: fc.oneof(size, near),
  max_active: fc.oneof(size, near),
  pool_mode: fc.constant('session' as const),
});

test('there is an error exactly when min_pool_size <= pool_size <= max_active does not hold', () => {
  fc.assert(
    fc.property(config, (given) => {
      const holds = given.min_pool_size <= given.pool_size && given.pool_size <= given.max_active;
      expect(poolConfigErrors(given).length === 0).toBe(holds);
    }),
  );
});

test('each error names a field of the configuration, and the value that it must not pass', () => {
  fc.assert(
    fc.property(config, (given) => {
      for (const { field, message } of poolConfigErrors(given)) {
        expect(['pool_config.min_pool_size', 'pool_config.pool_size']).toContain(field);
        const bound = field.endsWith('min_pool_size') ? given.pool_size : given.max_active;
        expect(message).toContain(`which is ${bound};`);
      }
    }),
  );
});

test('both rules are told of when both are broken', () => {
  const broken = { ...DEFAULT_POOL_CONFIG, min_pool_size: 30, pool_size: 20, max_active: 10 };
  expect(poolConfigErrors(broken).map(({ field }) => field)).toEqual([
    'pool_config.min_pool_size',
    'pool_config.pool_size',
  ]);
});

test('the defaults keep the rules and the limits', () => {
  expect(poolConfigErrors(DEFAULT_POOL_CONFIG)).toEqual([]);
  expect(PoolConfig.parse(DEFAULT_POOL_CONFIG)).toEqual(DEFAULT_POOL_CONFIG);
});
