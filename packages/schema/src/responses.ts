/** Answers that operations share, and how an operation refers to them. */
import { z } from '@hono/zod-openapi';
import { ERROR_CODES, type ErrorCode } from './error-codes.ts';
import type { HEADER_PARAMETERS, RESPONSE_HEADERS } from './parameters.ts';

/** The error answers by status: the name under which the OpenAPI document refers to each. */
export const ERROR_RESPONSES = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  412: 'PreconditionFailed',
  413: 'PayloadTooLarge',
  415: 'UnsupportedMediaType',
  422: 'UpstreamCheckFailed',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'Unavailable',
} as const;
export type ErrorStatus = keyof typeof ERROR_RESPONSES;

/** The codes that travel with a status. */
export function codesOf(status: number): ErrorCode[] {
  return (Object.keys(ERROR_CODES) as ErrorCode[]).filter((code) => ERROR_CODES[code].status === status);
}

type Reference = { readonly $ref: string };

/** The error answers of an operation, in place of repeating them. Every operation can meet the last three. */
export function errors<S extends ErrorStatus>(...statuses: S[]): Record<S | 429 | 500 | 503, Reference> {
  const all = [...statuses, 429, 500, 503] as const;
  return Object.fromEntries(
    all.map((status) => [status, { $ref: `#/components/responses/${ERROR_RESPONSES[status]}` }]),
  ) as Record<S | 429 | 500 | 503, Reference>;
}

type HeaderName = keyof typeof RESPONSE_HEADERS;

const WIRE_NAMES: Record<HeaderName, string> = {
  RequestId: 'X-Request-Id',
  ContentDisposition: 'Content-Disposition',
  ETag: 'ETag',
  Location: 'Location',
  RetryAfter: 'Retry-After',
  RateLimit: 'RateLimit',
  RateLimitPolicy: 'RateLimit-Policy',
  IdempotencyReplayed: 'Idempotency-Replayed',
};

/** References to response headers; the request id is in every answer. */
export function headers(...names: HeaderName[]): Record<string, Reference> {
  const all: HeaderName[] = ['RequestId', ...names];
  return Object.fromEntries(all.map((name) => [WIRE_NAMES[name], { $ref: `#/components/headers/${name}` }]));
}

/** References to the headers that say how many requests are left; they are in every answer after authentication. */
export function rateLimitHeaders(): Record<string, Reference> {
  const { RateLimit, 'RateLimit-Policy': policy } = headers('RateLimit', 'RateLimitPolicy');
  return { RateLimit, 'RateLimit-Policy': policy } as Record<string, Reference>;
}

/** References to header parameters. Their values are read in one place for all operations, not validated per route. */
export function headerParameters(...names: (keyof typeof HEADER_PARAMETERS)[]): Reference[] {
  return names.map((name) => ({ $ref: `#/components/parameters/${name}` }));
}

/** A JSON answer. */
export function json<T extends z.ZodType>(schema: T, description: string, ...headerNames: HeaderName[]) {
  return { description, headers: headers(...headerNames), content: { 'application/json': { schema } } };
}

/** An answer without a body. */
export function empty(description: string, ...headerNames: HeaderName[]) {
  return { description, headers: headers(...headerNames) };
}

/** An answer of any length that is sent as it is read, in one of these media types, each with what it holds. */
export function streamed<M extends string>(
  mediaTypes: Record<M, string>,
  description: string,
  ...headerNames: HeaderName[]
) {
  const content = Object.entries<string>(mediaTypes).map(
    ([mediaType, text]) => [mediaType, { schema: z.string().openapi({ description: text }) }] as const,
  );
  return {
    description,
    headers: headers(...headerNames),
    content: Object.fromEntries(content) as Record<M, { schema: z.ZodString }>,
  };
}

/** A JSON request body that must be there. */
export function jsonBody<T extends z.ZodType>(schema: T) {
  return { required: true, content: { 'application/json': { schema } } };
}

/** A JSON request body that may be left out, its Content-Type with it: that reads as an empty object. */
export function optionalJsonBody<T extends z.ZodType>(schema: T) {
  return { required: false, content: { 'application/json': { schema } } };
}

/** Operations that need a token, in one header or the other. */
export const SECURED: Record<string, string[]>[] = [{ bearerAuth: [] }, { apiKeyHeader: [] }];
