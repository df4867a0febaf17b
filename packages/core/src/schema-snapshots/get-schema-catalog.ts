import type { SchemaCatalog } from '@headgate/schema';
import { readCatalog, type Catalog } from '@headgate/upstream';
import type { Verb } from '../context.ts';
import { lookupDatabase, type DatabasePath } from '../databases/lookup-database.ts';
import { isConfigured } from '../databases/row.ts';
import { reader } from '../reader.ts';
import { ReadFailure, readUpstream } from './read-upstream.ts';

/** The relations and columns of a database as they are now. That it cannot be read is an answer too. */
export async function getSchemaCatalog({ ctx, input }: Verb<DatabasePath>): Promise<SchemaCatalog> {
  const database = await lookupDatabase(ctx, reader(ctx), {
    ...input,
    action: 'schemaCatalog.get',
    to: 'read',
  });
  if (!isConfigured(database)) return unread('The database is not configured yet.');
  try {
    return catalogView(await readUpstream(ctx, database, readCatalog));
  } catch (error) {
    if (error instanceof ReadFailure) return unread(error.message);
    throw error;
  }
}

function unread(error: string): SchemaCatalog {
  return { relations: [], scanned_relations: 0, scanned_columns: 0, error };
}

function catalogView({ relations, columnCount, truncated }: Catalog): SchemaCatalog {
  return {
    relations: relations.map(({ schema, name, kind, columns }) => ({
      ...{ schema, name, kind },
      columns: columns.map((column) => ({
        name: column.name,
        data_type: column.data_type,
        is_binary: column.is_binary,
      })),
    })),
    scanned_relations: relations.length,
    scanned_columns: columnCount,
    truncated,
  };
}
