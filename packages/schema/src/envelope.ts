import { z } from '@hono/zod-openapi';
import { ERROR_CODES, type ErrorCode } from './error-codes.ts';
import { CheckStep } from './resources/connection-check.ts';

/** What is wrong with one field of a request. */
export const FieldError = z
  .object({
    field: z.string().openapi({ description: 'The path of the field, such as `pool_config.pool_size`.' }),
    message: z.string().openapi({ description: 'What is wrong with it and what would be accepted.' }),
  })
  .openapi('FieldError');
export type FieldError = z.infer<typeof FieldError>;

const codes = Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]];

/** The one form of every error answer. */
export const ErrorEnvelope = z
  .object({
    error: z.object({
      code: z.enum(codes).openapi({
        description: 'Stable; branch on it. `/docs/errors/{code}` says what happened and what to do.',
      }),
      message: z.string().openapi({ description: 'For people: what happened and what to do.' }),
      request_id: z
        .string()
        .openapi({ description: 'Finds the request in the logs; also in `X-Request-Id`.' }),
      details: z.array(FieldError).optional(),
      checks: z.array(CheckStep).optional().openapi({
        description: 'Of `UPSTREAM_CHECK_FAILED`: every step of the check that was made, in order.',
      }),
    }),
  })
  .openapi('Error');
export type ErrorEnvelope = z.infer<typeof ErrorEnvelope>;
