/** What the client's methods take and give, for whatever paths the generated types have. */
import type { ParamsOption, ParseAs, RequestBodyOption } from 'openapi-fetch';
import type { paths } from './generated/schema.ts';

/** The methods that the contract uses. */
export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

type AnyOperation = { readonly responses: object };

/** The paths of the contract that know this method. */
export type PathFor<M extends Method> = {
  [P in keyof paths]: paths[P] extends Record<M, AnyOperation> ? P : never;
}[keyof paths];

/** The operation of the contract behind a method and a path. */
export type OperationOf<M extends Method, P extends PathFor<M>> = Extract<paths[P][M], AnyOperation>;

/** Path, query and header parameters and the body, as the contract has them, and how to make the call. */
export type CallOptions<Op, As extends ParseAs = ParseAs, Held extends string = string> = ParamsOption<Op> &
  RequestBodyOption<Op> & {
    /** Ends the call, its waits included: it rejects with the signal's reason. */
    readonly signal?: AbortSignal;
    /** `json` unless given; `stream` gives the body as it comes, for what is too large to be held. */
    readonly parseAs?: As;
    // Says no more than ParamsOption; it is here to see whether a version is held, for which the answer may be 304.
    readonly params?: { readonly header?: { readonly 'If-None-Match'?: Held } };
  };

/** The options may be left out where the contract asks for nothing. */
export type CallArguments<Options> = object extends Options ? [options?: Options] : [options: Options];

/** Those of 2xx that the contract may use. */
type SuccessStatus = 200 | 201 | 202 | 203 | 204;
type JsonOf<Answers> = Answers extends { readonly content: { readonly 'application/json': infer Body } }
  ? Body
  : Answers extends { readonly content: unknown }
    ? never
    : undefined;

/** The JSON of what the contract calls a success; `never` where it is not JSON, and `parseAs` has to be given. */
type Data<Op extends AnyOperation> = JsonOf<Op['responses'][keyof Op['responses'] & SuccessStatus]>;

interface ParsedAs<Op extends AnyOperation> {
  json: Data<Op>;
  text: string;
  blob: Blob;
  arrayBuffer: ArrayBuffer;
  stream: Response['body'];
}

/** The answer, and the response that it came in: its headers hold the `ETag` and the request id. */
export interface Answer<Op extends AnyOperation, As extends ParseAs = 'json', Held extends string = never> {
  /** Undefined where the answer has no body: for 204, and for 304 to an `If-None-Match`. */
  readonly data: ParsedAs<Op>[As] | ([Held] extends [never] ? never : undefined);
  readonly response: Response;
}

/** The element of the one field of a list's answer that is an array. */
type ElementOf<T> = { [K in keyof T]-?: T[K] extends readonly (infer E)[] ? E : never }[keyof T];

/** An answer is a list when it is paged, or when an array is all that it has. */
type ItemOfAnswer<T> = 'next_page_token' extends keyof T
  ? ElementOf<T>
  : T extends Record<keyof T, readonly unknown[]>
    ? ElementOf<T>
    : never;

/** What a list is a list of; `never` where the answer is no list. */
export type Item<P extends PathFor<'get'>> = ItemOfAnswer<Data<OperationOf<'get', P>>>;

/** The paths whose GET is a list. */
export type ListPath = { [P in PathFor<'get'>]: [Item<P>] extends [never] ? never : P }[PathFor<'get'>];
