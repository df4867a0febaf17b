import { Hono } from 'hono';
import { SCALAR_PATH } from '../documents.ts';
import type { AppEnv } from '../http/env.ts';

const DOCS_PATH = '/docs';
const CACHE_A_DAY = 'public, max-age=86400';

/** The description of the API and the page that shows it. */
export const documentRoutes = new Hono<AppEnv>()
  .get('/openapi.yaml', (c) => {
    return c.body(c.get('deps').documents.openapiYaml, 200, {
      'Content-Type': 'application/yaml; charset=utf-8',
    });
  })
  .get('/openapi.json', (c) => {
    return c.body(c.get('deps').documents.openapiJson, 200, { 'Content-Type': 'application/json' });
  })
  .get('/', (c) => c.redirect(DOCS_PATH))
  .get(`${DOCS_PATH}/`, (c) => c.redirect(DOCS_PATH))
  .get(DOCS_PATH, (c) => {
    const { docsPage, docsPolicy } = c.get('deps').documents;
    return c.html(docsPage, 200, { 'Content-Security-Policy': docsPolicy });
  })
  .get(SCALAR_PATH, (c) => {
    const headers = { 'Content-Type': 'text/javascript; charset=utf-8', 'Cache-Control': CACHE_A_DAY };
    return c.body(c.get('deps').documents.scalarScript, 200, headers);
  });
