import type { TenantTransaction } from '@headgate/db';
import type { SchemaDiff } from '@headgate/schema';
import { compareSnapshots, type Change, type Compared, type NotCompared } from '@headgate/upstream';
import type { Verb } from '../context.ts';
import { lookupDatabase, type DatabasePath } from '../databases/lookup-database.ts';
import { reader } from '../reader.ts';
import { lookupSchemaSnapshot, readBody } from './lookup-schema-snapshot.ts';
import { schemaSnapshotView, type SnapshotRow, type SnapshotSummary } from './row.ts';

const NOTHING = { changes: [], notCompared: [], truncated: false } as const;

interface DiffDatabaseSchema extends DatabasePath {
  readonly from: string;
  readonly to: string;
}

/** What lies between two snapshots of a database. Whole ones of equal hashes are not read. */
export async function diffDatabaseSchema({ ctx, input }: Verb<DiffDatabaseSchema>): Promise<SchemaDiff> {
  const { run } = reader(ctx);
  const { projectId, databaseId } = input;
  const database = await lookupDatabase(
    ctx,
    { run },
    { projectId, databaseId, action: 'databaseSchema.diff', to: 'read' },
  );
  const [from, to] = await Promise.all([
    lookupSchemaSnapshot({ run }, database.id, input.from),
    lookupSchemaSnapshot({ run }, database.id, input.to),
  ]);
  const { changes, notCompared, truncated } = isSame(from, to)
    ? NOTHING
    : await compareSnapshots(await open({ run }, from), await open({ run }, to));
  return {
    from: schemaSnapshotView(from),
    to: schemaSnapshotView(to),
    changes: changes.map(changeView),
    not_compared: notCompared.map(notComparedView),
    truncated,
  };
}

/** Whether two snapshots tell the same of the same, and leave nothing open. */
function isSame(from: SnapshotRow, to: SnapshotRow): boolean {
  const [one, other] = [summaryOf(from), summaryOf(to)];
  const coverage = ({ schemas, excluded_schemas }: SnapshotSummary) =>
    JSON.stringify([schemas ?? null, excluded_schemas ?? []]);
  const isWhole = one.skipped.length === 0 && other.skipped.length === 0;
  return from.hash === to.hash && isWhole && coverage(one) === coverage(other);
}

async function open(reader: Pick<TenantTransaction, 'run'>, row: SnapshotRow): Promise<Compared> {
  const { skipped, schemas, excluded_schemas: excludedSchemas } = summaryOf(row);
  return { body: await readBody(reader, row), skipped, schemas, excludedSchemas };
}

function summaryOf({ summary }: SnapshotRow): SnapshotSummary {
  return summary as unknown as SnapshotSummary;
}

function notComparedView({ schema, name, part, reason }: NotCompared): SchemaDiff['not_compared'][number] {
  return {
    ...(schema !== undefined && { schema }),
    ...(name !== undefined && { name }),
    ...(part !== undefined && { part }),
    reason,
  };
}

function changeView({ object, schema, name, change, differences }: Change): SchemaDiff['changes'][number] {
  return {
    object,
    ...(schema !== undefined && { schema }),
    ...{ name, change },
    ...(differences && { differences: differences.map((difference) => ({ ...difference })) }),
  };
}
