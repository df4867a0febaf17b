import { REQUEST_ID_PATTERN } from '@headgate/schema';

/** The id of a request: the caller's where it is well-formed, so that it can be followed through several services. */
export function requestIdOf(given: string | string[] | undefined): string {
  return typeof given === 'string' && REQUEST_ID_PATTERN.test(given) ? given : crypto.randomUUID();
}
