import { DEFAULT_LIMITS, LIMIT_NAMES } from '@headgate/schema';
import { describe, expect, test } from 'vitest';
import { ConfigError, readConfig } from '../src/config/index.ts';

const limitsOf = (text?: string) =>
  readConfig(text === undefined ? {} : { LIMITS: text }, '/default/.headgate').settings.limits;

function refusalOf(text: string): string {
  try {
    limitsOf(text);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return expect.fail('it was accepted');
}

describe('LIMITS', () => {
  test('absent, empty or naming none leaves the defaults', () => {
    for (const text of [undefined, '', '{}']) expect(limitsOf(text)).toEqual(DEFAULT_LIMITS);
  });

  test.each(LIMIT_NAMES)('sets %s and leaves the others', (name) => {
    expect(limitsOf(JSON.stringify({ [name]: 7 }))).toEqual({ ...DEFAULT_LIMITS, [name]: 7 });
    expect(limitsOf(JSON.stringify({ [name]: 1_000_000 }))).toEqual({ ...DEFAULT_LIMITS, [name]: 1_000_000 });
  });

  test('may allow none of a kind, but always one request per second', () => {
    for (const name of LIMIT_NAMES.filter((each) => each !== 'requests_per_second'))
      expect(limitsOf(JSON.stringify({ [name]: 0 }))[name]).toBe(0);
    expect(refusalOf('{"requests_per_second":0}')).toContain('requests_per_second');
  });

  test.each([
    ['an unknown name', '{"pojects":5}', 'pojects'],
    ['a negative number', '{"projects":-1}', 'projects'],
    ['a number beyond the highest', '{"projects":1000001}', 'projects'],
    ['half a project', '{"projects":1.5}', 'projects'],
    ['a number as text', '{"api_keys":"5"}', 'api_keys'],
    ['null', '{"api_keys":null}', 'api_keys'],
    ['a name of every object', '{"toString":5}', 'toString'],
  ])('with %s is refused in one line that names it', (_what, text, name) => {
    const message = refusalOf(text);
    expect(message).toMatch(/^LIMITS: give a JSON object such as \{"projects":50\}: .+$/);
    expect(message).toContain(name);
  });

  test.each(['5', '[]', '[5]', '"projects"', 'null', 'true', 'projects=5', '{', '{"projects":5'])(
    'that is no object is refused: %s',
    (text) => {
      expect(refusalOf(text)).toMatch(/^LIMITS: give a JSON object such as [^\n]+$/);
    },
  );
});
