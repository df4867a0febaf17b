import { inSlices } from './in-slices.ts';
import { MAX_SCHEMAS } from './limits.ts';
import { inNameOrder, orderCheck } from './order.ts';
import type { Question, Session } from './session.ts';
import type { Skipped } from './skipped.ts';
import { cut, name, oid, optional } from './values.ts';

/** Which schemas are looked at. */
export interface SchemaChoice {
  /** Only these, also those that are left out otherwise. */
  readonly schemas?: readonly string[] | undefined;
  /** All but these; none is left out by an empty list. */
  readonly excludedSchemas: readonly string[];
}

export interface SchemaEntry {
  readonly oid: string;
  readonly structure: { readonly name: string; readonly comment?: string };
}

/**
 * Whether the schema `n` is chosen, of the two parameters of a choice. Names that begin with `pg_` are of the system
 * (PostgreSQL manual, section 5.10.5). Names travel as JSON in parameters: whatever they hold, they stay names.
 */
export const IS_CHOSEN = `
  n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and ($1::json is null or n.nspname in (select json_array_elements_text($1::json)))
  and n.nspname not in (select json_array_elements_text($2::json))
`;

const SCHEMAS: Question<'oid' | 'name' | 'comment'> = {
  columns: ['oid', 'name', 'comment'],
  text: `
    select n.oid, n.nspname as name, ${cut("obj_description(n.oid, 'pg_namespace')")} as comment
    from pg_namespace n
    where ${IS_CHOSEN}
    order by ${inNameOrder('n.nspname')}
    limit ${MAX_SCHEMAS + 1}
  `,
};

/** A choice as the two parameters of a query. */
export function choiceParameters({ schemas, excludedSchemas }: SchemaChoice): (string | null)[] {
  return schemas === undefined ? [null, JSON.stringify(excludedSchemas)] : [JSON.stringify(schemas), '[]'];
}

/** The chosen schemas that there are. Those that were asked for by name and are not there are told as skipped. */
export async function readSchemas(
  session: Session,
  choice: SchemaChoice,
  skipped: Skipped,
): Promise<SchemaEntry[]> {
  const rows = await session.rows(SCHEMAS, choiceParameters(choice), MAX_SCHEMAS + 1);
  if (rows.length > MAX_SCHEMAS) {
    rows.length = MAX_SCHEMAS;
    skipped.cut({ part: 'schemas', what: 'schemas', reason: `there are more than ${MAX_SCHEMAS}` });
  }
  const check = orderCheck();
  const schemas = await inSlices(rows, (row) => {
    const structure = { name: name(row.name), ...optional('comment', row.comment) };
    check(structure);
    return { oid: oid(row.oid), structure };
  });
  const found = new Set(schemas.map(({ structure }) => structure.name));
  for (const asked of choice.schemas ?? []) {
    if (found.has(asked)) continue;
    const reason = 'there is none of this name, or it is of PostgreSQL itself';
    skipped.add({ part: 'schema', schema: asked, what: `schema ${asked}`, reason });
  }
  return schemas;
}
