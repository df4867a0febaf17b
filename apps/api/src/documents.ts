/** What is served of the API's description: read and rendered once, when it is first asked for. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Scalar } from '@scalar/hono-api-reference';
import { Hono } from 'hono';
import { parse } from 'yaml';

/** Where the docs page finds its program: here, not on a content network. */
export const SCALAR_PATH = '/docs/scalar.js';

export interface Documents {
  readonly openapiYaml: string;
  readonly openapiJson: string;
  readonly docsPage: string;
  /** The page's Content-Security-Policy: this origin and no other. */
  readonly docsPolicy: string;
  readonly scalarScript: Uint8Array<ArrayBuffer>;
}

/** The documents, made at the first call: an instance that nobody reads them on need not hold them. */
export function documentsOnce(): () => Promise<Documents> {
  let documents: Promise<Documents> | undefined;
  const load = async () => {
    try {
      return await loadDocuments();
    } catch (error) {
      documents = undefined;
      throw error;
    }
  };
  return async () => await (documents ??= load());
}

/** Reads openapi.yaml and the program of the docs page, and renders the page. */
async function loadDocuments(): Promise<Documents> {
  const scalarEntry = createRequire(import.meta.url).resolve('@scalar/api-reference');
  const [openapiYaml, scalarScript, docsPage] = await Promise.all([
    readFile(new URL('../../../openapi.yaml', import.meta.url), 'utf8'),
    readFile(join(dirname(scalarEntry), 'browser', 'standalone.js')),
    renderDocsPage(),
  ]);
  return {
    openapiYaml,
    openapiJson: JSON.stringify(parse(openapiYaml)),
    docsPage,
    docsPolicy: contentSecurityPolicy(docsPage),
    scalarScript,
  };
}

async function renderDocsPage(): Promise<string> {
  const scalar = Scalar({
    url: '/openapi.json',
    cdn: SCALAR_PATH,
    pageTitle: 'Headgate API',
    // Each of these would have the reader's browser speak to hosts of the page's makers.
    withDefaultFonts: false,
    telemetry: false,
    agent: { disabled: true },
    mcp: { disabled: true },
    hideClientButton: true,
    showDeveloperTools: 'never',
    favicon: 'data:,',
    authentication: { preferredSecurityScheme: 'bearerAuth' },
  });
  const response = await new Hono().get('/', scalar).request('/');
  return await response.text();
}

/** Lets the page run its own inline script and its program, and reach this origin only. */
function contentSecurityPolicy(page: string): string {
  const scripts = [...page.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g)].map(
    ([, text = '']) => text,
  );
  const hashes = scripts.map((text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`);
  return [
    "default-src 'none'",
    `script-src 'self' ${hashes.join(' ')}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
