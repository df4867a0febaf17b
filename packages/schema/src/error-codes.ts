/** What an error code means: the HTTP status it travels with, and the words of the reference. */
export interface ErrorCodeEntry {
  readonly status: number;
  readonly title: string;
  /** An example of the public message: what happened, and what to do. */
  readonly example: string;
}

/** The closed registry of error codes. A code is stable: clients branch on it. */
export const ERROR_CODES = {
  INVALID_INPUT: {
    status: 400,
    title: 'The request is malformed or breaks a rule; `details` names each field.',
    example: 'port must be a whole number from 1 to 65535.',
  },
  UNAUTHORIZED: {
    status: 401,
    title: 'No credentials, or credentials that are not valid here.',
    example: 'The token has expired. Sign in again and send the new token.',
  },
  FORBIDDEN: {
    status: 403,
    title: 'The caller is known, and its role does not permit this.',
    example:
      'Your role in this organization (viewer) does not permit database.create. Ask an owner or admin.',
  },
  LIMIT_EXCEEDED: {
    status: 403,
    title: 'A limit of the organization or project would be passed.',
    example: 'The organization may have 10 projects and has 10. Delete one, or ask for a higher limit.',
  },
  NOT_FOUND: {
    status: 404,
    title: 'There is no such resource, or it is not yours to see.',
    example: 'There is no such database, or it is not yours to see.',
  },
  CONFLICT: {
    status: 409,
    title: 'The request contradicts the present state, or an idempotency key was used for another request.',
    example: 'This Idempotency-Key was used for another request. Send a new key with a new request.',
  },
  PRECONDITION_FAILED: {
    status: 412,
    title: 'The resource has changed since the version named in `If-Match`.',
    example:
      'The resource has changed since you read it. Read it again and repeat the change with its new ETag.',
  },
  PAYLOAD_TOO_LARGE: {
    status: 413,
    title: 'The request body is over the limit.',
    example: 'The body is larger than 1048576 bytes. Send a smaller one.',
  },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    title: 'The request body is not JSON.',
    example: 'The body must be JSON. Send it with Content-Type: application/json.',
  },
  UPSTREAM_CHECK_FAILED: {
    status: 422,
    title: 'The upstream database could not be used as described.',
    example: 'The upstream refused the password.',
  },
  RATE_LIMITED: {
    status: 429,
    title: 'Too many requests; repeat after the seconds in `Retry-After`.',
    example: 'Too many requests of yours are under way. Repeat this one in 1 second.',
  },
  INTERNAL_ERROR: {
    status: 500,
    title: 'A fault in Headgate; the request id finds it in the logs.',
    example: 'Something went wrong in Headgate. Report it with the request id.',
  },
  UNAVAILABLE: {
    status: 503,
    title: 'Headgate cannot serve this now; repeat after the seconds in `Retry-After`.',
    example: 'The metadata database does not serve the request now. Repeat the request in 2 seconds.',
  },
} as const satisfies Record<string, ErrorCodeEntry>;

export type ErrorCode = keyof typeof ERROR_CODES;
