import { z } from '@hono/zod-openapi';
import { text } from '../fields.ts';
import { MAX_ID_CHARS } from '../limits.ts';
import { SNAPSHOT_EXAMPLE, SchemaSnapshot } from './schema-snapshot.ts';

const CHANGES = ['added', 'removed', 'changed'] as const;

const snapshotId = (description: string) =>
  text({ min: 1, max: MAX_ID_CHARS }).openapi({ description, example: 'snap_01h455vb4pex5vsknk084sn02t' });

/** Which snapshot is asked for. */
export const SchemaQuery = z.strictObject({
  snapshot_id: snapshotId('The snapshot; the last one when it is left out.').optional(),
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

/** What lies between two snapshots. */
export const SchemaDiff = z
  .object({
    from: SchemaSnapshot,
    to: SchemaSnapshot,
    changes: z.array(Change),
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
      truncated: false,
    },
  });
export type SchemaDiff = z.infer<typeof SchemaDiff>;
