import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { startTestApi, type TestApi } from './harness.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(async () => await api.close());

const committed = async () => await readFile(new URL('../../../openapi.yaml', import.meta.url), 'utf8');

test('/openapi.yaml is the committed file, byte for byte', async () => {
  const { status, text, headers } = await api.send('GET', '/openapi.yaml');
  expect(status).toBe(200);
  expect(text).toBe(await committed());
  expect(headers.get('content-type')).toMatch(/^application\/yaml/);
});

test('/openapi.json is the same document', async () => {
  const { status, body, headers } = await api.send('GET', '/openapi.json');
  expect(status).toBe(200);
  expect(headers.get('content-type')).toMatch(/^application\/json/);
  expect(body).toEqual(parse(await committed()));
});

test('the application serves the operations of the document, and under /v1 nothing else', async () => {
  const { paths } = parse(await committed()) as { paths: Record<string, object> };
  const documented = Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const served = api.app.routes
    .filter(({ method, path }) => method !== 'ALL' && /^\/(v1\/(?!\*)|livez$|readyz$)/.test(path))
    .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
  expect([...new Set(served)].toSorted()).toEqual(documented.toSorted());
});

test.each(['/', '/docs/'])('%s leads to /docs', async (path) => {
  const { status, headers } = await api.send('GET', path);
  expect([status, headers.get('location')]).toEqual([302, '/docs']);
});

describe('/docs', () => {
  const page = async () => await api.send('GET', '/docs');

  test('has a policy that names no host but this one, and lets no unknown script run', async () => {
    const { status, headers } = await page();
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^text\/html/);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).not.toMatch(/https?:|\*|\bwss?:|[a-z0-9-]+\.[a-z]{2,}/i);
    const scripts = /script-src ([^;]*)/.exec(policy)?.[1] ?? '';
    expect(scripts).not.toContain('unsafe');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("connect-src 'self'");
  });

  test('loads nothing from elsewhere', async () => {
    const { text } = await page();
    const addresses = [...text.matchAll(/\b(?:src|href|action|data-url)\s*=\s*["']?([^"'\s>]+)/gi)].map(
      ([, address]) => address ?? '',
    );
    expect(addresses).toContain('/docs/scalar.js');
    for (const address of addresses) expect(address).toMatch(/^(\/(?!\/)|#|data:)/);
    expect(text).not.toMatch(/https?:\/\/(?!www\.w3\.org\/)/);
    expect(text).toContain('/openapi.json');
  });

  test('its program is served from here', async () => {
    const { status, text, headers } = await api.send('GET', '/docs/scalar.js');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^text\/javascript/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(text.length).toBeGreaterThan(100_000);
  });

  test('each script that stands in the page is one that the policy lets run', async () => {
    const { text, headers } = await page();
    const policy = headers.get('content-security-policy') ?? '';
    const inline = [...text.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g)].map(
      ([, script]) => script ?? '',
    );
    expect(inline.length).toBeGreaterThan(0);
    for (const script of inline) {
      const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(script));
      expect(policy).toContain(`'sha256-${Buffer.from(digest).toString('base64')}'`);
    }
    expect(text).not.toMatch(/\son[a-z]+\s*=\s*["']/i);
  });
});
