import { HeadgateError } from './errors.ts';

/** What `If-Match` says: any present version, or one of these entity tags (RFC 9110, section 13.1.1). */
export type IfMatch = '*' | readonly string[];

/** @throws HeadgateError PRECONDITION_FAILED when the resource has another version than the caller expects */
export function checkIfMatch(ifMatch: IfMatch | undefined, etag: string): void {
  if (ifMatch === undefined || ifMatch === '*' || ifMatch.includes(etag)) return;
  throw new HeadgateError(
    'PRECONDITION_FAILED',
    'The resource has changed since you read it. Read it again and repeat the change with its new ETag.',
  );
}
