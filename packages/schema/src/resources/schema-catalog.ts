import { z } from '@hono/zod-openapi';

const CatalogColumn = z
  .object({
    name: z.string(),
    data_type: z.string().openapi({ description: 'As it is written, such as `numeric(10,2)`.' }),
    is_binary: z.boolean().openapi({ description: 'Whether its values are bytes (`bytea`).' }),
  })
  .openapi('SchemaCatalogColumn');

const CatalogRelation = z
  .object({
    schema: z.string(),
    name: z.string(),
    kind: z.enum(['table', 'view', 'materialized_view', 'other']),
    columns: z.array(CatalogColumn),
  })
  .openapi('SchemaCatalogRelation');

/** The short form of what a database is made of. */
export const SchemaCatalog = z
  .object({
    relations: z.array(CatalogRelation),
    scanned_relations: z.int().min(0),
    scanned_columns: z.int().min(0),
    truncated: z
      .boolean()
      .optional()
      .openapi({ description: 'Whether there is more than is told. Take a snapshot for the rest.' }),
    error: z
      .string()
      .optional()
      .openapi({ description: 'Why the upstream could not be read; then there are no relations.' }),
  })
  .openapi('SchemaCatalog', {
    example: {
      relations: [
        {
          schema: 'public',
          name: 'customers',
          kind: 'table',
          columns: [{ name: 'id', data_type: 'bigint', is_binary: false }],
        },
      ],
      scanned_relations: 1,
      scanned_columns: 1,
      truncated: false,
    },
  });
export type SchemaCatalog = z.infer<typeof SchemaCatalog>;
