/**
 * What the time of a request is spent on, told by where a stack stands. A place is a file or a folder of this repository,
 * `npm:` and a package with or without a path in it, or the beginning of a module's name in node; `#` and a function
 * narrows it down. Of several, the longest holds. What has no place here counts for whoever called it, so that an address
 * parser in a view is the view's, and a socket that is written to by the driver is the driver's.
 */
export const SHARES = {
  http: 'HTTP and sockets',
  framework: 'routing and scope',
  limits: 'rate limits',
  verify: 'verify',
  parse: 'parse',
  authorize: 'authorize',
  verb: 'the verb itself',
  seal: 'seal',
  audit: 'audit',
  idempotency: 'idempotency',
  query: 'build queries',
  driver: 'talk to PostgreSQL',
  serialize: 'serialize',
  log: 'log',
  telemetry: 'metrics and traces',
  collect: 'collect garbage',
  node: 'node itself',
  unattributed: 'unattributed',
} as const;

export type Share = keyof typeof SHARES;

/** Places in our own code and in packages. */
export const PLACES: Readonly<
  Record<Exclude<Share, 'collect' | 'node' | 'unattributed'>, readonly string[]>
> = {
  http: ['npm:@hono/node-server', 'apps/api/src/server.ts', 'packages/bench/src/bare-server.ts#answer'],
  framework: ['npm:hono', 'apps/api/src/'],
  limits: ['apps/api/src/rate-limit/', 'apps/api/src/http/caller-address.ts'],
  verify: [
    ...['apps/api/src/auth/', 'packages/core/src/api-keys/'],
    ...['npm:jose/dist/webapi/jwt/', 'npm:jose/dist/webapi/jws/', 'npm:jose/dist/webapi/jwks/'],
  ],
  parse: [
    ...['npm:zod', 'npm:@hono/zod-openapi', 'npm:@hono/zod-validator', 'npm:hono/dist/validator/'],
    ...['apps/api/src/http/receive-body.ts', 'apps/api/src/http/malformed-json.ts', 'packages/schema/src/'],
    'packages/bench/src/bare-server.ts#readBody',
  ],
  authorize: [
    ...['packages/core/src/authorize.ts', 'packages/core/src/policy.ts', 'packages/core/src/organizations/'],
    ...['packages/core/src/databases/lookup-database.ts', 'packages/core/src/projects/lookup-owner.ts'],
  ],
  verb: [
    ...['packages/core/src/', 'packages/upstream/src/', 'packages/schema/src/ids.ts'],
    'packages/bench/src/bare-server.ts',
  ],
  seal: [
    ...['packages/vault/src/vault.ts#seal', 'packages/vault/src/seal-jwe.ts', 'npm:jose'],
    'packages/core/src/databases/password.ts',
  ],
  audit: ['packages/core/src/audit.ts', 'packages/core/src/audit-log/'],
  idempotency: ['packages/core/src/idempotency.ts'],
  query: ['npm:kysely', 'packages/db/src/', 'packages/core/src/reader.ts'],
  driver: ['npm:postgres'],
  serialize: [
    ...['packages/core/src/databases/row.ts', 'packages/upstream/src/provider.ts'],
    ...['npm:hono/dist/context.js', 'apps/api/src/http/handle.ts', 'apps/api/src/http/conditional.ts'],
  ],
  log: [
    ...['npm:pino', 'npm:sonic-boom', 'apps/api/src/log.ts'],
    'apps/api/src/http/request-scope.ts#logRequest',
  ],
  telemetry: [
    ...['apps/api/src/telemetry/', 'npm:prom-client', 'npm:@opentelemetry/api', 'npm:@opentelemetry/core'],
    'npm:@opentelemetry/sdk-trace',
  ],
};

/** Places in node, which count only where nothing of the above is in the stack. */
export const NODE_PLACES: Readonly<Partial<Record<Share, readonly string[]>>> = {
  http: [
    ...['node:_http_', 'node:internal/http', 'node:net', 'node:internal/stream', 'node:internal/js_stream'],
    ...['node:events', 'node:buffer', 'node:internal/buffer', 'node:string_decoder'],
  ],
  // What WebCrypto has done in another thread comes back without the one who asked for it.
  seal: ['node:internal/crypto/'],
  node: ['node:internal/', 'node:timers', 'node:async_hooks', 'node:diagnostics_channel'],
};

/** Frames of the machine: what runs where no JavaScript does. */
export const MACHINE: Readonly<Record<string, Share>> = {
  '(garbage collector)': 'collect',
  // Native code without a stack: waiting for events and handing them on.
  '(program)': 'node',
  runMicrotasks: 'node',
};

/** When the process does nothing; it is no share of its work. */
export const IDLE = '(idle)';
