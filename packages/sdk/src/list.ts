/** A page of any list: one array, and the token of the next page while there is one. */
export type Page = Readonly<Record<string, unknown>>;

/**
 * Goes through the items of a list, page after page. One page is held at a time, and the next one is asked for only
 * when the caller wants an item of it.
 *
 * @param get asks for the page with this token, the first one without
 */
export async function* items<T>(
  get: (pageToken: string | undefined) => Promise<Page>,
): AsyncGenerator<T, void, undefined> {
  let token: string | undefined;
  do {
    const page = await get(token);
    yield* arrayIn(page) as T[];
    const next = nextPageToken(page);
    // A list that answers with the token that it was asked with would never end.
    if (next !== undefined && next === token) throw new Error('The list names its own page as the next one.');
    token = next;
  } while (token !== undefined);
}

function arrayIn(page: Page): unknown[] {
  const arrays = Object.values(page).filter((value) => Array.isArray(value));
  const [array] = arrays;
  if (array === undefined || arrays.length > 1)
    throw new Error(`The answer is no list: it has ${arrays.length} arrays where it should have one.`);
  return array;
}

function nextPageToken({ next_page_token: token }: Page): string | undefined {
  return typeof token === 'string' && token !== '' ? token : undefined;
}
