/** The one place where errors become answers. */
import { HeadgateError, harmless, invalidInput, shorten, toHeadgateError } from '@headgate/core';
import type { ErrorEnvelope, FieldError } from '@headgate/schema';
import type { Hook } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { z } from 'zod';
import type { AppEnv } from './env.ts';
import { describeMalformedJson } from './malformed-json.ts';

/** Of one object that are told, though a body may have a hundred thousand of them. */
const MAX_UNKNOWN_FIELDS = 100;
/** Of a path that stands in an answer. */
const MAX_PATH_CHARS = 200;

/** Answers an error with its envelope, and leaves it for the log line. */
export async function onError(error: Error, c: Context<AppEnv>): Promise<Response> {
  const known = toHeadgateError(error instanceof HTTPException ? await fromHttpException(error, c) : error);
  c.set('failure', known);
  return c.json(envelope(known, c.get('requestId')), known.status as 500, headersOf(known));
}

/** Answers what no route matches: the envelope of a 404 that names the operation. */
export function notFoundHandler(c: Context<AppEnv>): Promise<Response> {
  const operation = `${c.req.method} ${shorten(harmless(c.req.path), MAX_PATH_CHARS)}`;
  const message = `There is no operation ${operation}. The operations are listed at /docs.`;
  return onError(new HeadgateError('NOT_FOUND', message), c);
}

/** Refuses a request whose parameters or body do not fit their schema. */
export const validationHook: Hook<unknown, AppEnv, string, unknown> = (result) => {
  if (result.success) return;
  const [first, ...others] = result.error.issues.flatMap((issue) => toFieldErrors(issue, result.target));
  throw invalidInput([first ?? { field: 'body', message: 'is not valid' }, ...others]);
};

/** The body of an error answer: what the caller may know of it, never its cause. */
export function envelope(error: HeadgateError, requestId: string): ErrorEnvelope {
  const { code, message, details, checks } = error;
  return {
    error: {
      ...{ code, message, request_id: requestId },
      ...(details && { details: [...details] }),
      ...(checks && { checks: [...checks] }),
    },
  };
}

function headersOf(error: HeadgateError): Record<string, string> {
  return {
    ...(error.retryAfterSeconds !== undefined && { 'Retry-After': String(error.retryAfterSeconds) }),
    // RFC 9110, section 11.6.1: a 401 says how to authenticate.
    ...(error.code === 'UNAUTHORIZED' && { 'WWW-Authenticate': 'Bearer' }),
  };
}

/** What the framework throws before a handler is reached. */
async function fromHttpException(error: HTTPException, c: Context<AppEnv>): Promise<HeadgateError> {
  switch (error.status) {
    case 400:
      return invalidInput([{ field: 'body', message: describeMalformedJson(await c.req.text()) }]);
    case 415:
      return new HeadgateError(
        'UNSUPPORTED_MEDIA_TYPE',
        'The body must be JSON. Send it with Content-Type: application/json.',
      );
    default:
      return toHeadgateError(error);
  }
}

/**
 * An issue of zod as errors of fields: one for each unknown field, and for a value that fits none of several forms
 * those of the first, which is the one that most callers mean.
 */
function toFieldErrors(
  issue: z.core.$ZodIssue,
  target: string,
  prefix: readonly PropertyKey[] = [],
): FieldError[] {
  const path = [...prefix, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.slice(0, MAX_UNKNOWN_FIELDS).map((key) => ({
      field: toField([...path, key]),
      message: `is not a ${target === 'query' ? 'parameter' : 'field'} of this request; leave it out`,
    }));
  }
  const [first = []] = issue.code === 'invalid_union' ? issue.errors : [];
  if (first.length > 0) return first.flatMap((inner) => toFieldErrors(inner, target, path));
  return [{ field: toField(path), message: issue.message }];
}

/** The path of a field, with an empty name as `""`. */
function toField(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'body';
  return path
    .map((part, index) => {
      if (typeof part === 'number') return `[${part}]`;
      const name = part === '' ? '""' : String(part);
      return index === 0 ? name : `.${name}`;
    })
    .join('');
}
