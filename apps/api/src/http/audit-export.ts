import type { AuditEntry } from '@headgate/schema';

type Batches = AsyncIterable<readonly AuditEntry[]>;

/** Entries as lines of JSON, a batch at a time. */
export async function* toNdjson(batches: Batches): AsyncGenerator<string, void, undefined> {
  for await (const entries of batches) yield entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
}

const COLUMNS = [
  'id',
  'org_id',
  'project_id',
  'actor_kind',
  'actor_id',
  'action',
  'resource_kind',
  'resource_id',
  'before',
  'after',
  'request_id',
  'address',
  'created_at',
  'position',
  'hash',
  'previous_hash',
] as const;

/** Entries as a table (RFC 4180), its names in the first line, also when it has no other. */
export async function* toCsv(batches: Batches): AsyncGenerator<string, void, undefined> {
  // Loaded where it is needed: most instances are never asked for a table.
  const { stringify } = await import('csv-stringify/sync');
  const toLines = (rows: readonly Row[]) => stringify([...rows], OPTIONS);
  yield toLines([Object.fromEntries(COLUMNS.map((name) => [name, name]))]);
  for await (const entries of batches) yield toLines(entries.map(toRow));
}

type Row = { readonly [column in (typeof COLUMNS)[number]]?: string | number | undefined };

/** What stands in a cell is chosen by callers in part, and must not become a formula of whoever opens the table (OWASP). */
const OPTIONS = { columns: [...COLUMNS], record_delimiter: 'windows', escape_formulas: true } as const;

function toRow({ actor, resource, before, after, ...rest }: AuditEntry): Row {
  return {
    ...rest,
    ...{ actor_kind: actor.kind, actor_id: actor.id },
    ...{ resource_kind: resource.kind, resource_id: resource.id },
    ...(before && { before: JSON.stringify(before) }),
    ...(after && { after: JSON.stringify(after) }),
  };
}
