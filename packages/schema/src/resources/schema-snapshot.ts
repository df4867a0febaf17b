import { z } from '@hono/zod-openapi';
import { body, list, timestamp } from '../fields.ts';
import { MAX_INTROSPECTED_SCHEMAS } from '../limits.ts';
import { SchemaName } from './connection.ts';
import { RELATION_PARTS, SchemaEntry, SchemaRelation, SchemaType } from './schema-objects.ts';

/** The request of `introspectDatabase`. */
export const IntrospectDatabase = body({
  schemas: list(SchemaName, MAX_INTROSPECTED_SCHEMAS)
    .min(1, { error: 'must name a schema, or be left out for all' })
    .optional()
    .openapi({
      description:
        "Only these schemas, also those that the database's `excluded_schemas` pass over. Schemas of PostgreSQL itself are never looked at. One of them at least must exist; a name that is there twice counts once.",
      example: ['public'],
    }),
}).openapi('IntrospectDatabaseRequest', { example: { schemas: ['public'] } });
export type IntrospectDatabase = z.infer<typeof IntrospectDatabase>;

const count = z.int().min(0);

const SkippedPart = z
  .object({
    part: z
      .enum([
        ...(['schema', 'schemas', 'types', 'relation', 'relations'] as const),
        ...RELATION_PARTS,
        'more',
      ])
      .openapi({
        description:
          '`schema` and `relation` are one of these. `schemas`, `types` and `relations` are those behind the last in the snapshot. A part of relations is that of one, or of all where none is named. `more` stands for all that is not listed.',
      }),
    schema: z.string().optional(),
    name: z.string().optional().openapi({ description: 'Of the relation.' }),
    what: z.string().openapi({ description: 'The same, for people.' }),
    reason: z.string(),
  })
  .openapi('SchemaSkippedPart');

const summary = {
  id: z.string(),
  database_id: z.string(),
  server_version: z
    .string()
    .openapi({ description: 'What the server says that it is, as people say it: `18.4`.' }),
  hash: z.string().openapi({
    description:
      'SHA-256 of the structure, in hexadecimal: the same for the same structure, also of another server of the same major version. Estimates are no part of it.',
  }),
  schemas: z
    .array(z.string())
    .optional()
    .openapi({ description: 'What was asked for; absent when it was all.' }),
  excluded_schemas: z
    .array(z.string())
    .optional()
    .openapi({ description: 'What was passed over because the database excludes it, if it is there.' }),
  counts: z.object({
    schemas: count,
    types: count,
    enums: count.openapi({ description: 'Of the types.' }),
    relations: count,
    columns: count,
    constraints: count,
    indexes: count,
  }),
  truncated: z.boolean().openapi({
    description: 'Whether something was left out because there is too much of it, or too little time.',
  }),
  skipped: z
    .array(SkippedPart)
    .openapi({ description: 'What is not in the snapshot, and why; at most 100.' }),
  unchanged_since: z.string().optional().openapi({
    description: 'The last snapshot before this one that has the same structure, where there is one.',
  }),
  created_at: timestamp().openapi({ description: 'When it was taken.' }),
};

/** The snapshot that the reference shows wherever an answer holds one. */
export const SNAPSHOT_EXAMPLE = {
  id: 'snap_01h455vb4pex5vsknk084sn02t',
  database_id: 'db_01h455vb4pex5vsknk084sn02q',
  server_version: '18.4',
  hash: 'a3f1c0de5b7e4d2f9a8b6c4d2e0f1a3b5c7d9e1f2a4b6c8d0e2f4a6b8c0d2e4f',
  counts: { schemas: 1, types: 1, enums: 1, relations: 1, columns: 1, constraints: 1, indexes: 1 },
  truncated: false,
  skipped: [],
  created_at: '2026-11-21T08:30:00.000Z',
};

/** A schema snapshot in answers, without what it holds. */
export const SchemaSnapshot = z.object(summary).openapi('SchemaSnapshot', { example: SNAPSHOT_EXAMPLE });
export type SchemaSnapshot = z.infer<typeof SchemaSnapshot>;

export const SchemaSnapshotList = z
  .object({ snapshots: z.array(SchemaSnapshot), next_page_token: z.string().optional() })
  .openapi('ListSchemaSnapshotsResponse', { example: { snapshots: [SNAPSHOT_EXAMPLE] } });
export type SchemaSnapshotList = z.infer<typeof SchemaSnapshotList>;

/** A snapshot with what it holds. It is sent as it is read, and never a value as a whole. */
export const DatabaseSchema = z
  .object({
    snapshot: SchemaSnapshot,
    schemas: z.array(SchemaEntry),
    types: z.array(SchemaType),
    relations: z.array(SchemaRelation),
  })
  .openapi('DatabaseSchema', {
    example: {
      snapshot: SNAPSHOT_EXAMPLE,
      schemas: [{ name: 'public', comment: 'standard public schema' }],
      types: [{ schema: 'public', name: 'mood', kind: 'enum', values: ['sad', 'happy'] }],
      relations: [
        {
          schema: 'public',
          name: 'customers',
          kind: 'table',
          unlogged: false,
          row_level_security: true,
          row_level_security_forced: false,
          columns: [
            {
              name: 'id',
              position: 1,
              data_type: 'bigint',
              type_schema: 'pg_catalog',
              type_name: 'int8',
              type_kind: 'base',
              is_array: false,
              nullable: false,
              identity: 'always',
            },
          ],
          constraints: [
            {
              name: 'customers_pkey',
              kind: 'primary_key',
              columns: ['id'],
              definition: 'PRIMARY KEY (id)',
              deferrable: false,
              initially_deferred: false,
              validated: true,
            },
          ],
          indexes: [
            {
              name: 'customers_pkey',
              method: 'btree',
              definition: 'CREATE UNIQUE INDEX customers_pkey ON public.customers USING btree (id)',
              unique: true,
              primary: true,
              valid: true,
            },
          ],
          estimates: { rows: 1000, size_bytes: 131_072 },
        },
      ],
    },
  });
