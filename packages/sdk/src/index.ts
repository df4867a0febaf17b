/** The TypeScript client of Headgate, for Node 20 and later and for browsers. */
export { createHeadgateClient, type HeadgateClient, type HeadgateOptions } from './client.ts';
export {
  ConnectionError,
  HeadgateError,
  type ErrorCheck,
  type ErrorCode,
  type ErrorDetail,
} from './errors.ts';
export type { Answer, CallOptions, Item, ListPath, Method, PathFor } from './operation-types.ts';
export type { components, operations, paths } from './generated/schema.ts';
