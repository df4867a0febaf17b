import { Hono } from 'hono';
import { SCALAR_PATH } from '../documents.ts';
import {
  ERROR_PAGES_POLICY,
  ERRORS_PATH,
  findErrorCode,
  renderErrorList,
  renderErrorPage,
  renderUnknownError,
} from '../error-pages.ts';
import type { AppEnv } from '../http/env.ts';

const DOCS_PATH = '/docs';
const ERROR_PAGE_HEADERS = { 'Content-Security-Policy': ERROR_PAGES_POLICY };
const CACHE_A_DAY = 'public, max-age=86400';

/** The description of the API and the page that shows it. */
export const documentRoutes = new Hono<AppEnv>()
  .get('/openapi.yaml', async (c) => {
    const { openapiYaml } = await c.get('deps').documents();
    return c.body(openapiYaml, 200, { 'Content-Type': 'application/yaml; charset=utf-8' });
  })
  .get('/openapi.json', async (c) => {
    const { openapiJson } = await c.get('deps').documents();
    return c.body(openapiJson, 200, { 'Content-Type': 'application/json' });
  })
  .get('/', (c) => c.redirect(DOCS_PATH))
  .get(`${DOCS_PATH}/`, (c) => c.redirect(DOCS_PATH))
  .get(DOCS_PATH, async (c) => {
    const { docsPage, docsPolicy } = await c.get('deps').documents();
    return c.html(docsPage, 200, { 'Content-Security-Policy': docsPolicy });
  })
  .get(SCALAR_PATH, async (c) => {
    const { scalarScript } = await c.get('deps').documents();
    const headers = { 'Content-Type': 'text/javascript; charset=utf-8', 'Cache-Control': CACHE_A_DAY };
    return c.body(scalarScript, 200, headers);
  })
  .get(`${ERRORS_PATH}/`, (c) => c.redirect(ERRORS_PATH))
  .get(ERRORS_PATH, (c) => c.html(renderErrorList(), 200, ERROR_PAGE_HEADERS))
  .get(`${ERRORS_PATH}/:code`, (c) => {
    const given = c.req.param('code');
    const code = findErrorCode(given);
    if (code === undefined) return c.html(renderUnknownError(), 404, ERROR_PAGE_HEADERS);
    if (code !== given) return c.redirect(`${ERRORS_PATH}/${code}`);
    return c.html(renderErrorPage(code), 200, ERROR_PAGE_HEADERS);
  });
