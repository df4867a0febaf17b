import { objectsOfJson } from './json.ts';
import type { Part } from './parts.ts';
import { cut, isTrue, optional, type Fields } from './values.ts';

/** What its rows tell. */
const TOLD = ['relation', 'is_gone', 'definition', 'partition_key', 'partition_bound', 'parents'] as const;
type Told = (typeof TOLD)[number];

/**
 * What a view selects, how a table is partitioned, and what a relation is a partition or a child of. Functions such as
 * these see the catalogs as they are by now, whatever the transaction's snapshot: of what was dropped meanwhile they
 * tell nothing. Asked for last, `pg_table_is_visible` tells which that is, by null.
 */
export const DEFINITIONS: Part<Told> = {
  name: 'definitions',
  question: {
    columns: TOLD,
    text: `
      select c.oid as relation, pg_table_is_visible(c.oid) is null as is_gone,
        case when c.relkind in ('v', 'm') then ${cut('pg_get_viewdef(c.oid)')} end as definition,
        case when c.relkind = 'p' then pg_get_partkeydef(c.oid) end as partition_key,
        ${cut('pg_get_expr(c.relpartbound, c.oid)')} as partition_bound,
        (select json_agg(json_build_object('schema', n.nspname, 'name', p.relname) order by i.inhseqno)
          from pg_inherits i
            join pg_class p on p.oid = i.inhparent
            join pg_namespace n on n.oid = p.relnamespace
          where i.inhrelid = c.oid) as parents
      from pg_class c
      where c.oid = any($1::oid[])
    `,
  },
  maxRowsOf: () => 1,
};

/** The definition of a relation as far as it has one, and whether it was dropped meanwhile. */
export function definitionOf([row]: readonly Fields<Told>[]) {
  const parents = objectsOfJson(row?.parents, { schema: 'name', name: 'name' });
  return {
    isGone: isTrue(row?.is_gone),
    properties: {
      ...optional('definition', row?.definition),
      ...optional('partition_key', row?.partition_key),
      ...optional('partition_bound', row?.partition_bound),
      ...(parents !== undefined && { parents }),
    },
  };
}
