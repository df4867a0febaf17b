import { inSlices } from './in-slices.ts';
import { MAX_COLUMNS, MAX_RELATIONS, MAX_RELATION_COLUMNS } from './limits.ts';
import { nonsense } from './nonsense.ts';
import { inNameOrder, orderCheck } from './order.ts';
import type { Question, Session } from './session.ts';
import type { Skipped } from './skipped.ts';
import { cut, isTrue, name, oid, oidArray, optional, wholeNumber, word, type Fields } from './values.ts';

/** What its rows tell. */
const TOLD = [
  'oid',
  'schema',
  'name',
  'kind',
  'unlogged',
  'columns',
  'rls',
  'rls_forced',
  'comment',
  'tuples',
  'pages',
  'all_pages',
] as const;
type Told = (typeof TOLD)[number];

/** A relation as the list of all tells it; what it is made of is read for some at a time. */
export interface Relation {
  readonly oid: string;
  /** Those that were dropped included. */
  readonly columnCount: number;
  readonly isView: boolean;
  readonly head: {
    readonly schema: string;
    readonly name: string;
    readonly kind: string;
    readonly comment?: string;
    readonly unlogged: boolean;
    readonly row_level_security: boolean;
    readonly row_level_security_forced: boolean;
  };
  readonly estimates: { readonly rows: number | null; readonly size_bytes: number | null };
}

const KINDS = {
  r: 'table',
  p: 'partitioned_table',
  v: 'view',
  m: 'materialized_view',
  f: 'foreign_table',
};

/**
 * Sizes are what the statistics say, of the relation with its indexes and its TOAST table: to ask the files takes a lock
 * on each relation and a look at the disk for each of its parts.
 */
const RELATIONS: Question<Told> = {
  columns: TOLD,
  text: `
    select c.oid, n.nspname as schema, c.relname as name, c.relkind as kind, c.relpersistence = 'u' as unlogged,
      c.relnatts as columns, c.relrowsecurity as rls, c.relforcerowsecurity as rls_forced, ${cut('d.description')} as comment,
      c.reltuples::float8 as tuples, c.relpages as pages,
      c.relpages + coalesce(t.relpages, 0) + coalesce((
        select sum(ic.relpages) from pg_index i join pg_class ic on ic.oid = i.indexrelid
        where i.indrelid in (c.oid, t.oid)
      ), 0) as all_pages
    from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
      left join pg_class t on t.oid = c.reltoastrelid
      left join pg_description d on d.objoid = c.oid and d.classoid = 'pg_class'::regclass and d.objsubid = 0
    where c.relkind in ('r', 'p', 'v', 'm', 'f') and c.relpersistence <> 't' and c.relnamespace = any($1::oid[])
    order by ${inNameOrder('n.nspname')}, ${inNameOrder('c.relname')}
    limit ${MAX_RELATIONS + 1}
  `,
};

type RelationRow = Fields<Told>;

/** The relations of these schemas in the order of a snapshot, no more than are read. */
export async function readRelations(
  session: Session,
  schemaOids: readonly string[],
  skipped: Skipped,
): Promise<Relation[]> {
  const rows = await session.rows(RELATIONS, [oidArray(schemaOids)], MAX_RELATIONS + 1);
  let columns = 0;
  const end = rows.findIndex((row, index) => {
    columns += columnCountOf(row);
    return index >= MAX_RELATIONS || columns > MAX_COLUMNS;
  });
  if (end !== -1) {
    const bound = end === MAX_RELATIONS ? `${MAX_RELATIONS} relations` : `${MAX_COLUMNS} columns`;
    const what = `relations behind the first ${end}`;
    skipped.cut({ part: 'relations', what, reason: `there are more than ${bound}` });
    rows.length = end;
  }
  const check = orderCheck();
  return await inSlices(rows, (row) => {
    const relation = relationOf(row, session);
    check(relation.head);
    return relation;
  });
}

function columnCountOf(row: RelationRow): number {
  const count = wholeNumber(row.columns);
  if (count > MAX_RELATION_COLUMNS) throw nonsense(`a relation has ${count} columns`);
  return count;
}

function relationOf(row: RelationRow, session: Session): Relation {
  return {
    oid: oid(row.oid),
    columnCount: columnCountOf(row),
    isView: row.kind === 'v' || row.kind === 'm',
    head: {
      schema: name(row.schema),
      name: name(row.name),
      kind: word(KINDS, row.kind),
      ...optional('comment', row.comment),
      unlogged: isTrue(row.unlogged),
      row_level_security: isTrue(row.rls),
      row_level_security_forced: isTrue(row.rls_forced),
    },
    estimates: estimatesOf(row, session),
  };
}

const NO_ESTIMATES = { rows: null, size_bytes: null };
/** From then on, statistics that were never taken are told from those of an empty table (release notes of 14). */
const TELLS_UNKNOWN_APART = 140_000;

function estimatesOf(
  row: RelationRow,
  { serverVersionNumber, blockSizeBytes }: Session,
): Relation['estimates'] {
  if (row.kind === 'v' || row.kind === 'f') return NO_ESTIMATES;
  const tuples = Number(row.tuples);
  const isNeverCounted =
    tuples < 0 || (serverVersionNumber < TELLS_UNKNOWN_APART && tuples === 0 && row.pages === '0');
  return {
    rows: isNeverCounted ? null : estimate(Math.round(tuples)),
    // A partitioned table has no pages of its own: they are those of its partitions.
    size_bytes: isNeverCounted || row.kind === 'p' ? null : estimate(Number(row.all_pages) * blockSizeBytes),
  };
}

/** What is no number that can be told exactly is no estimate either. */
function estimate(number: number): number | null {
  return Number.isSafeInteger(number) ? number : null;
}
