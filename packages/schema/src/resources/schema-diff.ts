import { z } from '@hono/zod-openapi';
import { text } from '../fields.ts';
import { MAX_ID_CHARS } from '../limits.ts';
import { RELATION_PARTS } from './schema-objects.ts';
import { SNAPSHOT_EXAMPLE, SchemaSnapshot } from './schema-snapshot.ts';

const CHANGES = ['added', 'removed', 'changed'] as const;

const snapshotId = (description: string) =>
  text({ min: 1, max: MAX_ID_CHARS }).openapi({ description, example: 'snap_01h455vb4pex5vsknk084sn02t' });

/** Which snapshot is asked for. */
export const SchemaQuery = z.strictObject({
  snapshot_id: snapshotId(
    'The snapshot; when it is left out the last one of all schemas, or the last of some where there is none of all.',
  ).optional(),
});

/** Which two snapshots are compared. */
export const SchemaDiffQuery = z.strictObject({
  from: snapshotId('The snapshot before.'),
  to: snapshotId('The snapshot after.'),
});

const Difference = z
  .object({
    part: z.enum(['property', 'column', 'constraint', 'index']).openapi({
      description:
        'What of it; a `property` is one of its own, such as `comment`, `values` or `column_order`.',
    }),
    name: z.string(),
    change: z.enum(CHANGES),
    before: z.unknown().optional().openapi({ description: 'As it was; absent when it was added.' }),
    after: z.unknown().optional().openapi({ description: 'As it is since; absent when it was removed.' }),
  })
  .openapi('SchemaDifference');

const Change = z
  .object({
    object: z.enum(['schema', 'type', 'relation']),
    schema: z.string().optional().openapi({ description: 'Of a type or relation.' }),
    name: z.string(),
    change: z.enum(CHANGES),
    differences: z.array(Difference).optional().openapi({ description: 'Of what was changed.' }),
  })
  .openapi('SchemaChange');

const NotCompared = z
  .object({
    schema: z.string().optional().openapi({ description: 'Absent for what is left out of all schemas.' }),
    name: z.string().optional().openapi({ description: 'Of the type or relation.' }),
    part: z
      .enum(['schemas', 'types', 'relations', ...RELATION_PARTS, 'more'])
      .optional()
      .openapi({
        description:
          'What of it; absent for all of the schema, type or relation. `schemas`, `types` and `relations` are those that only the other snapshot tells of. `more` stands for all that is not listed.',
      }),
    reason: z.string(),
  })
  .openapi('SchemaNotCompared');

/** What lies between two snapshots. */
export const SchemaDiff = z
  .object({
    from: SchemaSnapshot,
    to: SchemaSnapshot,
    changes: z.array(Change),
    not_compared: z.array(NotCompared).openapi({
      description:
        'What may have changed or not, because one of the snapshots does not tell: what it has skipped, and schemas that it was not taken of. At most 100.',
    }),
    truncated: z.boolean().openapi({
      description: 'Whether there are more changes. Whether a snapshot is whole stands in `from` and `to`.',
    }),
  })
  .openapi('SchemaDiff', {
    example: {
      from: SNAPSHOT_EXAMPLE,
      to: {
        ...SNAPSHOT_EXAMPLE,
        id: 'snap_01h455vb4pex5vsknk084sn02v',
        hash: 'f3efd723b907dd98db74e79b4df8aa5af84edf06d595ee4c5bf9a2677ff88d81',
        counts: { ...SNAPSHOT_EXAMPLE.counts, columns: 2 },
        created_at: '2026-11-22T08:30:00.000Z',
      },
      changes: [
        {
          object: 'relation',
          schema: 'public',
          name: 'customers',
          change: 'changed',
          differences: [
            {
              part: 'column',
              name: 'note',
              change: 'added',
              after: {
                name: 'note',
                data_type: 'text',
                type_schema: 'pg_catalog',
                type_name: 'text',
                type_kind: 'base',
                is_array: false,
                nullable: false,
                default: "''::text",
              },
            },
          ],
        },
      ],
      not_compared: [],
      truncated: false,
    },
  });
export type SchemaDiff = z.infer<typeof SchemaDiff>;
