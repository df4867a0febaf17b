import postgres from 'postgres';
import type { KindName, Model } from './model/rows.ts';

/** The table of each kind, and the column that says since when one is gone; cache rules are gone for good. */
const TABLES: Readonly<Record<KindName, { readonly table: string; readonly goneAt: string | null }>> = {
  project: { table: 'projects', goneAt: 'deleted_at' },
  database: { table: 'databases', goneAt: 'deleted_at' },
  replica: { table: 'replicas', goneAt: 'deleted_at' },
  certificate: { table: 'certificates', goneAt: 'deleted_at' },
  custom_domain: { table: 'custom_domains', goneAt: 'deleted_at' },
  cache_rule: { table: 'cache_rules', goneAt: null },
  api_key: { table: 'api_keys', goneAt: 'revoked_at' },
};

/** How many there are, by the organization, what is counted, and whether it is gone. */
type Counts = Map<string, number>;

/** Whether the tables hold exactly what the models do, row for row: what was found wrong, in words. */
export async function problemsInTables(url: string, models: readonly Model[]): Promise<string[]> {
  const [wanted, found] = [countModels(models), await countTables(url)];
  const keys = new Set([...wanted.keys(), ...found.keys()]);
  return [...keys]
    .filter((key) => wanted.get(key) !== found.get(key))
    .map((key) => `${key}: ${found.get(key) ?? 0} rows, and the model has ${wanted.get(key) ?? 0}`);
}

async function countTables(url: string): Promise<Counts> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  const counts: Counts = new Map();
  try {
    for (const { table, goneAt } of Object.values(TABLES)) {
      const isGone = goneAt === null ? sql`false` : sql`${sql(goneAt)} is not null`;
      const rows = await sql<{ org_id: string; gone: boolean; count: number }[]>`
        select org_id, ${isGone} as gone, count(*)::integer as count
        from headgate.${sql(table)} group by 1, 2`;
      for (const { org_id: orgId, gone, count } of rows) counts.set(keyOf(orgId, table, gone), count);
    }
    const entries = await sql<{ org_id: string; count: number }[]>`
      select org_id, count(*)::integer as count from headgate.audit_entries group by 1`;
    for (const { org_id: orgId, count } of entries) counts.set(keyOf(orgId, 'audit_entries', false), count);
  } finally {
    await sql.end();
  }
  return counts;
}

function countModels(models: readonly Model[]): Counts {
  const counts: Counts = new Map();
  const add = (key: string) => void counts.set(key, (counts.get(key) ?? 0) + 1);
  for (const { orgId, rows, entries } of models) {
    for (const { kind, isDeleted } of rows) {
      const { table, goneAt } = TABLES[kind];
      if (!isDeleted || goneAt !== null) add(keyOf(orgId, table, isDeleted));
    }
    if (entries.length > 0) counts.set(keyOf(orgId, 'audit_entries', false), entries.length);
  }
  return counts;
}

function keyOf(orgId: string, table: string, isGone: boolean): string {
  return `${table} of ${orgId}${isGone ? ' that are gone' : ''}`;
}
