import { prepare, query, type Store } from '@headgate/db';

const select = prepare(() =>
  query
    .selectFrom('organizations')
    .select(['org_id', 'max_requests_per_second'])
    .where('max_requests_per_second', 'is not', null),
);

/**
 * What an operator has said of the requests per second of these organizations, by their ids. One that is not named
 * has the default. It reads for the tenants whose counts are about to be taken, before any verb has a context.
 */
export async function readRequestRates(
  store: Store,
  orgIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await store.read(orgIds, select());
  return new Map(
    rows.flatMap(({ org_id: orgId, max_requests_per_second: rate }) =>
      rate === null ? [] : [[orgId, rate]],
    ),
  );
}
