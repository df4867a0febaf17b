import { describe, expect, test } from 'vitest';
import { HeadgateError } from '../src/index.ts';
import { clientOf, DATABASES, PROJECT, refusal, rejection, serve } from './server.ts';

const PAGES = [
  { body: { databases: [{ id: 'db_1' }, { id: 'db_2' }], next_page_token: 'p2' } },
  { body: { databases: [{ id: 'db_3' }, { id: 'db_4' }], next_page_token: 'p3' } },
  { body: { databases: [{ id: 'db_5' }] } },
] as const;
const SIZED = { params: { ...PROJECT.params, query: { page_size: 2 } } };

async function idsOf(list: AsyncIterable<{ id: string }>): Promise<string[]> {
  const ids = [];
  for await (const { id } of list) ids.push(id);
  return ids;
}

describe('a list', () => {
  test('gives the items of all its pages in order, asking for each page with the token of the one before', async () => {
    const { url, seen } = await serve(...PAGES);
    expect(await idsOf(clientOf(url).headgate.list(DATABASES, SIZED))).toEqual([
      'db_1',
      'db_2',
      'db_3',
      'db_4',
      'db_5',
    ]);
    const path = '/v1/projects/prj_1/databases?page_size=2';
    expect(seen.map(({ url }) => url)).toEqual([path, `${path}&page_token=p2`, `${path}&page_token=p3`]);
  });

  test('begins at the page whose token is given', async () => {
    const { url, seen } = await serve(...PAGES.slice(1));
    const params = { ...PROJECT.params, query: { page_token: 'p2' } };
    expect(await idsOf(clientOf(url).headgate.list(DATABASES, { params }))).toEqual(['db_3', 'db_4', 'db_5']);
    expect(seen.map(({ url }) => url.split('?')[1])).toEqual(['page_token=p2', 'page_token=p3']);
  });

  test('asks for nothing before an item is wanted, and for a page only when the one before is used up', async () => {
    const { url, seen } = await serve(...PAGES);
    const list = clientOf(url).headgate.list(DATABASES, SIZED);
    expect(seen).toHaveLength(0);
    await list.next();
    await list.next();
    expect(seen).toHaveLength(1);
    await list.next();
    expect(seen).toHaveLength(2);
  });

  test('asks for no further page when its reader leaves', async () => {
    const { url, seen } = await serve(...PAGES);
    for await (const { id } of clientOf(url).headgate.list(DATABASES, SIZED)) if (id === 'db_3') break;
    expect(seen).toHaveLength(2);
  });

  test.each(['', undefined])('ends at a next_page_token of %j, also on an empty page', async (token) => {
    const { url, seen } = await serve({ body: { databases: [], next_page_token: token } });
    expect(await idsOf(clientOf(url).headgate.list(DATABASES, PROJECT))).toEqual([]);
    expect(seen).toHaveLength(1);
  });

  test('goes on over an empty page that names a next one', async () => {
    const { url } = await serve({ body: { databases: [], next_page_token: 'p3' } }, PAGES[2]);
    expect(await idsOf(clientOf(url).headgate.list(DATABASES, PROJECT))).toEqual(['db_5']);
  });

  test('that is not paged is one page', async () => {
    const { url, seen } = await serve({ body: { regions: [{ id: 'local' }] } });
    expect(await idsOf(clientOf(url).headgate.list('/v1/regions'))).toEqual(['local']);
    expect(seen.map(({ url }) => url)).toEqual(['/v1/regions']);
  });

  test('that names its own page as the next one is given up instead of read for ever', async () => {
    const { url, seen } = await serve(PAGES[0]);
    const error = await rejection(idsOf(clientOf(url).headgate.list(DATABASES, PROJECT)));
    expect(error).toEqual(new Error('The list names its own page as the next one.'));
    expect(seen).toHaveLength(2);
  });

  test.each([
    ['no array', { next_page_token: 'p2' }, 0],
    ['two arrays', { databases: [], others: [] }, 2],
  ])('with %s is not guessed at', async (_what, body, count) => {
    const { url } = await serve({ body });
    const error = await rejection(idsOf(clientOf(url).headgate.list(DATABASES, PROJECT)));
    expect(error).toEqual(
      new Error(`The answer is no list: it has ${count} arrays where it should have one.`),
    );
  });

  test('repeats a page that fails for now, and throws what a page is refused with', async () => {
    const { url, seen } = await serve(PAGES[0], 'hang up', PAGES[1], refusal(400, 'INVALID_INPUT'));
    const ids: string[] = [];
    const read = async () => {
      for await (const { id } of clientOf(url).headgate.list(DATABASES, SIZED)) ids.push(id);
    };
    const error = await rejection(read());
    expect(error).toBeInstanceOf(HeadgateError);
    expect(error).toMatchObject({ code: 'INVALID_INPUT' });
    expect(ids).toEqual(['db_1', 'db_2', 'db_3', 'db_4']);
    expect(seen).toHaveLength(4);
  });

  test('ends with its signal, between two pages too', async () => {
    const { url, seen } = await serve(...PAGES);
    const abort = new AbortController();
    const read = async () => {
      const options = { ...SIZED, signal: abort.signal };
      for await (const { id } of clientOf(url).headgate.list(DATABASES, options))
        if (id === 'db_2') abort.abort();
    };
    expect(await rejection(read())).toMatchObject({ name: 'AbortError' });
    expect(seen).toHaveLength(1);
  });
});
