import { namesOfJson } from './json.ts';
import { compareNames } from './order.ts';
import type { Part } from './parts.ts';
import { cut, isTrue, name, text, word, type Fields } from './values.ts';

/** What its rows tell. */
const TOLD = [
  'relation',
  'name',
  'kind',
  'columns',
  'definition',
  'deferrable',
  'deferred',
  'validated',
  'referenced_schema',
  'referenced_name',
  'referenced_columns',
  'on_update',
  'on_delete',
  'match',
] as const;
type Told = (typeof TOLD)[number];

type ConstraintRow = Fields<Told>;

/** The names of columns that stand by their numbers, in their order: of all constraints at once, as JSON. */
function namesOf(numbers: string, relation: string): string {
  return `
    select oid, json_agg(name order by place) filter (where name is not null) as names
    from (
      select k.oid, key.place,
        (select a.attname from pg_attribute a where a.attrelid = k.${relation} and a.attnum = key.number) as name
      from k cross join lateral unnest(k.${numbers}) with ordinality as key (number, place)
    ) as named
    group by oid
  `;
}

/**
 * A foreign key to a partitioned table has further entries on the same table, one for each partition: they are how it is
 * carried out, not what was declared.
 */
export const CONSTRAINTS: Part<Told> = {
  name: 'constraints',
  question: {
    columns: TOLD,
    text: `
      with k as materialized (
        select k.*
        from pg_constraint k
        where k.conrelid = any($1::oid[]) and k.contype in ('p', 'u', 'c', 'f', 'x')
          and (k.conparentid = 0 or not exists (
            select from pg_constraint p where p.oid = k.conparentid and p.conrelid = k.conrelid
          ))
      ), own as (${namesOf('conkey', 'conrelid')}), referenced as (${namesOf('confkey', 'confrelid')})
      select k.conrelid as relation, k.conname as name, k.contype as kind, own.names as columns,
        ${cut('pg_get_constraintdef(k.oid)')} as definition, k.condeferrable as deferrable, k.condeferred as deferred,
        k.convalidated as validated, n.nspname as referenced_schema, f.relname as referenced_name,
        referenced.names as referenced_columns,
        k.confupdtype as on_update, k.confdeltype as on_delete, k.confmatchtype as match
      from k
        left join own on own.oid = k.oid
        left join referenced on referenced.oid = k.oid
        left join pg_class f on f.oid = k.confrelid
        left join pg_namespace n on n.oid = f.relnamespace
    `,
  },
};

const KINDS = { p: 'primary_key', u: 'unique', c: 'check', f: 'foreign_key', x: 'exclusion' };
const ACTIONS = { a: 'no_action', r: 'restrict', c: 'cascade', n: 'set_null', d: 'set_default' };
const MATCHES = { s: 'simple', f: 'full', p: 'partial' };

/** The constraints of a relation, by name. */
export function constraintsOf(rows: readonly ConstraintRow[]) {
  return rows
    .map((row) => ({
      name: name(row.name),
      kind: word(KINDS, row.kind),
      // One that speaks of the whole row names no column.
      columns: namesOfJson(row.columns) ?? [],
      definition: text(row.definition),
      deferrable: isTrue(row.deferrable),
      initially_deferred: isTrue(row.deferred),
      validated: isTrue(row.validated),
      ...(row.kind === 'f' && { references: referencesOf(row) }),
    }))
    .toSorted((a, b) => compareNames(a.name, b.name));
}

function referencesOf(row: ConstraintRow) {
  return {
    schema: name(row.referenced_schema),
    name: name(row.referenced_name),
    columns: namesOfJson(row.referenced_columns) ?? [],
    on_update: word(ACTIONS, row.on_update),
    on_delete: word(ACTIONS, row.on_delete),
    match: word(MATCHES, row.match),
  };
}
