import type { TenantTransaction } from '@headgate/db';
import { tenantsOf, type Context } from './context.ts';

/** Reads outside a transaction, for the caller's tenants. */
export function reader(ctx: Context): Pick<TenantTransaction, 'run'> {
  const tenants = tenantsOf(ctx);
  return { run: async (query) => await ctx.store.read(tenants, query) };
}
