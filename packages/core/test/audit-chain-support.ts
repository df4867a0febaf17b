/** Entries as verbs write them, with their MACs, without going through the verbs. */
import { newId, type AuditFinding } from '@headgate/schema';
import type { Vault } from '@headgate/vault';
import { textOf } from '../src/audit-log/link.ts';
import { entryMac } from '../src/audit-log/mac.ts';
import { selectEntries, type EntryRow } from '../src/audit-log/row.ts';
import type { Core } from './support.ts';

interface Entries {
  readonly orgId: string;
  readonly count: number;
  /** Milliseconds from now of the time before the first one's. */
  readonly from?: number;
}

/** Adds entries, each a millisecond after the one before. */
export async function writeEntries(
  house: Core,
  vault: Vault,
  { orgId, count, from = 0 }: Entries,
): Promise<string[]> {
  const ids = Array.from({ length: count }, () => newId('aud') as string);
  await house.owner.begin(async (sql) => {
    await sql`
      insert into audit_entries (id, org_id, project_id, actor_kind, actor_id, action, resource_kind, resource_id,
        before, after, request_id, address, created_at)
      select id, ${orgId}, 'prj_01h455vb4pex5vsknk084sn02r', 'user', 'user_1', 'database.update', 'database',
        'db_01h455vb4pex5vsknk084sn02q', jsonb_build_object('port', n), jsonb_build_object('port', n + 1, 'tags', '["é"]'::jsonb),
        'request ' || n, '192.0.2.1', ${house.clock.now()}::timestamptz + (${from}::int + n) * interval '1 millisecond'
      from unnest(${ids}::text[]) with ordinality as t(id, n)
    `;
    const query = selectEntries.where('org_id', '=', orgId).where('mac', 'is', null).compile();
    const rows = await sql.unsafe<EntryRow[]>(query.sql, [...query.parameters] as never[]);
    const own = rows.filter(({ id }) => ids.includes(id));
    await sql`
      update audit_entries e set mac = t.mac
      from unnest(${own.map(({ id }) => id)}::text[], ${own.map((row) => entryMac(vault, textOf(row)))}::text[]) as t(id, mac)
      where e.id = t.id
    `;
  });
  return ids;
}

/** Gives entries the MAC of what they say now, as nobody can who has no key. */
export async function signEntries(house: Core, vault: Vault, orgId: string, ids: readonly string[]) {
  for (const row of await house.store.read([orgId], selectEntries.where('id', 'in', ids))) {
    await house.owner`update audit_entries set mac = ${entryMac(vault, textOf(row))} where id = ${row.id}`;
  }
}

/** Entries that have their places, in the order of the chain. */
export async function chainedRows(house: Core, orgId: string) {
  const chained = selectEntries.where('org_id', '=', orgId).where('position', 'is not', null);
  return await house.store.read([orgId], chained.orderBy('position'));
}

/** A finding without its words. */
export const brief = ({ kind, position, last_position: last, entry_id: id }: AuditFinding) => ({
  kind,
  ...(position !== undefined && { position }),
  ...(last !== undefined && { last }),
  ...(id !== undefined && { id }),
});
