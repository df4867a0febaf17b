import { ServerError } from '../connection.ts';
import { inSlices } from './in-slices.ts';
import { namesOfJson, objectsOfJson } from './json.ts';
import { MAX_TYPES } from './limits.ts';
import { inNameOrder, orderCheck } from './order.ts';
import type { Question, Session } from './session.ts';
import type { Skipped } from './skipped.ts';
import { cut, isTrue, name, oidArray, optional, word, type Fields } from './values.ts';

/** What its rows tell. */
const TOLD = [
  'schema',
  'name',
  'kind',
  'comment',
  'labels',
  'attributes',
  'data_type',
  'nullable',
  'expression',
  'constraints',
] as const;
type Told = (typeof TOLD)[number];

/** The types that people make. Those of rows come with their tables, and those of arrays with their elements. */
const TYPES: Question<Told> = {
  columns: TOLD,
  text: `
    select n.nspname as schema, t.typname as name, t.typtype as kind, ${cut("obj_description(t.oid, 'pg_type')")} as comment,
      (select json_agg(e.enumlabel order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid) as labels,
      (select json_agg(json_build_object('name', a.attname, 'data_type', format_type(a.atttypid, a.atttypmod))
          order by a.attnum)
        from pg_attribute a where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped) as attributes,
      case t.typtype when 'd' then format_type(t.typbasetype, t.typtypmod)
        when 'r' then (select format_type(r.rngsubtype, null) from pg_range r where r.rngtypid = t.oid)
      end as data_type,
      not t.typnotnull as nullable, ${cut('pg_get_expr(t.typdefaultbin, 0)')} as expression,
      (select json_agg(json_build_object('name', k.conname, 'definition', ${cut('pg_get_constraintdef(k.oid)')},
          'validated', k.convalidated) order by k.conname)
        from pg_constraint k where k.contypid = t.oid and k.contype = 'c') as constraints
    from pg_type t
      join pg_namespace n on n.oid = t.typnamespace
      left join pg_class c on c.oid = t.typrelid
    where n.oid = any($1::oid[]) and (t.typtype in ('d', 'e', 'r') or (t.typtype = 'c' and c.relkind = 'c'))
    order by ${inNameOrder('n.nspname')}, ${inNameOrder('t.typname')}
    limit ${MAX_TYPES + 1}
  `,
};

const KINDS = { c: 'composite', d: 'domain', e: 'enum', r: 'range' };

/** The types of these schemas in the order of a snapshot; none when the server refuses to tell. */
export async function readTypes(session: Session, schemaOids: readonly string[], skipped: Skipped) {
  const rows = await session.rows(TYPES, [oidArray(schemaOids)], MAX_TYPES + 1).catch((error: unknown) => {
    if (!(error instanceof ServerError)) throw error;
    skipped.add({ part: 'types', what: 'types', reason: error.message });
    return [];
  });
  if (rows.length > MAX_TYPES) {
    rows.length = MAX_TYPES;
    skipped.cut({ part: 'types', what: 'types', reason: `there are more than ${MAX_TYPES}` });
  }
  const check = orderCheck();
  return await inSlices(rows, (row) => {
    const type = typeOf(row);
    check(type);
    return type;
  });
}

function typeOf(row: Fields<Told>) {
  const { kind } = row;
  return {
    schema: name(row.schema),
    name: name(row.name),
    kind: word(KINDS, kind),
    ...optional('comment', row.comment),
    ...(kind === 'e' && { values: namesOfJson(row.labels) ?? [] }),
    ...(kind === 'c' && {
      attributes: objectsOfJson(row.attributes, { name: 'name', data_type: 'text' }) ?? [],
    }),
    ...optional('data_type', row.data_type),
    ...(kind === 'd' && {
      nullable: isTrue(row.nullable),
      ...optional('default', row.expression),
      constraints:
        objectsOfJson(row.constraints, { name: 'name', definition: 'text', validated: 'boolean' }) ?? [],
    }),
  };
}
