import { createHash } from 'node:crypto';
import { ERROR_CODES, ErrorEnvelope, type ErrorCode } from '@headgate/schema';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { startTestApi, type TestAnswer, type TestApi } from './harness.ts';

const CODES = Object.keys(ERROR_CODES) as ErrorCode[];

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(async () => await api.close());

const get = async (path: string) => await api.send('GET', path);

/** What a reader sees of a page, without marks and with one space between words. */
function textOf({ text }: TestAnswer): string {
  const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
  return text
    .replaceAll(/<style>[\s\S]*?<\/style>|<[^>]+>/g, ' ')
    .replaceAll(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => entities[name] ?? '')
    .replaceAll(/\s+/g, ' ');
}

/** As a reader sees text of the registry: backticks are marks. */
const shown = (text: string) => text.replaceAll(/ ?` ?/g, ' ').replaceAll(/\s+/g, ' ');
const squeezed = (text: string) => text.replaceAll(/\s+/g, '');

describe.each(CODES)('%s', (code) => {
  const { status, title, happened, remedies, example } = ERROR_CODES[code];

  test('says in the registry what happened and what to do, in sentences', () => {
    for (const text of [title, example]) expect(text.length).toBeGreaterThan(10);
    expect(happened.length).toBeGreaterThan(80);
    expect(remedies.length).toBeGreaterThan(0);
    for (const text of [happened, ...remedies]) {
      expect(text).toMatch(/^\S[\s\S]*[.…]$/);
      expect(text.split('`').length % 2, text).toBe(1);
    }
  });

  test('has a page that shows all of it', async () => {
    const answer = await get(`/docs/errors/${code}`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^text\/html; charset=utf-8$/i);
    const text = squeezed(textOf(answer));
    for (const part of [code, String(status), title, happened, ...remedies, example]) {
      expect(text).toContain(squeezed(shown(part)));
    }
  });

  test.each([code.toLowerCase(), `${code[0]}${code.slice(1).toLowerCase()}`])(
    'is found as %s',
    async (spelling) => {
      const { status: redirect, headers } = await get(`/docs/errors/${spelling}`);
      expect([redirect, headers.get('location')]).toEqual([302, `/docs/errors/${code}`]);
    },
  );
});

test('the codes that an envelope can carry are those that have a page', async () => {
  const inEnvelopes = ErrorEnvelope.shape.error.shape.code.options;
  expect(inEnvelopes.toSorted()).toEqual(CODES.toSorted());
  const { text } = await get('/docs/errors');
  const linked = [...text.matchAll(/href="\/docs\/errors\/(\w+)"/g)].map(([, code]) => String(code));
  expect(new Set(linked)).toEqual(new Set(CODES));
});

test('the description of the API leads to the pages, and so does the code in every error', async () => {
  const { text } = await get('/openapi.yaml');
  const document = parse(text) as { info: { description: string }; components: { schemas: object } };
  expect(document.info.description).toContain('(/docs/errors)');
  expect(JSON.stringify(document.components.schemas)).toContain('/docs/errors/{code}');
});

test('/docs/errors/ leads to the list', async () => {
  const { status, headers } = await get('/docs/errors/');
  expect([status, headers.get('location')]).toEqual([302, '/docs/errors']);
});

test.each([
  'NOPE',
  'not-found',
  '%3Cscript%3Ealert(1)%3C%2Fscript%3E',
  'constructor',
  '__proto__',
  'NOT_FOUND%00',
])(
  'a code that there is not is a page with 404 that lists those that there are, and quotes nothing: %s',
  async (code) => {
    const answer = await get(`/docs/errors/${code}`);
    expect(answer.status).toBe(404);
    expect(answer.headers.get('content-type')).toMatch(/^text\/html/);
    for (const each of CODES) expect(answer.text).toContain(`/docs/errors/${each}"`);
    expect(answer.text).not.toMatch(/alert|constructor|__proto__|NOPE/);
  },
);

test.each(['/docs/errors', '/docs/errors/UNAUTHORIZED', '/docs/errors/NOPE'])(
  '%s runs nothing, loads nothing, and has one style, which its policy knows by its hash',
  async (path) => {
    const { text, headers } = await get(path);
    const [, style = ''] = /<style>([\s\S]*?)<\/style>/.exec(text) ?? [];
    expect(style).toContain('body');
    const hash = createHash('sha256').update(style).digest('base64');
    expect(headers.get('content-security-policy')).toBe(
      `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    );
    expect(text.match(/<style/g)).toHaveLength(1);
    expect(text).not.toMatch(/<script|<img|<iframe|\sstyle=|\son[a-z]+\s*=|https?:/i);
    for (const [, address] of text.matchAll(/(?:href|src)="([^"]*)"/g))
      expect(address).toMatch(/^\/docs|^data:,$/);
  },
);
