import { OpenAPIHono } from '@hono/zod-openapi';
import { ErrorEnvelope } from './envelope.ts';
import { ERROR_CODES } from './error-codes.ts';
import * as operations from './operations/index.ts';
import { HEADER_PARAMETERS, RESPONSE_HEADERS } from './parameters.ts';
import { ERROR_RESPONSES, codesOf, headers } from './responses.ts';

export const API_VERSION = '0.1.0';

const INFO = {
  title: 'Headgate',
  version: API_VERSION,
  summary: 'The open control plane for PostgreSQL connection pooling and caching.',
  description: [
    'Register upstream PostgreSQL databases under a project, say how they are pooled and cached, and get back one connection string.',
    'Every error is an envelope with a stable `code`, a `message` that says what to do, and the request id, which is your own `X-Request-Id` if you send one.',
    'Times are RFC 3339 in UTC. Lists are paged by `page_size` and `page_token`. A deleted resource can be restored for 30 days.',
  ].join('\n\n'),
  license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
};

const TAGS = [
  { name: 'Projects', description: 'A project groups the databases that share one proxy host.' },
  { name: 'Databases', description: 'Upstream PostgreSQL databases and how they are pooled and cached.' },
  { name: 'Regions', description: 'Where pools can run.' },
  { name: 'Health', description: 'The state of the service; no credentials needed.' },
];

/** In the order in which a reader wants them. */
const OPERATIONS = [
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
    value: {
      error: { code, message: ERROR_CODES[code].example, request_id: '3f0c1c7e-6a55-4cf5-9a83-0f0f5a4b7b11' },
    },
  });
  return {
    description: codes.map((code) => `\`${code}\`: ${ERROR_CODES[code].title}`).join('\n\n'),
    headers: status === 429 || status === 503 ? headers('RetryAfter') : headers(),
    content: {
      'application/json': {
        schema: { $ref: '#/components/schemas/Error' },
        examples: Object.fromEntries(codes.map((code) => [code, example(code)])),
      },
    },
  };
}

/** The OpenAPI 3.1 document of the whole API, from the operations alone: no server, no database. */
export function buildOpenApiDocument() {
  const app = new OpenAPIHono();
  const registry = app.openAPIRegistry;
  registry.register('Error', ErrorEnvelope);
  registry.registerComponent('securitySchemes', 'bearerAuth', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'A JSON Web Token of the configured issuer, with an organizations claim.',
  });
  registry.registerComponent('securitySchemes', 'apiKeyHeader', {
    type: 'apiKey',
    in: 'header',
    name: 'X-API-Key',
    description: 'The same token in a header of its own.',
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
  for (const operation of OPERATIONS) registry.registerPath(operation);
  return app.getOpenAPI31Document({
    openapi: '3.1.1',
    info: INFO,
    servers: [{ url: '/', description: 'The origin that serves this document.' }],
    tags: TAGS,
  });
}
