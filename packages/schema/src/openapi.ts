import { OpenAPIHono, type RouteConfig } from '@hono/zod-openapi';
import { ErrorEnvelope } from './envelope.ts';
import { ERROR_CODES, exampleError } from './error-codes.ts';
import * as operations from './operations/index.ts';
import { HEADER_PARAMETERS, RESPONSE_HEADERS } from './parameters.ts';
import { ERROR_RESPONSES, codesOf, headers, rateLimitHeaders } from './responses.ts';

export const API_VERSION = '0.1.0';

const INFO = {
  title: 'Headgate',
  version: API_VERSION,
  summary: 'The open control plane for PostgreSQL connection pooling and caching.',
  description: [
    'Register upstream PostgreSQL databases under a project, say how they are pooled and cached, and get back one connection string.',
    'Every error is an envelope with a stable `code`, a `message` that says what to do, and the request id, which is your own `X-Request-Id` if you send one. [Each code has a page](/docs/errors) that says what happened and what to do.',
    'Requests are limited for each person, API key and address; `RateLimit` says how many are left, and a 429 in `Retry-After` when to repeat.',
    'Times are RFC 3339 in UTC. Lists are paged by `page_size` and `page_token`. A deleted resource can be restored for 30 days.',
  ].join('\n\n'),
  license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
};

const TAGS = [
  {
    name: 'Organizations',
    description: 'Who owns projects, as the issuer of tokens says, and what it may have.',
  },
  { name: 'Projects', description: 'A project groups the databases that share one proxy host.' },
  { name: 'Databases', description: 'Upstream PostgreSQL databases and how they are pooled and cached.' },
  { name: 'Schemas', description: 'What the upstream databases are made of, and how it changes.' },
  { name: 'Replicas', description: 'Read replicas of databases.' },
  {
    name: 'Replication slots',
    description: 'Logical replication slots of the upstream databases, and how they stand there.',
  },
  {
    name: 'Certificates',
    description:
      'Authorities that vouch for upstreams, and what is shown to upstreams that ask for a certificate.',
  },
  { name: 'Cache rules', description: 'Which statements of a database are cached, and for how long.' },
  { name: 'API keys', description: 'Credentials of programs.' },
  { name: 'Custom domains', description: "Names of your own for a project's proxy host, verified by DNS." },
  {
    name: 'Audit log',
    description: 'Who did what to what, when and from where, and the proof that it is all still there.',
  },
  { name: 'Regions', description: 'Where pools can run.' },
  { name: 'Health', description: 'The state of the service; no credentials needed.' },
];

/** In the order in which a reader wants them. */
const OPERATIONS = [
  operations.listOrganizations,
  operations.getOrganizationLimits,
  operations.listProjects,
  operations.createProject,
  operations.getProject,
  operations.updateProject,
  operations.deleteProject,
  operations.restoreProject,
  operations.listDatabases,
  operations.createDatabase,
  operations.getDatabase,
  operations.updateDatabase,
  operations.deleteDatabase,
  operations.restoreDatabase,
  operations.testDatabaseConnection,
  operations.rotateDatabaseCredentials,
  operations.undoDatabaseCredentialsRotation,
  operations.testDatabaseRegistration,
  operations.introspectDatabase,
  operations.getDatabaseSchema,
  operations.listSchemaSnapshots,
  operations.diffDatabaseSchema,
  operations.getSchemaCatalog,
  operations.listReplicas,
  operations.createReplica,
  operations.getReplica,
  operations.updateReplica,
  operations.deleteReplica,
  operations.restoreReplica,
  operations.testReplicaConnection,
  operations.testReplicaRegistration,
  operations.listReplicationSlots,
  operations.createReplicationSlot,
  operations.getReplicationSlot,
  operations.updateReplicationSlot,
  operations.deleteReplicationSlot,
  operations.restoreReplicationSlot,
  operations.listCertificates,
  operations.createCertificate,
  operations.getCertificate,
  operations.deleteCertificate,
  operations.restoreCertificate,
  operations.listCacheRules,
  operations.createCacheRule,
  operations.updateCacheRule,
  operations.deleteCacheRule,
  operations.listApiKeys,
  operations.createApiKey,
  operations.getApiKey,
  operations.revokeApiKey,
  operations.listCustomDomains,
  operations.createCustomDomain,
  operations.getCustomDomain,
  operations.verifyCustomDomain,
  operations.deleteCustomDomain,
  operations.restoreCustomDomain,
  operations.getOrganizationAuditLog,
  operations.exportOrganizationAuditLog,
  operations.verifyOrganizationAuditLog,
  operations.getProjectAuditLog,
  operations.exportProjectAuditLog,
  operations.listRegions,
  operations.getHealth,
  operations.getLiveness,
  operations.getReadiness,
];

/** One answer per status, with an example for each code that travels with it. */
function errorResponse(status: number) {
  const codes = codesOf(status);
  const example = (code: (typeof codes)[number]) => ({
    summary: ERROR_CODES[code].title,
    value: exampleError(code),
  });
  return {
    description: codes.map((code) => `\`${code}\`: ${ERROR_CODES[code].title}`).join('\n\n'),
    headers: {
      ...(status === 429 || status === 503 ? headers('RetryAfter') : headers()),
      // Who is not known has no limit of their own.
      ...(status !== 401 && rateLimitHeaders()),
    },
    content: {
      'application/json': {
        schema: { $ref: '#/components/schemas/Error' },
        examples: Object.fromEntries(codes.map((code) => [code, example(code)])),
      },
    },
  };
}

/** The operation with the headers that say how many requests are left, where its caller is known. */
function withRateLimits(operation: (typeof OPERATIONS)[number]): RouteConfig {
  const { security, responses } = operation as RouteConfig;
  if (security?.length === 0) return operation;
  const entries = Object.entries(responses).map(([status, response]) => [
    status,
    '$ref' in response
      ? response
      : { ...response, headers: Object.assign({}, response.headers, rateLimitHeaders()) },
  ]);
  return { ...operation, responses: Object.fromEntries(entries) as RouteConfig['responses'] };
}

/** The OpenAPI 3.1 document of the whole API, from the operations alone: no server, no database. */
export function buildOpenApiDocument() {
  const app = new OpenAPIHono();
  const registry = app.openAPIRegistry;
  registry.register('Error', ErrorEnvelope);
  registry.registerComponent('securitySchemes', 'bearerAuth', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT or API key',
    description:
      'A JSON Web Token of the configured issuer, with an organizations claim; or an API key (`hgo_…`, `hgp_…`).',
  });
  registry.registerComponent('securitySchemes', 'apiKeyHeader', {
    type: 'apiKey',
    in: 'header',
    name: 'X-API-Key',
    description: 'The same API key or token in a header of its own.',
  });
  for (const [name, parameter] of Object.entries(HEADER_PARAMETERS)) {
    registry.registerComponent('parameters', name, parameter);
  }
  for (const [name, header] of Object.entries(RESPONSE_HEADERS)) {
    registry.registerComponent('headers', name, header as never);
  }
  const used = new Set(OPERATIONS.flatMap((operation) => Object.keys(operation.responses)));
  for (const [status, name] of Object.entries(ERROR_RESPONSES)) {
    if (used.has(status)) registry.registerComponent('responses', name, errorResponse(Number(status)));
  }
  for (const operation of OPERATIONS) registry.registerPath(withRateLimits(operation));
  return app.getOpenAPI31Document({
    openapi: '3.1.1',
    info: INFO,
    servers: [{ url: '/', description: 'The origin that serves this document.' }],
    tags: TAGS,
  });
}
