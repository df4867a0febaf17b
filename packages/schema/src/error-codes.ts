import type { CheckStep } from './resources/connection-check.ts';

/** What an error code means: the HTTP status it travels with, and the words of the reference and of its page. */
export interface ErrorCodeEntry {
  readonly status: number;
  readonly title: string;
  /** An example of the public message: what happened, and what to do. */
  readonly example: string;
  /** An example of the steps of a check, where the error has them. */
  readonly checks?: readonly CheckStep[];
  /** What happened, to whoever has just met it. Text between backticks is shown as code. */
  readonly happened: string;
  /** What to do, the likeliest first. */
  readonly remedies: readonly [string, ...string[]];
}

/** The step that failed in the example of a check. */
const UNKNOWN_CA = {
  name: 'tls',
  outcome: 'failed',
  duration_ms: 7,
  code: 'certificate_unknown_ca',
  message: "The server's certificate was issued by an authority that is not believed.",
  hint: "Register the CA certificate of the server's provider, and give it to this database.",
} as const;

/** The closed registry of error codes. A code is stable: clients branch on it. */
export const ERROR_CODES = {
  INVALID_INPUT: {
    status: 400,
    title: 'The request is malformed or breaks a rule; `details` names each field.',
    example: 'port must be a whole number from 1 to 65535.',
    happened:
      'The request was understood as HTTP, and something in it cannot be accepted: a field that is missing, of the wrong type, out of its bounds or unknown; a parameter or header of the wrong form; or a body that is not JSON. Nothing was changed.',
    remedies: [
      'Read `error.details`: it names each field by its path, such as `pool_config.pool_size`, with what would be accepted.',
      'Leave out fields that the operation does not know. They are refused rather than ignored, so that a misspelt setting is noticed.',
      'Send numbers as numbers (`"port": 5432`, not `"5432"`) and times in RFC 3339, such as `2026-11-21T09:30:00Z`.',
      'Where the body is said to be malformed, check it first: `jq . body.json`. In a shell, put it between single quotes, or read it from a file with `-d @body.json`.',
    ],
  },
  UNAUTHORIZED: {
    status: 401,
    title: 'No credentials, or credentials that are not valid here.',
    example: 'The token has expired. Sign in again and send the new token.',
    happened:
      'The request carried no token or API key, or one that does not hold: expired, revoked, cut off when it was copied, signed by another issuer, or meant for another service. The message says which, as far as its sender may know. Nothing was looked up or changed.',
    remedies: [
      'Send the token or API key in one header: `curl -H "Authorization: Bearer $TOKEN" …`, or `-H "X-API-Key: $KEY"`.',
      'When a token has expired, sign in again. Tokens live for minutes; a program that runs for longer should use an API key.',
      'When a key was revoked or has expired, create another one and replace it where it is used.',
      'When the token is said to be of another issuer or audience, check that it comes from the sign-in of this service, not of its test environment.',
    ],
  },
  FORBIDDEN: {
    status: 403,
    title: 'The caller is known, and its role, or the scopes of its key, do not permit this.',
    example:
      'Your role in this organization (viewer) does not permit database.create. Ask an owner or admin.',
    happened:
      'Headgate knows who asks, and that is not enough: your role in the organization, or the scopes of the API key, do not include this action. For an organization that you do not belong to the answer is the same, whether it exists or not.',
    remedies: [
      'Ask an owner or admin of the organization for a higher role, or to do it for you. The message names the action.',
      'With an API key: create one whose scopes include the action. A key is never wider than the role of whoever made it.',
      'When your role was changed a moment ago, sign in again: a token carries the role of its time.',
      'Check `org_id`: the organizations that you belong to are at `GET /v1/organizations`.',
    ],
  },
  LIMIT_EXCEEDED: {
    status: 403,
    title: 'A limit of the organization or project would be passed.',
    example:
      'The limit projects is 10, and there are 10 projects in this organization. Delete one, or ask the operator of this service for a higher limit.',
    happened:
      'There would be more of something than the organization may have: projects, databases in a project, replicas of a database, custom domains or API keys. Nothing was created. To repeat the request does not help until something changes.',
    remedies: [
      'See what is used and what is allowed: `GET /v1/organizations/{org_id}/limits`.',
      'Delete what is no longer needed. What is deleted stops to count at once, and can be restored for 30 days where there is room for it.',
      'Ask the operator of this service for a higher limit, and name the limit and the organization.',
    ],
  },
  NOT_FOUND: {
    status: 404,
    title: 'There is no such resource, or it is not yours to see.',
    example: 'There is no such database, or it is not yours to see.',
    happened:
      'Nothing is there under this path for you. The answer is the same, to the letter, whether the resource never existed, was deleted, or belongs to another organization, so that nobody learns of resources that are not theirs. For a path that no operation has, the message names the path.',
    remedies: [
      'Compare the ids in the path with those in a list, such as `GET /v1/projects`. A database is found only under its own project.',
      'When it was deleted in the last 30 days, restore it with `POST …/restore`.',
      'Check which organization the token or key is for; the resources of another one do not exist for it.',
      'When the message says that there is no such operation, compare method and path with the reference at `/docs`.',
    ],
  },
  CONFLICT: {
    status: 409,
    title: 'The request contradicts the present state, or an idempotency key was used for another request.',
    example: 'This Idempotency-Key was used for another request. Send a new key with a new request.',
    happened:
      'The request is well-formed, and something that is there already stands in its way: a resource with the same name or address, a state that must be left first, another request that changed the same thing at the same moment, or an `Idempotency-Key` that came with another request before. Nothing was changed.',
    remedies: [
      'Read the message: it says what stands in the way, and the way out of it.',
      'Use a new `Idempotency-Key` for each new request, such as `$(uuidgen)`, and the same one only to repeat the very same request.',
      'When another request was faster, read the resource again and decide anew.',
    ],
  },
  PRECONDITION_FAILED: {
    status: 412,
    title: 'The resource has changed since the version named in `If-Match`.',
    example:
      'The resource has changed since you read it. Read it again and repeat the change with its new ETag.',
    happened:
      'The request came with `If-Match`, and the resource is no longer at the version that it names: someone else has changed it since you read it. Your change was not made, so that theirs is not lost.',
    remedies: [
      'Read the resource again, look at what has changed, and send your change with the new `ETag`.',
      'Send the tag with its quotes: `-H \'If-Match: "3"\'`.',
      'To make the change whatever has happened meanwhile, send `If-Match: *` or leave the header out.',
    ],
  },
  PAYLOAD_TOO_LARGE: {
    status: 413,
    title: 'The request body is over the limit.',
    example: 'The body is larger than 1048576 bytes. Send a smaller one.',
    happened:
      'The body is larger than any request of this API needs. It was refused without being read to its end, and nothing was changed.',
    remedies: [
      'Check what was sent: `-d @file` sends the whole file. The message says how much is accepted.',
      'Make several resources with several requests.',
    ],
  },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    title: 'The request body is not JSON.',
    example: 'The body must be JSON. Send it with Content-Type: application/json.',
    happened:
      'The request has a body and does not say that it is JSON. `curl -d` alone calls it a form (`application/x-www-form-urlencoded`). Nothing was changed.',
    remedies: [
      "Add the header: `curl -H 'Content-Type: application/json' -d '{…}' …`, or use `curl --json '{…}'`, which does.",
    ],
  },
  UPSTREAM_CHECK_FAILED: {
    status: 422,
    title: 'The upstream database could not be used as described.',
    example: UNKNOWN_CA.message,
    checks: [
      { name: 'name', outcome: 'passed', duration_ms: 2 },
      { name: 'address', outcome: 'passed', duration_ms: 0 },
      { name: 'reach', outcome: 'passed', duration_ms: 1 },
      UNKNOWN_CA,
      { name: 'login', outcome: 'skipped', duration_ms: 0 },
      { name: 'server', outcome: 'skipped', duration_ms: 0 },
    ],
    happened:
      'The request is well-formed, and the PostgreSQL server that it is about could not be used in that way when it was tried: it could not be reached, its certificate did not hold, it refused the user, the password or the database name, it cannot serve the replication slot, or its schema could not be read. Creating and changing with `verify=true`, `rotate-credentials`, `introspect`, and the registration of a replication slot and its deletion with `drop=true` answer so. Nothing was stored or deleted, and the credentials before a rotation stay in force.',
    remedies: [
      'Read `error.checks`: every step in order, and how it went. A step that failed has a stable `code` to branch on, a `message`, and a `hint` that says what to do.',
      'Send what you change to `test-connection` until it works: it answers the same steps and stores nothing.',
      'Try the same values from another machine: `psql "host=… port=… dbname=… user=… sslmode=verify-full sslrootcert=system"`.',
      "Let this service's addresses through the server's firewall and its `pg_hba.conf`.",
      'When the certificate is refused, use the host name that it was made out to, or add the authority that signed it as a certificate of the project and name it in `ca_certificate_id`.',
      'Of a replication slot several steps may have failed. With `create_if_missing` the publication and the slot are made where they are missing. Where the message names something that was made and could not be undone, drop it on the upstream.',
    ],
  },
  RATE_LIMITED: {
    status: 429,
    title: 'Too many requests; repeat after the seconds in `Retry-After`.',
    example: 'You have sent more than 1000 requests in 10 seconds. Repeat this one in 7 seconds.',
    happened:
      'More requests came than are allowed in so short a time: from you, with this API key, or from your address; or too many of yours are still being answered. Your address has a smaller allowance for credentials that are refused. This request was not looked at further, and changed nothing.',
    remedies: [
      'Wait for the seconds in the header `Retry-After`, then send it again. `curl --retry 5` does so by itself.',
      'Watch `RateLimit` in each answer: `"user";r=12;t=4` means 12 more requests in the next 4 seconds. `RateLimit-Policy` says how many there are in all.',
      'Ask for less: pages of a greater `page_size`, `If-None-Match` where you poll, and fewer requests at the same time.',
      'When credentials were refused again and again, stop the program that goes on sending them; nothing from its address is served meanwhile.',
      'When you need more as a rule, ask the operator of this service for a higher limit of `requests_per_second`.',
    ],
  },
  INTERNAL_ERROR: {
    status: 500,
    title: 'A fault in Headgate; the request id finds it in the logs.',
    example: 'Something went wrong in Headgate. Report it with the request id.',
    happened:
      'Headgate met something that it was not made for. That is a fault of ours, not of your request. Each change is one transaction: it was made as a whole or not at all.',
    remedies: [
      'Report it to the operator of this service with `request_id`, which finds the cause in its logs.',
      'Before you repeat a change, read the resource to see whether it was made; or repeat it with the same `Idempotency-Key`, which makes it once at most.',
    ],
  },
  UNAVAILABLE: {
    status: 503,
    title: 'Headgate cannot serve this now; repeat after the seconds in `Retry-After`.',
    example: 'The metadata database does not serve the request now. Repeat the request in 2 seconds.',
    happened:
      'Something that Headgate stands on does not answer at the moment, such as its database or the issuer of tokens; or it has as many requests as it can take; or it is being restarted. Connections that already run through a pool do not pass through this API.',
    remedies: [
      'Wait for the seconds in the header `Retry-After`, then send the request again. `curl --retry 5` does so by itself.',
      'A change may have been made although its answer was lost: repeat it with the same `Idempotency-Key`, which makes it once at most.',
      'When it lasts, look at `GET /v1/health`, and tell the operator of this service.',
    ],
  },
} as const satisfies Record<string, ErrorCodeEntry>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** The envelope of a code as the reference and its page show it. */
export function exampleError(code: ErrorCode) {
  const { example, checks }: ErrorCodeEntry = ERROR_CODES[code];
  const requestId = '3f0c1c7e-6a55-4cf5-9a83-0f0f5a4b7b11';
  return { error: { code, message: example, request_id: requestId, ...(checks && { checks }) } };
}
