import type { Context } from 'hono';
import type { AppEnv } from './env.ts';

/**
 * What every answer tells a browser: take it for what it says it is, run nothing of it, show it in no frame, keep it
 * from other sites, and come back over TLS. The docs page has a content policy of its own in place of this one.
 */
export const SECURITY_HEADERS: Map<string, string> = new Map([
  // An answer may be kept by its reader, who asks each time whether it still holds.
  ['Cache-Control', 'private, no-cache'],
  ['Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'"],
  ['Cross-Origin-Opener-Policy', 'same-origin'],
  ['Cross-Origin-Resource-Policy', 'same-origin'],
  ['Referrer-Policy', 'no-referrer'],
  ['Strict-Transport-Security', 'max-age=31536000; includeSubDomains'],
  ['X-Content-Type-Options', 'nosniff'],
  ['X-Frame-Options', 'DENY'],
]);

/**
 * Sets a header of the answer on node's own response. The framework's way copies every header of every answer through
 * two more collections, which took a fifth of the time of a read.
 */
export function setHeader(c: Context<AppEnv>, name: string, value: string): void {
  c.env.outgoing.setHeader(name, value);
}
