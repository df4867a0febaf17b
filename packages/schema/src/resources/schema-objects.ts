import { z } from '@hono/zod-openapi';

/**
 * What a database is made of, as a snapshot tells it. Kinds are words of ours for what PostgreSQL knows today; what a
 * newer server knows besides stands there as its catalogs name it. What something does not have is absent.
 */
const kind = (words: string) => z.string().openapi({ description: `One of ${words}.` });
const comment = z.string().optional();
const expression = (description: string) => z.string().optional().openapi({ description });

export const SchemaEntry = z.object({ name: z.string(), comment }).openapi('DatabaseSchemaEntry');

export const SchemaType = z
  .object({
    schema: z.string(),
    name: z.string(),
    kind: kind('`enum`, `domain`, `composite`, `range`'),
    comment,
    values: z.array(z.string()).optional().openapi({ description: 'Of an enum, in their order.' }),
    attributes: z
      .array(z.object({ name: z.string(), data_type: z.string() }))
      .optional()
      .openapi({ description: 'Of a composite type.' }),
    data_type: expression('What a domain restricts, and what a range is of.'),
    nullable: z.boolean().optional().openapi({ description: 'Of a domain.' }),
    default: expression('Of a domain.'),
    constraints: z
      .array(z.object({ name: z.string(), definition: z.string(), validated: z.boolean() }))
      .optional()
      .openapi({ description: 'Of a domain.' }),
  })
  .openapi('DatabaseSchemaType');

const Column = z
  .object({
    name: z.string(),
    position: z.int().min(1).openapi({ description: 'Among the columns that are there.' }),
    data_type: z
      .string()
      .openapi({ description: 'As it is written, such as `numeric(10,2)` or `shop.mood[]`.' }),
    type_schema: z.string().openapi({ description: 'Of the type, or of the elements of an array.' }),
    type_name: z.string(),
    type_kind: kind('`base`, `enum`, `domain`, `composite`, `range`, `multirange`, `pseudo`'),
    is_array: z.boolean(),
    nullable: z.boolean(),
    default: expression('An expression.'),
    generated: kind('`stored`, `virtual`').optional(),
    generation_expression: expression('What a generated column is made of.'),
    identity: kind('`always`, `by_default`').optional(),
    collation: expression("Where it is not the type's own."),
    comment,
  })
  .openapi('DatabaseSchemaColumn');

const action = kind('`no_action`, `restrict`, `cascade`, `set_null`, `set_default`');

const Constraint = z
  .object({
    name: z.string(),
    kind: kind('`primary_key`, `unique`, `check`, `foreign_key`, `exclusion`'),
    columns: z.array(z.string()),
    definition: z.string(),
    deferrable: z.boolean(),
    initially_deferred: z.boolean(),
    validated: z.boolean(),
    references: z
      .object({
        schema: z.string(),
        name: z.string(),
        columns: z.array(z.string()),
        on_update: action,
        on_delete: action,
        match: kind('`simple`, `full`, `partial`'),
      })
      .optional()
      .openapi({ description: 'Of a foreign key.' }),
  })
  .openapi('DatabaseSchemaConstraint');

const Index = z
  .object({
    name: z.string(),
    method: z.string().openapi({ description: 'Such as `btree`.' }),
    definition: z.string(),
    unique: z.boolean(),
    primary: z.boolean(),
    valid: z.boolean().openapi({ description: 'False for one whose building failed or is not done.' }),
    predicate: expression('Of a partial index.'),
  })
  .openapi('DatabaseSchemaIndex');

const estimate = (description: string) => z.int().nullable().openapi({ format: 'int64', description });

/** What of a relation is read by itself. */
export const RELATION_PARTS = ['columns', 'constraints', 'indexes', 'definitions'] as const;

export const SchemaRelation = z
  .object({
    schema: z.string(),
    name: z.string(),
    kind: kind('`table`, `partitioned_table`, `view`, `materialized_view`, `foreign_table`'),
    comment,
    unlogged: z.boolean(),
    row_level_security: z.boolean(),
    not_read: z.array(z.enum(RELATION_PARTS)).optional().openapi({
      description: 'What could not be read: it stands here as if there were none. Absent where all could.',
    }),
    row_level_security_forced: z.boolean().openapi({ description: 'Whether it holds for the owner too.' }),
    definition: expression('What a view selects.'),
    partition_key: expression('Of a partitioned table.'),
    partition_bound: expression('Of a partition.'),
    parents: z
      .array(z.object({ schema: z.string(), name: z.string() }))
      .optional()
      .openapi({ description: 'What it is a partition of, or inherits from.' }),
    columns: z.array(Column),
    constraints: z.array(Constraint),
    indexes: z.array(Index).openapi({ description: 'Those of constraints among them.' }),
    estimates: z
      .object({
        rows: estimate('Null when nobody has counted.'),
        size_bytes: estimate('With indexes and TOAST; null when nobody has counted.'),
      })
      .openapi({
        description: "From the server's statistics, which are as old as its last VACUUM or ANALYZE.",
      }),
  })
  .openapi('DatabaseSchemaRelation');
