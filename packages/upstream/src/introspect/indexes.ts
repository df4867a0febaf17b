import { compareNames } from './order.ts';
import type { Part } from './parts.ts';
import { cut, isTrue, name, optional, text, type Fields } from './values.ts';

/** What its rows tell. */
const TOLD = [
  'relation',
  'name',
  'method',
  'definition',
  'is_unique',
  'is_primary',
  'is_valid',
  'predicate',
] as const;
type Told = (typeof TOLD)[number];

export const INDEXES: Part<Told> = {
  name: 'indexes',
  question: {
    columns: TOLD,
    text: `
      select i.indrelid as relation, c.relname as name, am.amname as method, ${cut('pg_get_indexdef(c.oid)')} as definition,
        i.indisunique as is_unique, i.indisprimary as is_primary, i.indisvalid as is_valid,
        ${cut('pg_get_expr(i.indpred, i.indrelid)')} as predicate
      from pg_index i
        join pg_class c on c.oid = i.indexrelid
        join pg_am am on am.oid = c.relam
      where i.indrelid = any($1::oid[])
    `,
  },
};

/** The indexes of a relation, by name: those of its constraints among them. */
export function indexesOf(rows: readonly Fields<Told>[]) {
  return rows
    .map((row) => ({
      name: name(row.name),
      method: text(row.method),
      definition: text(row.definition),
      unique: isTrue(row.is_unique),
      primary: isTrue(row.is_primary),
      valid: isTrue(row.is_valid),
      ...optional('predicate', row.predicate),
    }))
    .toSorted((a, b) => compareNames(a.name, b.name));
}
