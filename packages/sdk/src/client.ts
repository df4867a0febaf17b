import createClient, { type ParseAs } from 'openapi-fetch';
import { HeadgateError } from './errors.ts';
import type { paths } from './generated/schema.ts';
import { items, type Page } from './list.ts';
import type {
  Answer,
  CallArguments,
  CallOptions,
  Item,
  ListPath,
  Method,
  OperationOf,
  PathFor,
} from './operation-types.ts';
import { readOptions, type HeadgateOptions } from './options.ts';
import { serializePath } from './path.ts';
import { BODILESS_STATUSES, fetchWithRetries } from './retry.ts';

export type { HeadgateOptions } from './options.ts';

type Call<M extends Method> = <
  P extends PathFor<M>,
  As extends ParseAs = 'json',
  Held extends string = never,
>(
  path: P,
  ...options: CallArguments<CallOptions<OperationOf<M, P>, As, Held>>
) => Promise<Answer<OperationOf<M, P>, As, Held>>;

/**
 * Every operation of the contract by its method and path. Each call answers `{ data, response }`, or throws a
 * HeadgateError, a ConnectionError or the reason of its signal.
 */
export interface HeadgateClient {
  readonly GET: Call<'get'>;
  readonly POST: Call<'post'>;
  readonly PUT: Call<'put'>;
  readonly PATCH: Call<'patch'>;
  readonly DELETE: Call<'delete'>;
  /** The items of a list, over all its pages: `for await (const project of headgate.list('/v1/projects', …))`. */
  readonly list: <P extends ListPath>(
    path: P,
    ...options: CallArguments<CallOptions<OperationOf<'get', P>, 'json'>>
  ) => AsyncGenerator<Item<P>, void, undefined>;
}

/** What a call takes, when its types are looked at no more. */
interface AnyOptions {
  readonly params?: { readonly query?: Readonly<Record<string, unknown>> };
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  readonly parseAs?: ParseAs;
}
type AnyCall = (
  method: Method,
  path: string,
  options?: AnyOptions,
) => Promise<{ data: unknown; response: Response }>;
type AnyClient = {
  request: (
    method: Method,
    path: string,
    init: object,
  ) => Promise<{ data?: unknown; error?: unknown; response: Response }>;
};

/**
 * A client of the Headgate at `baseUrl`.
 *
 * @example
 *   const headgate = createHeadgateClient({ baseUrl: 'https://headgate.example.com', apiKey });
 *   const { data } = await headgate.GET('/v1/projects/{project_id}', { params: { path: { project_id } } });
 * @throws TypeError for options that cannot be; the message never quotes a token or a key
 */
export function createHeadgateClient(options: HeadgateOptions): HeadgateClient {
  // All that is secret lives in this closure: there is no property that a log or a debugger could print.
  const { baseUrl, authorization, ...retries } = readOptions(options);
  const client = createClient<paths>({
    baseUrl,
    pathSerializer: serializePath,
    // The API redirects nowhere; whoever does must not be followed with a request in hand.
    redirect: 'manual',
  });
  client.use({
    onRequest: async ({ request }) => {
      request.headers.set('Authorization', await authorization());
      if (request.method === 'POST' || request.method === 'PATCH') keepKeyOrSetOne(request.headers);
    },
  });

  const call: AnyCall = async (method, path, { params, body, signal, parseAs } = {}) => {
    const streams = parseAs === 'stream';
    let answer: Response | undefined;
    const fetch = async (request: Request) =>
      (answer = await fetchWithRetries(request, { ...retries, streams }));
    const { data, error, response } = await (client as unknown as AnyClient)
      .request(method, path, { params, body, parseAs, fetch, ...(signal !== undefined && { signal }) })
      .catch((error: unknown) => {
        // What should be JSON and is not was not written by Headgate.
        throw error instanceof SyntaxError && answer !== undefined
          ? new HeadgateError(answer, undefined)
          : error;
      });
    const isBodiless = BODILESS_STATUSES.includes(response.status);
    if ((!response.ok && response.status !== 304) || (data === undefined && !isBodiless))
      throw new HeadgateError(response, error);
    return { data, response };
  };
  const list = (path: string, options: AnyOptions = {}) =>
    items(async (pageToken) => {
      const query = { ...options.params?.query, ...(pageToken !== undefined && { page_token: pageToken }) };
      const { data } = await call('get', path, { ...options, params: { ...options.params, query } });
      return data as Page;
    });
  const of = (method: Method) => async (path: string, options?: AnyOptions) =>
    await call(method, path, options);
  return {
    ...{ GET: of('get'), POST: of('post'), PUT: of('put'), PATCH: of('patch'), DELETE: of('delete') },
    list,
  } as unknown as HeadgateClient;
}

/** A key of the caller's own makes a call of today and one of tomorrow the same call. */
function keepKeyOrSetOne(headers: Headers): void {
  if (!headers.has('Idempotency-Key')) headers.set('Idempotency-Key', crypto.randomUUID());
}
