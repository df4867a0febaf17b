import type { Part } from './parts.ts';
import { cut, isTrue, name, optional, text, word, type Fields } from './values.ts';

/** What its rows tell. */
const TOLD = [
  'relation',
  'name',
  'data_type',
  'type_schema',
  'type_name',
  'type_kind',
  'is_array',
  'nullable',
  'identity',
  'generated',
  'expression',
  'comment',
  'collation',
] as const;
type Told = (typeof TOLD)[number];

type ColumnRow = Fields<Told>;

/**
 * The type is told as people write it, and by its schema, name and kind, so that an enum or a domain is found among the
 * types; an array by those of its elements. Of a few thousand columns the types are a few: they are looked up once.
 */
export const COLUMNS: Part<Told> = {
  name: 'columns',
  question: {
    columns: TOLD,
    text: `
      with types as materialized (
        select own.oid, own.typcollation, n.nspname as schema, t.typname as name, t.typtype as kind,
          t.oid <> own.oid as is_array
        from pg_type own
          left join pg_type element on element.oid = own.typelem and element.typarray = own.oid
          join pg_type t on t.oid = coalesce(element.oid, own.oid)
          join pg_namespace n on n.oid = t.typnamespace
        where own.oid in (select distinct atttypid from pg_attribute where attrelid = any($1::oid[]) and attnum > 0)
      )
      select a.attrelid as relation, a.attname as name, format_type(a.atttypid, a.atttypmod) as data_type,
        t.schema as type_schema, t.name as type_name, t.kind as type_kind, t.is_array,
        not a.attnotnull as nullable, a.attidentity as identity, a.attgenerated as generated,
        ${cut('pg_get_expr(ad.adbin, ad.adrelid)')} as expression, ${cut('d.description')} as comment,
        case when a.attcollation <> t.typcollation then (
          select quote_ident(n.nspname) || '.' || quote_ident(c.collname)
          from pg_collation c join pg_namespace n on n.oid = c.collnamespace
          where c.oid = a.attcollation
        ) end as collation
      from pg_attribute a
        join types t on t.oid = a.atttypid
        left join pg_attrdef ad on ad.adrelid = a.attrelid and ad.adnum = a.attnum
        left join pg_description d
          on d.objoid = a.attrelid and d.classoid = 'pg_class'::regclass and d.objsubid = a.attnum
      where a.attrelid = any($1::oid[]) and a.attnum > 0 and not a.attisdropped
      order by a.attrelid, a.attnum
    `,
  },
  maxRowsOf: ({ columnCount }) => columnCount,
};

const TYPE_KINDS = {
  b: 'base',
  c: 'composite',
  d: 'domain',
  e: 'enum',
  m: 'multirange',
  p: 'pseudo',
  r: 'range',
};
const IDENTITIES = { a: 'always', d: 'by_default' };
const GENERATED = { s: 'stored', v: 'virtual' };

/** The columns of a relation in their order. Their positions count those that are there, not those that were dropped. */
export function columnsOf(rows: readonly ColumnRow[]) {
  return rows.map((row, index) => ({
    name: name(row.name),
    position: index + 1,
    data_type: text(row.data_type),
    type_schema: text(row.type_schema),
    type_name: text(row.type_name),
    type_kind: word(TYPE_KINDS, row.type_kind),
    is_array: isTrue(row.is_array),
    nullable: isTrue(row.nullable),
    ...expressionOf(row),
    ...(row.identity !== '' && { identity: word(IDENTITIES, row.identity) }),
    ...optional('collation', row.collation),
    ...optional('comment', row.comment),
  }));
}

function expressionOf({ generated, expression }: ColumnRow) {
  if (generated === '') return optional('default', expression);
  return { generated: word(GENERATED, generated), ...optional('generation_expression', expression) };
}
