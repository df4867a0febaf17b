import { expectTypeOf, test } from 'vitest';
import type {
  components,
  ErrorCode,
  HeadgateClient,
  HeadgateError,
  HeadgateOptions,
  Item,
  ListPath,
  paths,
} from '../src/index.ts';

type Schemas = components['schemas'];
const DATABASE = '/v1/projects/{project_id}/databases/{database_id}';
const DATABASES = '/v1/projects/{project_id}/databases';

// None of these is called: what is written here has to compile, and what is expected not to must not.
async function calls(headgate: HeadgateClient) {
  const path = { project_id: 'prj_1', database_id: 'db_1' };
  const got = await headgate.GET(DATABASE, { params: { path } });
  const header = { 'If-None-Match': '"1"' };
  const held = await headgate.GET(DATABASE, { params: { path, header } });
  const deleted = await headgate.DELETE(DATABASE, { params: { path } });
  const streamed = await headgate.GET('/v1/regions', { parseAs: 'stream' });
  const regions = await headgate.GET('/v1/regions');
  return { got, held, deleted, streamed, regions };
}
type Calls = Awaited<ReturnType<typeof calls>>;

async function mistakes(headgate: HeadgateClient) {
  const params = { path: { project_id: 'prj_1' } };
  const body = { host: 'h', port: 1, name: 'n', username: 'u', password: 'p' };
  await headgate.POST(DATABASES, { params, body });
  // @ts-expect-error -- there is no such path
  await headgate.GET('/v1/project');
  // @ts-expect-error -- the path has no such method
  await headgate.PUT(DATABASES, { params, body });
  // @ts-expect-error -- the options may not be left out: the path has a parameter
  await headgate.GET(DATABASES);
  // @ts-expect-error -- a parameter of the path is missing
  await headgate.GET(DATABASE, { params });
  // @ts-expect-error -- the body is missing
  await headgate.POST(DATABASES, { params });
  // @ts-expect-error -- a field has another type
  await headgate.POST(DATABASES, { params, body: { ...body, port: '1' } });
  // @ts-expect-error -- a field is misspelt
  await headgate.POST(DATABASES, { params, body: { ...body, ssl_mod: 'require' } });
  // @ts-expect-error -- a parameter of the query is misspelt
  headgate.list(DATABASES, { params: { ...params, query: { pagesize: 1 } } });
  // @ts-expect-error -- one resource is no list, though it holds one
  headgate.list('/v1/projects/{project_id}', { params });
}

const credentials: HeadgateOptions[] = [
  { baseUrl: 'u', token: 't' },
  { baseUrl: 'u', apiKey: 'k' },
  { baseUrl: 'u', token: async () => await Promise.resolve('t') },
  // @ts-expect-error -- there must be a credential
  { baseUrl: 'u' },
  // @ts-expect-error -- and one only
  { baseUrl: 'u', token: 't', apiKey: 'k' },
];

test('a mistake in a path, a parameter, a body or a credential does not compile', () => {
  expectTypeOf(mistakes).returns.resolves.toBeVoid();
  expectTypeOf(credentials).items.toEqualTypeOf<HeadgateOptions>();
});

test('a call answers what the contract says', () => {
  expectTypeOf<Calls['got']['data']>().toEqualTypeOf<Schemas['RevealedDatabase']>();
  expectTypeOf<Calls['regions']['data']>().toEqualTypeOf<Schemas['ListRegionsResponse']>();
  expectTypeOf<Calls['got']['response']>().toEqualTypeOf<Response>();
});

test('an answer may be missing only where a version is held, or where nothing is answered', () => {
  expectTypeOf<Calls['held']['data']>().toEqualTypeOf<Schemas['RevealedDatabase'] | undefined>();
  expectTypeOf<Calls['deleted']['data']>().toEqualTypeOf<undefined>();
  expectTypeOf<Calls['streamed']['data']>().toEqualTypeOf<Response['body']>();
});

test('a list gives its items, for every operation that is a list and for no other', () => {
  expectTypeOf<Item<typeof DATABASES>>().toEqualTypeOf<Schemas['Database']>();
  expectTypeOf<Item<'/v1/regions'>>().toEqualTypeOf<Schemas['Region']>();
  expectTypeOf<ListPath>().extract<'/v1/projects/{project_id}' | typeof DATABASE>().toBeNever();
  expectTypeOf<Extract<ListPath, '/v1/projects' | typeof DATABASES>>().toEqualTypeOf<
    '/v1/projects' | typeof DATABASES
  >();
});

test('no operation of the contract has a method that the client lacks', () => {
  type Callable = 'get' | 'post' | 'put' | 'patch' | 'delete';
  type Lacking<Path> = {
    [M in keyof Path]-?: Path[M] extends { responses: object } ? Exclude<M, Callable> : never;
  }[keyof Path];
  expectTypeOf<Lacking<paths[keyof paths]>>().toBeNever();
  expectTypeOf<Uppercase<Callable>>().toExtend<keyof HeadgateClient>();
});

test('the code of an error is narrowed, over a closed union', () => {
  const words = (error: HeadgateError): string => {
    switch (error.code) {
      case 'UNKNOWN':
        return 'something in between';
      case 'PRECONDITION_FAILED':
        expectTypeOf(error.code).toEqualTypeOf<'PRECONDITION_FAILED'>();
        return 'read again';
      default:
        expectTypeOf(error.code).toEqualTypeOf<Exclude<ErrorCode, 'PRECONDITION_FAILED'>>();
        return error.code;
    }
  };
  expectTypeOf(words).returns.toBeString();
  expectTypeOf<'CONFLICT'>().toExtend<ErrorCode>();
  expectTypeOf<'TEAPOT'>().not.toExtend<ErrorCode>();
});
